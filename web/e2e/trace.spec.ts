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

test("a subtree alone: its way back, its own critical path and figures; the address keeps it", async ({ page }) => {
  const trace = "f0c5".padEnd(32, "0");
  await plantFolding(server(), trace, Date.now() - 60_000);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  const rows = page.getByRole("treegrid", { name: "Spans" });
  await rows.getByRole("row", { name: /second/ }).click();
  await rows.focus();
  await page.keyboard.press("f");
  await expect(page).toHaveURL(/root=0000000000000004/);
  const crumbs = page.getByRole("navigation", { name: "Focus" });
  await expect(crumbs).toContainText("GET /folding");
  await expect(rows.getByRole("row")).toHaveCount(3);
  await expect(rows.getByRole("row").first()).toContainText("second");
  await expect(page.getByRole("heading", { level: 1, name: "GET /folding" })).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/focus.png" });
  await page.reload();
  await expect(rows.getByRole("row")).toHaveCount(3);
  // Deeper, and back by the way that is shown.
  await rows.getByRole("row", { name: /within/ }).click();
  await page.getByRole("button", { name: "Focus subtree" }).click();
  await expect(page).toHaveURL(/root=0000000000000005/);
  await crumbs.getByRole("button", { name: "second" }).click();
  await expect(page).toHaveURL(/root=0000000000000004/);
  await rows.focus();
  await page.keyboard.press("F");
  await expect(page).not.toHaveURL(/root=/);
  await expect(rows.getByRole("row", { name: /beside/ })).toBeVisible();
  await page.goBack();
  await expect(crumbs).toBeVisible();
});

test("siblings, parts of the critical path, and time that is measured, by keys and by a drag", async ({ page }) => {
  const trace = "f0c6".padEnd(32, "0");
  await plantFolding(server(), trace, Date.now() - 60_000);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  const rows = page.getByRole("treegrid", { name: "Spans" });
  await rows.getByRole("row", { name: /first/ }).click();
  const panel = (name: string) => page.getByRole("complementary", { name: `Span ${name}` });
  await expect(panel("first")).toBeVisible();
  await rows.focus();
  await page.keyboard.press("J");
  await expect(panel("second")).toBeVisible();
  await page.keyboard.press("K");
  await expect(panel("first")).toBeVisible();
  await expect(rows.getByRole("row", { name: /first/ })).toHaveAttribute("aria-posinset", "1");
  await expect(rows.getByRole("row", { name: /first/ })).toHaveAttribute("aria-setsize", "2");
  // From the start of `first` to the end of `second`: 95 ms, in which innermost spans ran for 28.
  await page.keyboard.press("m");
  await expect(page.locator(".toast")).toContainText("Measuring from the start of first");
  await page.keyboard.press("J");
  await page.keyboard.press("m");
  const measured = rows.locator(".measured");
  await expect(measured).toHaveText(/^95\s*ms, idle 67\s*ms \(71\s*%\)$/);
  await page.screenshot({ path: "e2e/.out/measured.png" });
  await page.keyboard.press("Escape");
  await expect(measured).toHaveCount(0);
  await expect(panel("second")).toBeVisible();
  await page.keyboard.press("c");
  await expect(panel("within")).toBeVisible();
  await page.keyboard.press("C");
  await expect(panel("second")).toBeVisible();
  const ruler = await rows.locator(".ticks").boundingBox();
  if (!ruler) throw new Error("the ruler has no place");
  await page.mouse.move(ruler.x + ruler.width * 0.25, ruler.y + 10);
  await page.mouse.down();
  await page.mouse.move(ruler.x + ruler.width * 0.75, ruler.y + 10, { steps: 4 });
  await page.mouse.up();
  await expect(measured).toContainText(/^5\d\.?\d?\s*ms, idle/);
  // Shift and the wheel move what is shown, once it is a part.
  await rows.focus();
  await page.keyboard.press("+");
  await expect(page).toHaveURL(/w=/);
  const before = page.url();
  await page.mouse.move(ruler.x + ruler.width / 2, ruler.y + 60);
  await page.keyboard.down("Shift");
  await page.mouse.wheel(0, 200);
  await page.keyboard.up("Shift");
  await expect(page).not.toHaveURL(before);
});

test("the edge of the names is moved by arrows and kept; levels, hits and errors, one subtree", async ({ page }) => {
  const trace = "f0c7".padEnd(32, "0");
  await plantFolding(server(), trace, Date.now() - 60_000);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  const rows = page.getByRole("treegrid", { name: "Spans" });
  const edge = page.getByRole("separator", { name: "Width of names" });
  await expect(edge).toHaveAttribute("aria-valuenow", "38");
  await edge.press("ArrowRight");
  await expect(edge).toHaveAttribute("aria-valuenow", "40");
  await page.reload();
  await expect(edge).toHaveAttribute("aria-valuenow", "40");
  await edge.dblclick();
  await expect(edge).toHaveAttribute("aria-valuenow", "38");
  const fold = async (to: string) => {
    await page.getByRole("button", { name: "Fold", exact: true }).click();
    await page.getByRole("menuitem", { name: to }).click();
  };
  await fold("Down to level 2");
  await expect(rows.getByRole("row")).toHaveCount(3);
  await rows.getByRole("row", { name: /second/ }).click();
  await fold("Open this subtree");
  await expect(rows.getByRole("row")).toHaveCount(5);
  await page.getByRole("searchbox", { name: "Find spans" }).fill("beside");
  await expect(page.getByText("1 hit")).toBeVisible();
  await fold("Only hits and errors");
  await expect(page).toHaveURL(/fold=h/);
  await expect(rows.getByRole("row", { name: /beside/ })).toBeVisible();
  await expect(rows.getByRole("row", { name: /within/ })).toHaveCount(0);
});
