import { type Page, expect as check } from "@playwright/test";
import { expect, expectAccessible, server, test } from "./page";
import { sendSpans } from "./plant";

const TRACE = "9a0e".padEnd(32, "0");
const ns = (ms: number) => String(BigInt(Math.round(ms * 1e3)) * 1_000n);
const hex = (id: number) => id.toString(16).padStart(16, "0");
const span = (trace: string, id: number, parent: number | undefined, name: string, from: number, length: number) => ({ traceId: trace, spanId: hex(id), ...(parent === undefined ? {} : { parentSpanId: hex(parent) }), name, kind: 3, startTimeUnixNano: ns(from), endTimeUnixNano: ns(from + length) });
const rows = (page: Page) => page.getByRole("treegrid", { name: "Spans" });
const names = async (page: Page) => (await rows(page).getByRole("row").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));

/** Waits until the server finds so many spans of a trace: what was sent is stored before it is indexed. */
async function stored(trace: string, spans: number): Promise<void> {
  const count = async () => ((await (await fetch(`${server()}/hive/v1/e/local/traces/${trace}/skeleton`)).json()) as { span_count?: number }).span_count;
  await check.poll(count).toBe(spans);
}

test("a trace that is still arriving: what has come is offered, and no row moves by itself", async ({ page }) => {
  const start = Date.now() - 20_000;
  // The root is still on its way; the first of its children has a child of its own.
  await sendSpans(server(), { web: [span(TRACE, 2, 1, "load", start + 100, 200), span(TRACE, 3, 2, "read", start + 110, 50), span(TRACE, 4, 1, "draw", start + 400, 100)] });
  await stored(TRACE, 3);
  await page.clock.install();
  await page.goto(`${server()}/e/local/trace/${TRACE}`);
  await expect(rows(page).getByRole("row", { name: /load/ })).toBeVisible();
  await expect(page.getByText("Root not received")).toBeVisible();
  await rows(page).getByRole("row", { name: /load/ }).getByRole("button", { name: "Close" }).click();
  await expect(rows(page).getByRole("row", { name: /read/ })).toHaveCount(0);
  await rows(page).getByRole("row", { name: /draw/ }).click();
  const before = await names(page);
  await sendSpans(server(), { web: [span(TRACE, 1, undefined, "GET /late", start, 600), span(TRACE, 5, 1, "early", start + 10, 20)] });
  await stored(TRACE, 5);
  // A young trace is counted every five seconds.
  await page.clock.fastForward(5_000);
  const news = page.getByRole("status").filter({ hasText: "2 new spans, the root among them" });
  await expect(news).toBeVisible();
  expect(await names(page)).toEqual(before);
  await expectAccessible(page);
  await news.getByRole("button", { name: "Show" }).click();
  await expect(rows(page).getByRole("row", { name: /GET \/late/ })).toBeVisible();
  await expect(news).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1, name: "GET /late" })).toBeVisible();
  // What was closed and selected is known by its span, not by its place.
  await expect(rows(page).getByRole("row", { name: /early/ })).toBeVisible();
  await expect(rows(page).getByRole("row", { name: /read/ })).toHaveCount(0);
  await expect(page.getByRole("complementary", { name: "Span draw" })).toBeVisible();
});

test("r asks for a trace again and shows what has come; Live is nothing for it", async ({ page }) => {
  const trace = "9a0f".padEnd(32, "0");
  // Too old for its spans to be waited for.
  const start = Date.now() - 40 * 60_000;
  await sendSpans(server(), { web: [span(trace, 1, undefined, "GET /old", start, 600)] });
  await stored(trace, 1);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  await expect(rows(page).getByRole("row")).toHaveCount(1);
  await sendSpans(server(), { web: [span(trace, 2, 1, "after all", start + 10, 20)] });
  await stored(trace, 2);
  await page.keyboard.press("r");
  await expect(rows(page).getByRole("row", { name: /after all/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Live" })).toBeDisabled();
  await page.keyboard.press("l");
  await expect(page.locator(".toast")).toContainText("r asks again");
  await expect(page).not.toHaveURL(/live=1/);
});

test("r asks for both traces that are compared", async ({ page }) => {
  const [one, other] = ["9a10", "9a11"].map((id) => id.padEnd(32, "0")) as [string, string];
  const start = Date.now() - 30 * 60_000;
  for (const trace of [one, other]) {
    await sendSpans(server(), { web: [span(trace, 1, undefined, "GET /compared", start, 600)] });
    await stored(trace, 1);
  }
  await page.goto(`${server()}/e/local/traces/compare/${one}/${other}`);
  await expect(page.getByText("Both took as long.")).toBeVisible();
  await sendSpans(server(), { web: [span(other, 2, 1, "slow", start + 10, 5_000)] });
  await stored(other, 2);
  await page.locator("main").focus();
  await page.keyboard.press("r");
  await expect(page.getByText(/B is .* slower/)).toBeVisible();
});
