import type { Page, Route } from "@playwright/test";
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

/** A tab for each page, each with what its address holds. */
async function openAll(page: Page, url: string, range: string): Promise<{ name: string; tab: Page }[]> {
  return Promise.all(
    PAGES.map(async ([name, path]) => {
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
  test.beforeAll(async () => {
    own = await start("serve");
    const { start: from, end } = await plantCalls(own.url);
    range = `from=${new Date(from).toISOString()}&to=${new Date(end).toISOString()}`;
  });
  test.afterAll(() => own.remove());

  test("errors are said on every page, in words, and go away by themselves", async ({ page }) => {
    test.slow();
    const tabs = await Promise.all(
      PAGES.map(async ([name, path]) => {
        const tab = await withPages(await page.context().newPage());
        await tab.route(isQuestion, failing(500, "Reading failed"));
        await tab.goto(`${own.url}/e/local${path}?${range}`);
        return { name, tab };
      }),
    );
    for (const { name, tab } of tabs) {
      await expect(tab.getByRole("alert").first(), name).toContainText("The disk gives no answer.");
      await expect(tab.getByRole("alert").first(), name).toContainText("Look at the server's log.");
      // Nothing is claimed that is not known.
      await expect(tab.getByText(/^0 %$/), name).toHaveCount(0);
    }
    for (const { tab } of tabs) await expectAccessible(tab);
    for (const { tab } of tabs) await tab.unroute(isQuestion);
    for (const { name, tab } of tabs) await expect(tab.getByRole("alert"), name).toHaveCount(0, { timeout: 30_000 });
    await expect(tabs[0]?.tab.getByRole("link", { name: /requests a minute/ }) ?? page.locator("none")).toContainText(/\d/);
  });

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

test("stopped and started again: every page says so and goes on", async ({ page }) => {
  test.slow();
  const own = await start("serve");
  try {
    const { start: from, end } = await plantCalls(own.url);
    const tabs = await openAll(page, own.url, `from=${new Date(from).toISOString()}&to=${new Date(end).toISOString()}`);
    for (const { tab } of tabs) await expect(tab.getByRole("link", { name: /^Server:/ })).toHaveText(/ok/);
    await own.stop();
    for (const { name, tab } of tabs) await expect(tab.getByText("Server not reached since"), name).toBeVisible();
    const again = await start("serve", [], own.address, own.data);
    for (const { name, tab } of tabs) await expect(tab.getByText("Server not reached since"), name).toHaveCount(0, { timeout: 30_000 });
    for (const { name, tab } of tabs) await expect(tab.getByRole("alert"), name).toHaveCount(0, { timeout: 30_000 });
    await again.stop();
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
