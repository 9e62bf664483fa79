import type { Page } from "@playwright/test";
import { expect, expectAccessible, server, test } from "./page";
import { plantCalls } from "./plant";
import { type Running, start } from "./server";

const LOST = "one of the files of this range could not be read";
const note = (page: Page, name = LOST) => page.getByText(`${name[0]?.toUpperCase()}${name.slice(1)}.`);

/** Answers as a server would that lost a file: what it has, and that it is not all. */
async function losing(page: Page): Promise<void> {
  await page.route(/\/hive\/v1\/e\/local\/(query|events|compare|traces\/.*\/skeleton)(\?|$)/, async (route) => {
    const response = await route.fetch();
    const answer = (await response.json()) as { notes: unknown[]; partial: boolean };
    await route.fulfill({ response, json: { ...answer, partial: true, notes: [...answer.notes, { kind: "partial", text: LOST }] } });
  });
}

test.describe("what is missing is said", () => {
  let own: Running;
  let range = "";
  let trace = "";
  let other = "";
  test.beforeAll(async () => {
    own = await start("serve");
    const { start: from, end, slow } = await plantCalls(own.url);
    trace = slow;
    other = `c${"1".padStart(31, "0")}`;
    range = `from=${new Date(from).toISOString()}&to=${new Date(end).toISOString()}`;
  });
  test.afterAll(() => own.remove());

  test("of a trace, of its spans and log lines, and of two that are compared", async ({ page }) => {
    await losing(page);
    await page.goto(`${own.url}/e/local/trace/${trace}?${range}`);
    await expect(note(page)).toHaveCount(1);
    await page.getByRole("treegrid", { name: "Spans" }).getByRole("row").first().click();
    await expect(page.getByRole("complementary", { name: /^Span / }).getByText(LOST.slice(1))).toBeVisible();
    await page.getByRole("tab", { name: "Logs" }).click();
    await expect(page.getByRole("heading", { name: "No log lines" }).locator("..").getByText(LOST.slice(1))).toBeVisible();
    await page.goto(`${own.url}/e/local/traces/compare/${other}/${trace}?${range}`);
    await expect(page.getByText(`Trace A: One`)).toBeVisible();
    await expect(page.getByText(`Trace B: One`)).toBeVisible();
  });

  test("on Home, under Data and Traces, and where nothing was found", async ({ page }) => {
    await losing(page);
    await page.goto(`${own.url}/e/local?${range}`);
    for (const name of ["Routes", "Slowest traces", "Newest errors"]) await expect(page.getByRole("region", { name }).getByText(LOST.slice(1))).toBeVisible();
    // The figures and both lists of requests, the newest errors: each says it where it stands, once.
    await expect(note(page)).toHaveCount(4);
    // What the page asks about by itself is nobody's mistake.
    await expect(page.getByText("no event has a column")).toHaveCount(0);
    for (const path of ["/data", "/traces", "/traces?q=WHERE+name+%3D+nothing", "/query?q=COUNT+WHERE+name+%3D+nothing", "/query?tab=raw&q=COUNT+WHERE+name+%3D+nothing", "/logs"]) {
      await page.goto(`${own.url}/e/local${path}${path.includes("?") ? "&" : "?"}${range}`);
      await expect(note(page), path).toHaveCount(1);
    }
  });

  test("on a board, whatever its panels show", async ({ page }) => {
    const panel = (id: string, y: number, style: string, query: string) => ({ id, x: 0, y, width: 6, height: 4, content: { type: "query", title: id, query, style } });
    const body = JSON.stringify({ name: "Parts", panels: [panel("events", 0, "events", "COUNT"), panel("graph", 4, "graph", "COUNT"), panel("none", 8, "table", "COUNT WHERE name = nothing")] });
    const made = (await (await fetch(`${own.url}/hive/v1/e/local/boards`, { method: "POST", body })).json()) as { id: string };
    await losing(page);
    await page.goto(`${own.url}/e/local/boards/${made.id}?${range}`);
    for (const name of ["events", "graph", "none"]) {
      await page.getByRole("region", { name, exact: true }).scrollIntoViewIfNeeded();
      await expect(page.getByRole("region", { name, exact: true }).getByText(LOST.slice(1)), name).toBeVisible();
    }
  });

  test("log lines of a trace that has more than one page of them are read on", async ({ page }) => {
    const line = (n: number) => ({ seq: String(n), time_ns: String(BigInt(Date.now() - n) * 1_000_000n), fields: { body: `line ${n}`, severity: "info" } });
    await page.route(/\/hive\/v1\/e\/local\/events$/, async (route) => {
      const asked = route.request().postDataJSON() as { text: string; after?: string; limit: number };
      if (!asked.text.includes("trace.trace_id")) return route.fallback();
      expect(asked.limit).toBe(5_000);
      const rows = asked.after ? [line(3)] : [line(1), line(2)];
      await route.fulfill({ json: { rows, notes: [], partial: false, cost: {}, ...(asked.after ? {} : { next: "more" }) } });
    });
    await page.goto(`${own.url}/e/local/trace/${trace}?view=logs&${range}`);
    await expect(page.getByText("The newest 2 lines.")).toBeVisible();
    await page.getByRole("button", { name: "Read earlier ones" }).click();
    await expect(page.getByRole("list", { name: "Log lines" }).getByRole("listitem")).toHaveText([/line 3/, /line 2/, /line 1/]);
    await expect(page.getByText("The newest")).toHaveCount(0);
  });
});

test.describe("copying", () => {
  const toast = (page: Page) => page.locator(".toast");
  const address = () => `${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+service.name`;
  /** What lies on the clipboard, pasted as a hand would. */
  const pasted = async (page: Page) => {
    await page.getByRole("button", { name: "Search or paste a trace id" }).click();
    const input = page.getByRole("dialog").getByRole("combobox");
    await input.fill("");
    await page.keyboard.press("Control+v");
    const text = await input.inputValue();
    await page.keyboard.press("Escape");
    return text;
  };
  /** As a browser is where the page comes over plain HTTP from another machine. */
  const withoutClipboard = (page: Page, commands = true) =>
    page.addInitScript((mayCommand) => {
      Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined });
      if (!mayCommand) document.execCommand = () => false;
    }, commands);

  test("is seen, not only heard", async ({ page }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(address());
    await expect(page.getByRole("status").filter({ hasText: /events (matched|looked at)/ })).toBeVisible();
    await page.keyboard.press("y");
    await expect(toast(page)).toHaveText("Link to exactly this view copied");
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByRole("menuitem", { name: "Copy as command" }).click();
    await expect(toast(page)).toHaveText("Command copied");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("glasshive query 'COUNT GROUP BY service.name'");
  });

  test("works where the page has no clipboard", async ({ page }) => {
    await withoutClipboard(page);
    await page.goto(address());
    await expect(page.getByRole("status").filter({ hasText: /events (matched|looked at)/ })).toBeVisible();
    await page.keyboard.press("y");
    await expect(toast(page)).toHaveText("Link to exactly this view copied");
    expect(await pasted(page)).toMatch(/\/e\/local\/query\?.*&from=20.*&to=20/);
    await page.goto(`${server()}/e/local/connect`);
    await page.getByRole("button", { name: "Copy", exact: true }).first().click();
    await expect(page.getByRole("button", { name: "Copied", exact: true })).toBeFocused();
    expect(await pasted(page)).toContain("OTEL_EXPORTER_OTLP_ENDPOINT");
  });

  test("that fails altogether shows the text, selected", async ({ page }) => {
    await withoutClipboard(page, false);
    await page.goto(address());
    await expect(page.getByRole("status").filter({ hasText: /events (matched|looked at)/ })).toBeVisible();
    await page.keyboard.press("y");
    const dialog = page.getByRole("dialog", { name: "Copy by hand" });
    await expect(dialog).toContainText("did not let this page copy");
    const text = dialog.getByRole("textbox", { name: "Text to copy" });
    await expect(text).toBeFocused();
    await expect(text).toHaveValue(/\/e\/local\/query\?.*&from=20.*&to=20/);
    expect(await text.evaluate((area: HTMLTextAreaElement) => area.selectionEnd - area.selectionStart === area.value.length)).toBe(true);
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(toast(page)).toHaveCount(0);
  });
});

test.describe("what was not done", () => {
  const refusal = { status: 500, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "Not kept", status: 500, detail: "the disk gives no answer" }) };
  /** From now on changes of this kind fail, once each. */
  const failing = async (page: Page, method: string, path: RegExp) => {
    let isFirst = true;
    await page.route(path, async (route) => {
      if (route.request().method() !== method || !isFirst) return route.fallback();
      isFirst = false;
      await route.fulfill(refusal);
    });
  };
  const api = () => `${server()}/hive/v1/e/local`;

  test("a board that is not made keeps the name that was typed", async ({ page }) => {
    await failing(page, "POST", /\/local\/boards$/);
    await page.goto(`${server()}/e/local/boards`);
    await page.getByRole("button", { name: "New board" }).click();
    const dialog = page.getByRole("dialog", { name: "New board" });
    await dialog.getByLabel("Name").fill("Half of it");
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("alert")).toHaveText("The disk gives no answer.");
    await expect(dialog.getByLabel("Name")).toHaveValue("Half of it");
    await dialog.getByRole("button", { name: "Make it" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Half of it" })).toBeVisible();
  });

  test("a copy of a board that is not made says why, and is tried again", async ({ page }) => {
    const made = (await (await fetch(`${api()}/boards`, { method: "POST", body: JSON.stringify({ name: "To copy", panels: [] }) })).json()) as { id: string };
    await failing(page, "POST", /\/local\/boards$/);
    await page.goto(`${server()}/e/local/boards/${made.id}`);
    await page.getByRole("button", { name: "Board", exact: true }).click();
    await page.getByRole("menuitem", { name: "Make a copy" }).click();
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("The copy was not made. The disk gives no answer.");
    await expectAccessible(page);
    await alert.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "To copy (copy)" })).toBeVisible();
  });

  test("a session that is not ended says that it goes on", async ({ page }) => {
    let isOver = false;
    await page.route(/\/hive\/v1\/session$/, async (route) => {
      if (route.request().method() === "DELETE") isOver = true;
      else return route.fulfill({ json: { mode: "keys", is_new: false, has_set_up_link: false, account: isOver ? null : { name: "andrew", role: "admin", csrf: "c" } } });
      await route.fulfill({ json: { ended: 1 } });
    });
    // The one that fails goes before the one that answers.
    await failing(page, "DELETE", /\/hive\/v1\/session$/);
    await page.goto(`${server()}/e/local/query`);
    await page.getByRole("button", { name: "Account andrew, admin" }).click();
    await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "You are still signed in" });
    await expect(dialog).toContainText("The server did not end the session. The disk gives no answer.");
    expect(isOver).toBe(false);
    await dialog.getByRole("button", { name: "Try again" }).click();
    await expect(dialog).toHaveCount(0);
    expect(isOver).toBe(true);
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  });
});

test.describe("what two change at the same time", () => {
  const api = (path: string) => `${server()}/hive/v1/e/local${path}`;
  async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(api(path), { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  }
  interface Saved {
    id: string;
    version: number;
    name: string;
    query: string;
  }
  const both = (page: Page) => page.getByRole("dialog", { name: "Changed by two" });

  test("a saved query: both are shown, and none is written over unseen", async ({ page }) => {
    const made = await send<Saved>("POST", "/saved-queries", { name: "Shared", query: "COUNT GROUP BY name" });
    await page.goto(`${server()}/e/local/query/${made.id}?from=-15m&q=${encodeURIComponent("COUNT WHERE is_root = true GROUP BY name")}`);
    const button = page.getByRole("button", { name: "Saved as Shared, changed since" });
    await expect(button).toBeVisible();
    await send("PUT", `/saved-queries/${made.id}`, { version: made.version, name: "Shared", query: "COUNT GROUP BY service.name" });
    const save = async () => {
      await button.click();
      await page.getByRole("menuitem", { name: "Save the changes" }).click();
    };
    // Not at the second try either.
    for (let n = 0; n < 2; n++) {
      await save();
      await expect(both(page).getByRole("row", { name: /^query/ })).toContainText(/COUNT WHERE is_root = true GROUP BY name.*COUNT GROUP BY service\.name/);
      await expectAccessible(page);
      await page.getByRole("button", { name: "Decide later" }).click();
      expect((await send<Saved>("GET", `/saved-queries/${made.id}`)).query).toBe("COUNT GROUP BY service.name");
    }
    await save();
    await both(page).getByRole("button", { name: "Keep mine instead" }).click();
    await expect(page.getByRole("button", { name: "Saved as Shared", exact: true })).toBeVisible();
    expect((await send<Saved>("GET", `/saved-queries/${made.id}`)).query).toBe("COUNT WHERE is_root = true GROUP BY name");
    // Renamed here and there: theirs is taken.
    const now = await send<Saved>("GET", `/saved-queries/${made.id}`);
    await send("PUT", `/saved-queries/${made.id}`, { version: now.version, name: "Theirs", query: now.query });
    await page.getByRole("button", { name: "Saved as Shared", exact: true }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Mine");
    await page.keyboard.press("Enter");
    await expect(both(page).getByRole("row", { name: /^name/ })).toContainText(/Mine.*Theirs/);
    // What was typed is still there.
    await both(page).getByRole("button", { name: "Decide later" }).click();
    await expect(page.getByRole("dialog", { name: "Rename the saved query" }).getByLabel("Name")).toHaveValue("Mine");
    await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
    await both(page).getByRole("button", { name: "Show theirs" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1, name: "Theirs" })).toBeVisible();
    await expect(both(page)).toHaveCount(0);
  });

  test("what is to be deleted and was changed meanwhile says so first", async ({ page }) => {
    const made = await send<Saved>("POST", "/saved-queries", { name: "To delete", query: "COUNT" });
    await page.goto(`${server()}/e/local/query/${made.id}?from=-15m`);
    await page.getByRole("button", { name: "Saved as To delete" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await send("PUT", `/saved-queries/${made.id}`, { version: made.version, name: "Dear to me", query: "COUNT" });
    const press = () => page.getByRole("dialog").getByRole("button", { name: "Delete the saved query" }).click();
    await press();
    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("Somebody else changed it meanwhile: Dear to me, COUNT.");
    expect((await send<Saved>("GET", `/saved-queries/${made.id}`)).name).toBe("Dear to me");
    await press();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect((await fetch(api(`/saved-queries/${made.id}`))).status).toBe(404);
    // The same goes for boards.
    const board = await send<Saved>("POST", "/boards", { name: "Board to delete", panels: [] });
    await page.goto(`${server()}/e/local/boards/${board.id}`);
    await page.getByRole("button", { name: "Board", exact: true }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await send("PUT", `/boards/${board.id}`, { version: board.version, name: "Board in use", panels: [] });
    await page.getByRole("dialog").getByRole("button", { name: "Delete the board" }).click();
    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("changed it meanwhile: Board in use, with 0 panels");
    await page.getByRole("dialog").getByRole("button", { name: "Delete the board" }).click();
    await expect(page).toHaveURL(/\/boards(\?|$)/);
  });

  test("a marker: both are shown, theirs is taken and changed, mine replaces it", async ({ page }) => {
    const at = `${Date.now() - 300_000}000000`;
    const made = await send<{ id: string; version: number }>("POST", "/markers", { start_ns: at, text: "release 9", type: "deploy" });
    const theirs = async (text: string) => {
      const { markers } = await send<{ markers: { id: string; version: number }[] }>("GET", "/markers");
      const version = markers.find(({ id }) => id === made.id)?.version;
      await send("PUT", `/markers/${made.id}`, { version, start_ns: at, text, type: "deploy" });
    };
    const text = async () => (await send<{ markers: { id: string; text: string }[] }>("GET", "/markers")).markers.find(({ id }) => id === made.id)?.text;
    await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT`);
    await page.getByRole("button", { name: /^Marker deploy: release 9/ }).click();
    await page.getByRole("menuitem", { name: /^Edit/ }).click();
    const field = page.getByLabel("What happened");
    await field.fill("release 9, mine");
    await theirs("release 9, theirs");
    await page.getByRole("button", { name: "Keep it" }).click();
    await expect(both(page).getByRole("row", { name: /^what happened/ })).toContainText(/release 9, mine.*release 9, theirs/);
    await expectAccessible(page);
    expect(await text()).toBe("release 9, theirs");
    // Escape decides later: the form and what was typed into it stay.
    await page.keyboard.press("Escape");
    await expect(both(page)).toHaveCount(0);
    await expect(field).toHaveValue("release 9, mine");
    await page.getByRole("button", { name: "Keep it" }).click();
    await both(page).getByRole("button", { name: "Show theirs" }).click();
    await expect(field).toHaveValue("release 9, theirs");
    await field.fill("release 9, again");
    await theirs("release 9, third");
    await page.getByRole("button", { name: "Keep it" }).click();
    await both(page).getByRole("button", { name: "Keep mine instead" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(await text()).toBe("release 9, again");
    await page.getByRole("button", { name: /^Marker deploy: release 9, again/ }).click();
    await page.getByRole("menuitem", { name: /^Edit/ }).click();
    await theirs("release 9, fourth");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await expect(page.getByRole("alert")).toContainText("Somebody else changed it meanwhile: release 9, fourth.");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    expect(await text()).toBeUndefined();
  });
});
