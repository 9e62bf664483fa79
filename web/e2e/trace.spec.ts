import type { Page } from "@playwright/test";
import { Hand } from "./hand";
import { expect, expectAccessible, server, test, withPages } from "./page";
import { plantFolding } from "./plant";

/** A trace with errors and many spans. */
async function failingTrace(): Promise<string> {
  const body = JSON.stringify({ text: "COUNT WHERE error = true GROUP BY trace.trace_id LIMIT 1 LAST 15m", want: [] });
  const response = await fetch(`${server()}/hive/v1/e/local/query`, { method: "POST", body });
  const answer = (await response.json()) as { results: { group: string[] }[] };
  return answer.results[0]?.group[0] ?? "";
}

test("scenario 4 and 9: a pasted header opens its trace, one key leads to the error", async ({ page }) => {
  const id = await failingTrace();
  await page.goto(`${server()}/e/local/query`);
  await expect(page.getByRole("heading", { level: 1, name: "Query" })).toBeVisible();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((text) => navigator.clipboard.writeText(text), `X-Amzn-Trace-Id: Root=1-${id.slice(0, 8)}-${id.slice(8)};Sampled=1`);
  const hand = await Hand.on(page);
  await page.keyboard.press("Control+v");
  await expect(page.getByRole("option", { name: new RegExp(id) })).toBeVisible();
  await page.keyboard.press("Enter");
  await hand.expectWithin("a pasted header");
  await expect(page).toHaveURL(new RegExp(`/trace/${id}`));
  const rows = page.getByRole("treegrid", { name: "Spans" });
  await expect(rows.getByRole("row").first()).toBeVisible();
  await page.keyboard.press("e");
  await expect(page).toHaveURL(/span=/);
  const panel = page.getByRole("complementary", { name: /^Span / });
  await expect(panel.getByText("service.name", { exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/trace.png" });
});

test("fold, find, filter, statistics, logs; Back and reload keep the view", async ({ page }) => {
  const id = await failingTrace();
  await page.goto(`${server()}/e/local/trace/${id}`);
  const rows = page.getByRole("treegrid", { name: "Spans" });
  await expect(rows.getByRole("row").first()).toBeVisible();
  await rows.focus();
  await page.keyboard.press("{");
  const oneRow = page.getByText(/^1 row$/);
  await expect(oneRow).toBeVisible();
  await page.keyboard.press("]");
  await expect(oneRow).toHaveCount(0);
  await page.keyboard.press("[");
  await expect(oneRow).toBeVisible();
  const fold = async (to: string) => {
    await page.getByRole("button", { name: "Fold", exact: true }).click();
    await page.getByRole("menuitem", { name: to }).click();
  };
  await fold("Only errors");
  await expect(rows.locator(".bad").first()).toBeVisible();
  await fold("Close all");
  await expect(oneRow).toBeVisible();
  await fold("Only the critical path");
  await expect(oneRow).toHaveCount(0);
  await rows.focus();
  await page.keyboard.press("}");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Find spans" })).toBeFocused();
  await page.keyboard.type("error");
  await page.keyboard.press("Alt+Enter");
  await expect(page).toHaveURL(/find=error&mode=filter/);
  await page.getByRole("tab", { name: "Statistics" }).click();
  await expect(page.getByRole("region", { name: "Statistics" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Logs" }).click();
  await expect(page).toHaveURL(/view=logs/);
  await page.goBack();
  await expect(page.getByRole("region", { name: "Statistics" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("region", { name: "Statistics" })).toBeVisible();
});

test("what is open and closed is in the address: reload, Back and a copy show the same rows", async ({ page, browser }) => {
  const end = Date.now() - 60_000;
  const trace = "f01d".padEnd(32, "0");
  await plantFolding(server(), trace, end);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  const rows = page.getByRole("treegrid", { name: "Spans" });
  const shown = async (on: Page = page) => (await on.getByRole("treegrid", { name: "Spans" }).getByRole("row").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
  await expect(rows.getByRole("row").first()).toBeVisible();
  const whole = await shown();
  await rows.focus();
  await page.keyboard.press("{");
  await page.keyboard.press("]");
  await expect(page).toHaveURL(/fold=0\.m(&|$)/);
  await rows.getByRole("row", { name: /second/ }).getByRole("button", { name: "Open" }).click();
  const some = await shown();
  expect(some.length).toBeLessThan(whole.length);
  expect(some.some((text) => text.includes("within"))).toBe(true);
  await page.reload();
  await expect(rows.getByRole("row").first()).toBeVisible();
  expect(await shown()).toEqual(some);
  // The address is all that it takes, elsewhere.
  const other = await withPages(await (await browser.newContext({ timezoneId: "Europe/Berlin", locale: "en-GB", viewport: { width: 1440, height: 900 } })).newPage());
  await other.goto(page.url());
  await expect(other.getByRole("treegrid", { name: "Spans" }).getByRole("row").first()).toBeVisible();
  expect(await shown(other)).toEqual(some);
  await other.context().close();
  // A span that is selected keeps what it has opened; Back shows what was open then.
  await rows.getByRole("row", { name: /within/ }).click();
  await expect(page.getByRole("complementary", { name: "Span within" })).toBeVisible();
  await rows.focus();
  await page.keyboard.press("}");
  await expect.poll(() => shown()).toEqual(whole);
  await page.goBack();
  await expect.poll(() => shown()).toEqual(some);
  await page.goForward();
  await expect.poll(() => shown()).toEqual(whole);
  // Spans that repeat stand in one row, which the address names as well.
  await rows.getByRole("row", { name: /×6/ }).click();
  const panel = page.getByRole("complementary", { name: /6 times/ });
  await expect(panel).toBeVisible();
  const open = await shown();
  expect(open.length).toBe(whole.length + 6);
  await page.reload();
  await expect(panel).toBeVisible();
  expect(await shown()).toEqual(open);
});
