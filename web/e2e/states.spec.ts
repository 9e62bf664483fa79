import type { Locator, Page, Route } from "@playwright/test";
import { expect, expectAccessible, test, withPages } from "./page";
import { plantCalls, sendSpans } from "./plant";
import { type Running, start } from "./server";

const PAGES = [
  ["Home", ""],
  ["Query", "/query"],
  ["Traces", "/traces"],
  ["Logs", "/logs"],
  ["Data", "/data"],
  ["Connect", "/connect"],
] as const;

const NAMED = ["Trace", "Compare", "Boards", "Board", "Settings", "a saved query"] as const;
type Name = (typeof PAGES)[number][0] | (typeof NAMED)[number];
type Pages = readonly (readonly [name: Name, path: string])[];

/** Those whose addresses name something of a server that `plantCalls` has filled: a board and a saved query are made for them. */
async function namedPages(url: string, slow: string): Promise<Pages> {
  const make = async (path: string, body: unknown) => {
    const response = await fetch(`${url}/hive/v1/e/local${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { id: string }).id;
  };
  const panel = { id: "a", x: 0, y: 0, width: 6, height: 4, content: { type: "query", title: "Requests", query: "COUNT", style: "graph" } };
  const board = await make("/boards", { name: "A board", panels: [panel] });
  const query = await make("/saved-queries", { name: "A query", query: "COUNT" });
  const other = `c${"1".padStart(31, "0")}`;
  return [
    ["Trace", `/trace/${slow}`],
    ["Compare", `/traces/compare/${other}/${slow}`],
    ["Boards", "/boards"],
    ["Board", `/boards/${board}`],
    ["Settings", "/settings"],
    ["a saved query", `/query/${query}`],
  ];
}

/** What stands on each page once it has what it asks for. */
function contentOf(name: Name, tab: Page): Locator {
  const shown: Record<Name, Locator> = {
    Home: tab.getByRole("link", { name: /requests a minute/ }).filter({ hasText: /\d/ }),
    Query: tab.getByRole("status").filter({ hasText: "events matched" }),
    Traces: tab.getByRole("application", { name: /Duration of traces/ }),
    Logs: tab.getByRole("heading", { name: "No log lines" }),
    Data: tab.getByRole("button", { name: "db.table", exact: true }),
    Connect: tab.getByText(/events stored/),
    Trace: tab.getByRole("treegrid", { name: "Spans" }),
    Compare: tab.getByRole("heading", { name: /^B: GET/ }),
    Boards: tab.getByRole("link", { name: /A board/ }),
    Board: tab.getByRole("application", { name: /COUNT/ }),
    Settings: tab.getByRole("heading", { name: "Store" }),
    "a saved query": tab.getByRole("status").filter({ hasText: "events matched" }),
  };
  return shown[name];
}

/** A tab for each page, each with what its address holds. */
async function openAll(page: Page, url: string, range: string, pages: Pages = PAGES): Promise<{ name: Name; tab: Page }[]> {
  return Promise.all(
    pages.map(async ([name, path]) => {
      const tab = await withPages(await page.context().newPage());
      await tab.goto(`${url}/e/local${path}?${range}`);
      return { name, tab };
    }),
  );
}

const isQuestion = (url: URL) => url.pathname.startsWith("/hive/");
const failing = (status: number, title: string) => (route: Route) =>
  route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title, status, detail: "the disk gives no answer", try: "look at the server's log" }) });

test.describe("a server with events", () => {
  let own: Running;
  let range = "";
  let named: Pages = [];
  test.beforeAll(async () => {
    own = await start("serve");
    const { start: from, end, slow } = await plantCalls(own.url);
    named = await namedPages(own.url, slow);
    range = `from=${new Date(from).toISOString()}&to=${new Date(end).toISOString()}`;
  });
  test.afterAll(() => own.remove());

  const addressOf = (wanted: Name) => `${own.url}/e/local${[...PAGES, ...named].find(([name]) => name === wanted)?.[1]}?${range}`;

  for (const name of [...PAGES.map(([name]) => name), ...NAMED]) {
    test(`${name}: errors are said in words, and go away by themselves`, async ({ page }) => {
      await page.clock.install();
      await page.route(isQuestion, failing(500, "Reading failed"));
      await page.goto(addressOf(name));
      await expect(page.getByRole("alert").first()).toContainText("The disk gives no answer.");
      await expect(page.getByRole("alert").first()).toContainText("Look at the server's log.");
      // Nothing is claimed that is not known.
      await expect(page.getByText(/^0 %$/)).toHaveCount(0);
      await expectAccessible(page);
      await page.unroute(isQuestion);
      // What has failed is asked again every ten seconds.
      await page.clock.fastForward(11_000);
      await expect(page.getByRole("alert")).toHaveCount(0);
      await expect(contentOf(name, page)).toBeVisible();
    });
  }

  for (const name of ["Traces", "Logs", "Data", "Trace", "Compare", "Board", "a saved query"] as const) {
    test(`${name}: an answer that is late is waited for aloud, and called off by one press`, async ({ page }) => {
      let answer = () => undefined as unknown;
      const held = new Promise((resolve) => {
        answer = () => resolve(undefined);
      });
      await page.route(/\/hive\/v1\/e\/local\/(query|events|columns|traces\/\w+\/skeleton)(\?|$)/, async (route) => {
        await held;
        await route.continue().catch(() => undefined);
      });
      await page.goto(addressOf(name));
      await expect(page.getByText(/Waiting for .*, \d+ s so far/).first()).toBeVisible();
      await page.getByRole("button", { name: "Cancel" }).first().click();
      await expect(page.getByText("Called off.").first()).toBeVisible();
      answer();
      const again = page.getByRole("button", { name: "Ask again" });
      for (let left = await again.count(); left > 0; left--) await again.first().click();
      await expect(contentOf(name, page)).toBeVisible();
    });
  }

  test("one panel that fails leaves the others", async ({ page }) => {
    await page.route(isQuestion, async (route) => {
      const text = route.request().postData() ?? "";
      await (text.includes("error = true") ? failing(500, "Reading failed")(route) : route.continue());
    });
    await page.goto(`${own.url}/e/local?${range}`);
    await expect(page.getByRole("link", { name: /requests a minute/ })).toContainText(/\d/);
    await expect(page.getByRole("link", { name: /of them failed/ })).toContainText("–");
    await expect(page.getByRole("region", { name: "Failed requests" }).getByRole("alert")).toBeVisible();
  });

  test("an answer that takes long is waited for aloud, and called off by one press", async ({ page }) => {
    let answer = () => undefined as unknown;
    const held = new Promise((resolve) => {
      answer = () => resolve(undefined);
    });
    await page.route(/\/hive\/v1\/e\/local\/query$/, async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await page.goto(`${own.url}/e/local/query?${range}`);
    await expect(page.getByText(/Waiting for the answer, \d+ s so far/)).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByText("Called off.")).toBeVisible();
    answer();
    await page.getByRole("button", { name: "Ask again" }).click();
    await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
  });

  test("a part of the page that an upgrade took away: reload is offered", async ({ page }) => {
    await page.route(/\/assets\/(LogsPage|DataPage).*\.js$/, (route) => route.abort());
    await page.goto(`${own.url}/e/local/query?${range}`);
    await expect(page.getByRole("heading", { level: 1, name: "Query" })).toBeVisible();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Data" }).click();
    await expect(page.getByRole("heading", { name: "The server has another version now" })).toBeVisible();
    await page.unroute(/\/assets\/(LogsPage|DataPage).*\.js$/);
    await page.getByRole("button", { name: "Reload" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Data" })).toBeVisible();
  });

  test("a percent sign in an address is no blank page", async ({ page }) => {
    await page.goto(`${own.url}/e/local/trace/100%?${range}`);
    await expect(page.getByRole("heading", { level: 1, name: "Trace" })).toBeVisible();
  });
});

for (const which of ["page of the rail", "page of one thing"] as const) {
  test(`stopped and started again: every ${which} says so and goes on`, async ({ page }) => {
    test.slow();
    const own = await start("serve");
    try {
      const { start: from, end, slow } = await plantCalls(own.url);
      const pages = which === "page of the rail" ? PAGES : await namedPages(own.url, slow);
      const tabs = await openAll(page, own.url, `from=${new Date(from).toISOString()}&to=${new Date(end).toISOString()}`, pages);
      for (const { name, tab } of tabs) {
        await expect(tab.getByRole("link", { name: /^Server:/ })).toHaveText(/ok/);
        await expect(contentOf(name, tab), name).toBeVisible();
      }
      await own.stop();
      for (const { name, tab } of tabs) {
        await expect(tab.getByText("Server not reached since"), name).toBeVisible();
        // What was there stays there.
        await expect(contentOf(name, tab), name).toBeVisible();
      }
      const again = await start("serve", [], own.address, own.data);
      for (const { name, tab } of tabs) await expect(tab.getByText("Server not reached since"), name).toHaveCount(0, { timeout: 30_000 });
      for (const { name, tab } of tabs) await expect(tab.getByRole("alert"), name).toHaveCount(0, { timeout: 30_000 });
      await again.stop();
    } finally {
      await own.remove();
    }
  });
}

test("what is not there yet says so, and shows by itself", async ({ page }) => {
  test.slow();
  const own = await start("serve");
  try {
    const [one, other] = ["d".repeat(32), "e".repeat(32)];
    const tabs = await openAll(page, own.url, "", [["Trace", `/trace/${one}`], ["Compare", `/traces/compare/${one}/${other}`], ["Boards", "/boards"], ["Settings", "/settings"]]);
    const tab = (wanted: string) => tabs.find(({ name }) => name === wanted)?.tab ?? page;
    await expect(tab("Trace").getByText(/^Not found yet: d+ was looked for in all of environment local/)).toBeVisible();
    await expect(tab("Compare").getByText(/Waiting for trace A, \d+ s so far/)).toBeVisible();
    await expect(tab("Boards").getByRole("heading", { name: "No boards yet" })).toBeVisible();
    await expect(tab("Settings").getByText(/Ready: all \d+ checks hold/)).toBeVisible();
    const at = Date.now() - 5_000;
    const span = (traceId: string) => ({ traceId, spanId: traceId.slice(0, 16), name: "GET /first", kind: 2, startTimeUnixNano: `${at}000000`, endTimeUnixNano: `${at + 20}000000` });
    await sendSpans(own.url, { web: [span(one), span(other)] });
    await expect(tab("Trace").getByRole("treegrid", { name: "Spans" })).toContainText("GET /first");
    await expect(tab("Compare").getByText("Both took as long.")).toBeVisible();
  } finally {
    await own.remove();
  }
});

test("empty, then refusing, then the first event: every page changes by itself", async ({ page }) => {
  test.slow();
  const own = await start("serve");
  try {
    const tabs = await openAll(page, own.url, "");
    for (const { name, tab } of tabs) await expect(tab.getByText(/OTEL_EXPORTER_OTLP_ENDPOINT/).first(), name).toBeVisible();
    await fetch(`${own.url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: "{" });
    for (const { name, tab } of tabs) await expect(tab.getByText(/refused/i).first(), name).toBeVisible();
    const at = Date.now() - 5_000;
    const ns = (ms: number) => `${ms}000000`;
    await sendSpans(own.url, { web: [{ traceId: "d".repeat(32), spanId: "e".repeat(16), name: "GET /first", kind: 2, startTimeUnixNano: ns(at), endTimeUnixNano: ns(at + 20) }] });
    for (const { name, tab } of tabs) {
      if (name === "Connect") await expect(tab.getByText(/1 event stored/)).toBeVisible();
      else await expect(tab.getByText("Paste these lines"), name).toHaveCount(0);
    }
    const [home, query, traces] = tabs;
    await expect(home?.tab.getByText("GET /first").first() ?? page.locator("none")).toBeVisible();
    await expect(query?.tab.getByRole("status").filter({ hasText: "1 event matched" }) ?? page.locator("none")).toBeVisible();
    await expect(traces?.tab.getByText("GET /first").first() ?? page.locator("none")).toBeVisible();
  } finally {
    await own.remove();
  }
});
