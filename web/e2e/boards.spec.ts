import type { Page } from "@playwright/test";
import { Hand } from "./hand";
import { expect, expectAccessible, server, test, withPages } from "./page";

const api = (path: string) => `${server()}/hive/v1/e/local${path}`;

interface Kept {
  id: string;
  version: number;
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(api(path), { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

const query = (id: string, x: number, y: number, title: string, text = "COUNT WHERE is_root = true", style = "graph") => ({ id, x, y, width: 6, height: 4, content: { type: "query", title, query: text, style } });

/** A board of two panels side by side, and a text below. */
const board = (name: string) =>
  post<Kept>("/boards", {
    name,
    panels: [query("a", 0, 0, "First"), query("b", 6, 0, "Second", "HEATMAP(duration_ms)"), { id: "t", x: 0, y: 4, width: 12, height: 2, content: { type: "text", text: "## Notes\n\nSee **here**: <b>x</b>" } }],
  });

async function kept(id: string) {
  const response = await fetch(api(`/boards/${id}`));
  return (await response.json()) as { version: number; name: string; filter: string; from: string; panels: { id: string; x: number; y: number; width: number; height: number }[] };
}

const places = async (id: string) => (await kept(id)).panels.map(({ id: panel, x, y, width, height }) => `${panel} ${x},${y} ${width}x${height}`);

const panel = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

for (const [theme, width] of [["light", 1440], ["dark", 900]] as const) {
  test(`a ready board is taken and shows itself, ${theme}, ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await page.goto(`${server()}/e/local/boards?from=-15m`);
    await page.getByRole("button", { name: "Take Requests" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Requests" })).toBeVisible();
    await expect(panel(page, "Latency").getByRole("application", { name: /HEATMAP/ })).toBeVisible();
    await expect(panel(page, "Requests by service").getByRole("application")).toBeVisible();
    await expect(panel(page, "Failed").getByRole("link", { name: /COUNT/ })).toHaveText(/[1-9]/);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await expect(page.getByRole("status", { name: "Asking" })).toHaveCount(0);
    await page.screenshot({ path: `e2e/.out/board-${theme}-${width}.png` });
    if (width === 1440) await expectAccessible(page);
  });
}

test("a query becomes a board's panel, and each panel is the way back to its query", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+service.name`);
  await page.getByRole("button", { name: "Add to board" }).click();
  await page.getByRole("menuitem", { name: "New board" }).click();
  const dialog = page.getByRole("dialog", { name: "New board with this query" });
  await dialog.getByLabel("Name").fill("By service");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Open the board" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "By service" })).toBeVisible();
  await expect(page.getByRole("table")).toContainText("gateway");
  await page.getByRole("link", { name: "COUNT GROUP BY service.name" }).click();
  await expect(page).toHaveURL(/\/query\?.*q=COUNT\+GROUP\+BY\+service.name/);
});

test("panels are dragged and made larger by the pointer; Undo takes it back", async ({ page }) => {
  const { id } = await board("By pointer");
  await page.goto(`${server()}/e/local/boards/${id}?from=-15m`);
  const drag = async (from: { x: number; y: number }, by: { x: number; y: number }) => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + by.x / 2, from.y + by.y / 2, { steps: 4 });
    await page.mouse.move(from.x + by.x, from.y + by.y, { steps: 4 });
    await page.mouse.up();
  };
  await expect(panel(page, "Second").getByRole("application")).toBeVisible();
  const grip = await page.getByRole("button", { name: "Move First" }).boundingBox();
  const wide = await panel(page, "First").boundingBox();
  if (!grip || !wide) throw new Error("the panel has no place");
  await drag({ x: grip.x + 12, y: grip.y + 12 }, { x: wide.width + 16, y: 0 });
  await expect.poll(() => places(id)).toEqual(["a 6,0 6x4", "b 6,4 6x4", "t 0,8 12x2"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => places(id)).toEqual(["a 0,0 6x4", "b 6,0 6x4", "t 0,4 12x2"]);
  await drag({ x: wide.x + wide.width - 5, y: wide.y + wide.height - 5 }, { x: 0, y: 112 });
  await expect.poll(() => places(id)).toEqual(["a 0,0 6x6", "b 6,0 6x4", "t 0,6 12x2"]);
});

test("panels are moved by the keyboard alone, and by their menu", async ({ page }) => {
  const { id } = await board("By keyboard");
  await page.goto(`${server()}/e/local/boards/${id}?from=-15m`);
  await page.getByRole("button", { name: "Move First" }).focus();
  for (const key of ["m", "ArrowDown", "Shift+ArrowLeft", "Enter"]) await page.keyboard.press(key);
  await expect.poll(() => places(id)).toEqual(["a 0,6 5x4", "b 6,0 6x4", "t 0,4 12x2"]);
  await page.getByRole("button", { name: "Move Second" }).focus();
  for (const key of ["m", "ArrowLeft", "Escape"]) await page.keyboard.press(key);
  await expect(page.getByRole("button", { name: "Move Second" })).toHaveAttribute("aria-pressed", "false");
  await page.getByRole("button", { name: "Panel Second" }).click();
  await page.getByRole("menuitem", { name: "Narrower" }).click();
  await expect.poll(() => places(id)).toEqual(["a 0,6 5x4", "b 6,0 5x4", "t 0,4 12x2"]);
});

test("one filter and one time go for all panels, and stand in the address; the board can begin with them", async ({ page }) => {
  const { id } = await board("Filtered");
  await page.goto(`${server()}/e/local/boards/${id}?from=-15m`);
  await expect(panel(page, "First").getByRole("application")).toBeVisible();
  const asked: string[] = [];
  page.on("request", (request) => request.url().endsWith("/query") && asked.push(request.postData() ?? ""));
  await page.getByRole("combobox", { name: "Add to WHERE" }).fill("service.name = gateway");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/f=service.name\+=\+gateway/);
  await expect.poll(() => asked.filter((text) => text.includes("service.name = gateway")).length).toBeGreaterThanOrEqual(2);
  await page.getByRole("button", { name: "Board", exact: true }).click();
  await page.getByRole("menuitem", { name: "Begin with this filter and time" }).click();
  await expect.poll(async () => [(await kept(id)).filter, (await kept(id)).from]).toEqual(["service.name = gateway", "-15m"]);
  await page.goto(`${server()}/e/local/boards/${id}`);
  await expect(page).toHaveURL(/from=-15m/);
  await expect(page.getByRole("button", { name: /service.name = gateway/ }).first()).toBeVisible();
});

test("of two who change a board at once neither overwrites the other unasked", async ({ page, context }) => {
  const { id } = await board("Twice");
  const address = `${server()}/e/local/boards/${id}?from=-15m`;
  await page.goto(address);
  const other = await withPages(await context.newPage());
  await other.goto(address);
  const narrower = async (on: Page) => {
    await on.getByRole("button", { name: "Panel First" }).click();
    await on.getByRole("menuitem", { name: "Narrower" }).click();
  };
  await expect(other.getByRole("heading", { level: 1, name: "Twice" })).toBeVisible();
  await narrower(page);
  await expect.poll(async () => (await kept(id)).version).toBe(2);
  await narrower(other);
  const told = other.getByRole("alert").filter({ hasText: "changed this board at the same time" });
  await expect(told).toBeVisible();
  expect((await kept(id)).version).toBe(2);
  await expectAccessible(other);
  await told.getByRole("button", { name: "Keep mine instead" }).click();
  await expect.poll(async () => (await kept(id)).version).toBe(3);
  await expect(told).toHaveCount(0);
  await other.close();
});

test("texts are Markdown, and nothing in them is HTML", async ({ page }) => {
  const { id } = await board("Words");
  await page.goto(`${server()}/e/local/boards/${id}?from=-15m`);
  await expect(page.getByRole("heading", { name: "Notes" })).toBeVisible();
  await expect(page.getByText("See here: <b>x</b>")).toBeVisible();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Text" }).click();
  await page.getByRole("textbox", { name: /^Text/ }).fill("# Runbook\n\n- [docs](https://example.com/a)\n- [bad](javascript:alert(1))");
  await expect(page.getByRole("group", { name: "As it will stand" }).getByRole("heading", { name: "Runbook" })).toBeVisible();
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(page.getByRole("link", { name: "docs" })).toHaveAttribute("rel", /noopener/);
  await expect(page.getByRole("link", { name: "bad" })).toHaveCount(0);
});

test("a panel is written on the board, with completion, and its fault is told at once", async ({ page }) => {
  const { id } = await board("Written");
  await page.goto(`${server()}/e/local/boards/${id}?from=-15m`);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Query" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a query" });
  await dialog.getByRole("combobox", { name: "Add to GROUP BY" }).fill("http.rou");
  await page.keyboard.press("Tab");
  await dialog.getByLabel(/^Title/).fill("By route");
  await dialog.getByLabel("Shown as").selectOption("table");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await expect(panel(page, "By route").getByRole("columnheader", { name: "http.route" })).toBeVisible();
});

test("a board that is gone, or cannot be asked, says so", async ({ page }) => {
  await page.goto(`${server()}/e/local/boards/nothing`);
  await expect(page.getByRole("heading", { name: "There is no such board in this environment" })).toBeVisible();
  const { id } = await post<Kept>("/boards", { name: "Broken", panels: [query("a", 0, 0, "Nothing", 'COUNT WHERE name = "no such name at all"'), query("b", 6, 0, "Fine")] });
  await page.goto(`${server()}/e/local/boards/${id}?from=-15m`);
  await expect(panel(page, "Nothing").getByText("No events match in this range.")).toBeVisible();
  await expect(panel(page, "Fine").getByRole("application")).toBeVisible();
  await page.getByRole("button", { name: "Board", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete the board" }).click();
  await expect(page).toHaveURL(/\/boards(\?|$)/);
});

test("a query is saved, has an address of its own, is changed and found again", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=P95(duration_ms)+GROUP+BY+service.name`);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Latency by service");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Latency by service" })).toBeVisible();
  await expect(page).toHaveURL(/\/query\/[A-Za-z0-9]{11}/);
  await page.reload();
  await expect(page.getByRole("region", { name: "P95(duration_ms)" })).toBeVisible();
  await page.getByRole("combobox", { name: "Add to WHERE" }).fill("is_root = true");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Enter");
  await page.getByRole("button", { name: /Saved as Latency by service, changed since/ }).click();
  await page.getByRole("menuitem", { name: "Save the changes" }).click();
  await expect(page.getByRole("button", { name: "Saved as Latency by service", exact: true })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /^Search/ }).fill("latency by");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/query\/[A-Za-z0-9]{11}/);
  await expect(page.getByRole("button", { name: "is_root = true", exact: false }).first()).toBeVisible();
});

test("scenario 24: back to what was looked at, by two presses, or Alt-Up", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+http.route`);
  await expect(page.getByRole("region", { name: "COUNT", exact: true })).toBeVisible();
  await page.goto(`${server()}/e/local/query?from=-15m&q=MAX(duration_ms)`);
  await expect(page.getByRole("region", { name: "MAX(duration_ms)" })).toBeVisible();
  const hand = await Hand.on(page);
  await page.getByRole("button", { name: "History" }).click();
  const list = page.getByRole("list", { name: "Queries that were run, newest first" });
  await expect(list.getByRole("button").first()).toContainText("MAX(duration_ms)");
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/history.png" });
  // Alt-Up does not wait until the server has told what was run last.
  let tell = () => {};
  const told = new Promise<void>((resolve) => (tell = resolve));
  await page.route(/\/history\?/, async (route) => {
    await told;
    await route.fallback();
  });
  await list.getByRole("button", { name: /COUNT GROUP BY http.route/ }).click();
  await expect(page).toHaveURL(/q=COUNT\+GROUP\+BY\+http.route&from=-15m/);
  await expect(page.getByRole("region", { name: "COUNT", exact: true })).toBeVisible();
  await hand.expectWithin("what was looked at");
  await page.keyboard.press("Alt+ArrowUp");
  await expect(page).toHaveURL(/q=MAX\(duration_ms\)/);
  tell();
  // Or Back: each run was an entry of its own.
  await page.goBack();
  await expect(page).toHaveURL(/q=COUNT\+GROUP\+BY\+http.route/);
  await expect(page.getByRole("button", { name: "http.route", exact: true })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/q=MAX\(duration_ms\)/);
  await expect(page.getByRole("region", { name: "MAX(duration_ms)" })).toBeVisible();
});

test("a marker is added from a graph, stands on all, is edited and removed", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT,+P95(duration_ms)`);
  const graph = page.getByRole("application", { name: /^COUNT/ });
  await expect(graph).toBeVisible();
  await graph.click({ position: { x: 500, y: 60 } });
  await page.getByRole("menuitem", { name: "Add marker" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a marker" });
  await dialog.getByLabel("What happened").fill("release 2.0");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Add" }).click();
  const flags = page.getByRole("button", { name: /^Marker deploy: release 2.0/ });
  await expect(flags).toHaveCount(2);
  await page.goto(`${server()}/e/local?from=-15m`);
  await expect(flags.first()).toBeVisible();
  await flags.first().click();
  await page.getByRole("menuitem", { name: /^Edit/ }).click();
  await page.getByLabel("What happened").fill("release 2.1");
  await page.getByRole("button", { name: "Keep it" }).click();
  const renamed = page.getByRole("button", { name: /^Marker deploy: release 2.1/ });
  await expect(renamed.first()).toBeVisible();
  await page.screenshot({ path: "e2e/.out/markers.png" });
  await renamed.first().click();
  await page.getByRole("menuitem", { name: /^Edit/ }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(renamed).toHaveCount(0);
});

test("a marker from the keyboard alone, at the time that a graph was read", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT`);
  await page.getByRole("application", { name: /^COUNT/ }).focus();
  for (const key of ["Shift+ArrowLeft", "Shift+M"]) await page.keyboard.press(key);
  await expect(page.getByLabel("What happened")).toBeFocused();
  await page.keyboard.type("cache cleared");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /^Marker deploy: cache cleared/ })).toBeVisible();
});
