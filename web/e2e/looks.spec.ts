import type { Page } from "@playwright/test";
import { drag } from "./hand";
import { expect, expectAccessible, server, test } from "./page";
import { start } from "./server";

const LOOKS = [["light", 1440], ["dark", 1440], ["light", 900], ["dark", 900]] as const;

/** What is open, in both themes, wide and narrow: nothing stands out at the side. The pictures are for looking at. */
async function look(page: Page, name: string): Promise<void> {
  await expect(page.getByRole("status", { name: /^(Asking|Reading|Loading|Comparing)/ })).toHaveCount(0);
  await expect(page.locator(".stale")).toHaveCount(0);
  for (const [theme, width] of LOOKS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
    // Tables scroll in boxes of their own; the page itself scrolls in `main`.
    const over = await page.evaluate(() => Math.max(...[document.documentElement, document.querySelector("#main")].map((element) => (element ? element.scrollWidth - element.clientWidth : 0))));
    expect(over, `${name}, ${theme}, ${width}`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `e2e/.out/looks/${name}-${theme}-${width}.png` });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

const PAGES: [name: string, path: string, ready: string][] = [
  ["home", "?from=-15m", "Routes"],
  ["query", "/query?from=-15m", "Query"],
  ["lines", "/query?from=-15m&q=COUNT,+P95(duration_ms),+HEATMAP(duration_ms)+GROUP+BY+service.name&cmp=previous", "Query"],
  ["traces", "/traces?from=-15m", "Traces"],
  ["logs", "/logs?from=-15m", "Logs"],
  ["boards", "/boards", "Boards"],
  ["data", "/data?from=-15m", "Columns"],
  ["dataset", "/data/search?from=-15m", "Dataset search"],
  ["connect", "/connect", "Refused"],
  ["nowhere", "/nowhere", "Nothing is at this address"],
];

for (const [name, path, ready] of PAGES) {
  test(`${name}`, async ({ page }) => {
    await page.goto(`${server()}/e/local${path}`);
    await expect(page.getByRole("heading", { name: new RegExp(ready) }).first()).toBeVisible();
    await look(page, name);
    // Hundreds of columns are rows of one kind: some of them are looked at closely.
    if (path.startsWith("/data")) await page.getByRole("searchbox", { name: "Search columns" }).fill("http");
    await expectAccessible(page);
  });
}

test("a box and its panels, raw data, an event", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=${encodeURIComponent("HEATMAP(duration_ms), COUNT WHERE is_root = true")}`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await expect(heatmap).toBeVisible();
  await drag(page, heatmap, [0.1, 0.02], [0.9, 0.5]);
  await expect(page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first()).toBeVisible();
  await look(page, "bubbleup");
  await page.getByRole("tab", { name: "Results" }).click();
  await look(page, "box");
  await page.getByRole("tab", { name: "Raw data" }).click();
  await page.getByRole("grid", { name: /Events/ }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("complementary", { name: "Event" })).toContainText("service.name");
  await look(page, "raw");
  await page.getByRole("tab", { name: "Traces" }).click();
  await expect(page.getByRole("listitem").nth(5)).toBeVisible();
  await look(page, "query-traces");
});

test("a trace, its views, and its comparison", async ({ page }) => {
  const body = JSON.stringify({ text: "COUNT WHERE error = true GROUP BY trace.trace_id LIMIT 2 LAST 15m", want: [] });
  const answer = (await (await fetch(`${server()}/hive/v1/e/local/query`, { method: "POST", body })).json()) as { results: { group: string[] }[] };
  const [one, other] = answer.results.map(({ group }) => group[0] ?? "");
  await page.goto(`${server()}/e/local/trace/${one}`);
  await expect(page.getByRole("treegrid", { name: "Spans" }).getByRole("row").first()).toBeVisible();
  await look(page, "trace");
  await page.keyboard.press("e");
  await expect(page.getByRole("complementary", { name: /^Span / }).getByText("service.name", { exact: true })).toBeVisible();
  await look(page, "trace-span");
  for (const view of ["Flame graph", "Statistics", "Logs"]) {
    await page.getByRole("tab", { name: view }).click();
    await look(page, `trace-${view.toLowerCase().replace(" ", "-")}`);
  }
  await page.goto(`${server()}/e/local/traces/compare/${one}/${other}`);
  await expect(page.getByRole("heading", { name: /^A: / })).toBeVisible();
  await look(page, "compare");
});

test("what opens over a page", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT`);
  const graph = page.getByRole("application", { name: /^COUNT/ });
  await expect(graph).toBeVisible();
  for (const [name, opens, opened] of [
    ["palette", () => page.keyboard.press("/"), page.getByRole("dialog", { name: "Search" })],
    ["keys", () => page.keyboard.press("?"), page.getByRole("dialog", { name: "Keys" })],
    ["time", () => page.getByRole("button", { name: /Last 15/ }).click(), page.getByRole("dialog", { name: "Time range" })],
    ["history", () => page.getByRole("button", { name: "History" }).click(), page.getByRole("complementary", { name: "History" })],
    ["options", () => page.getByRole("button", { name: "Options" }).click(), page.getByRole("menuitemcheckbox", { name: "Run when a clause changes" })],
    ["marker", () => graph.press("Shift+M"), page.getByRole("dialog", { name: "Add a marker" })],
  ] as const) {
    await opens();
    await expect(opened).toBeVisible();
    await look(page, name);
    await page.keyboard.press("Escape");
  }
  await graph.click({ position: { x: 500, y: 60 } });
  await expect(page.getByRole("menu", { name: "This point" })).toBeVisible();
  await look(page, "point");
});

test("a line of the log with its fields, and lines that are followed", async ({ page }) => {
  await page.goto(`${server()}/e/local/logs?from=-15m`);
  await page.getByRole("grid", { name: /newest first/ }).press("j");
  await expect(page.getByRole("complementary", { name: "Line" })).toContainText("severity");
  await look(page, "line");
  await page.keyboard.press("f");
  await expect(page.getByRole("grid", { name: "Lines as they arrive" }).locator(".logline").nth(3)).toBeVisible();
  await look(page, "tail");
});

test("a server that has received nothing", async ({ page }) => {
  const own = await start("serve");
  try {
    for (const [name, path] of [["home", ""], ["query", "/query"], ["connect", "/connect"]] as const) {
      await page.goto(`${own.url}/e/local${path}`);
      await expect(page.getByText(/OTEL_EXPORTER_OTLP_ENDPOINT/).first()).toBeVisible();
      await look(page, `empty-${name}`);
    }
  } finally {
    await own.remove();
  }
});
