import { iso } from "./hand";
import { expect, expectAccessible, test } from "./page";
import { plantServices, sendLines } from "./plant";
import { type Running, start } from "./server";

let own: Running;
let range = "";
test.beforeAll(async () => {
  own = await start("serve");
  const planted = await plantServices(own.url);
  range = `from=${iso(planted.start)}&to=${iso(planted.end)}`;
});
test.afterAll(() => own.remove());

const QUERY = "q=COUNT,+MAX(duration_ms)+GROUP+BY+service.name+ORDER+BY+MAX(duration_ms)+desc";

test("what lies beyond the limit, and all of it, below the groups", async ({ page }) => {
  await page.goto(`${own.url}/e/local/query?${range}&${QUERY}+LIMIT+3`);
  const groups = page.getByRole("region", { name: "Groups" });
  await expect(groups.locator("tbody tr[data-row]")).toHaveCount(3);
  const from = new URL(page.url()).searchParams.get("from");
  const to = new URL(page.url()).searchParams.get("to");
  const response = await fetch(`${own.url}/hive/v1/e/local/query`, { method: "POST", body: JSON.stringify({ text: `COUNT, MAX(duration_ms) GROUP BY service.name ORDER BY MAX(duration_ms) desc LIMIT 3 FROM ${from} TO ${to}`, want: ["total", "other"] }) });
  const answer = (await response.json()) as { total: number[]; other: number[]; groups: number };
  const [total = 0, other = 0] = [answer.total[0], answer.other[0]];
  expect(other).toBeGreaterThan(0);
  expect(total).toBeGreaterThan(other);
  await expect(groups.getByRole("row", { name: /groups beyond the limit/ }).locator("td.num").first()).toHaveText(String(other));
  await expect(groups.getByRole("row", { name: /^All events/ }).locator("td.num").first()).toHaveText(String(total));
  await expect(page.locator(".table-foot").first()).toContainText(`3 of ${answer.groups} groups, other ${Math.round((other / total) * 100)}\u202f%, total ${total}`);
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/table.png", fullPage: true });
});

test("columns are moved, widened, hidden by keys and by hand; the address keeps it", async ({ page }) => {
  await page.goto(`${own.url}/e/local/query?${range}&${QUERY}`);
  const groups = page.getByRole("region", { name: "Groups" });
  const heads = groups.locator("thead th button");
  await expect(heads).toHaveText(["service.name", "COUNT", "MAX(duration_ms)"]);
  await heads.nth(2).focus();
  await page.keyboard.press("Shift+ArrowLeft");
  await expect(heads).toHaveText(["service.name", "MAX(duration_ms)", "COUNT"]);
  await heads.nth(0).dragTo(heads.nth(2));
  await expect(heads).toHaveText(["MAX(duration_ms)", "COUNT", "service.name"]);
  await expect(groups.locator("tbody tr[data-row]").first().locator("td").nth(1)).toHaveText(/^120\sms$/);
  await heads.nth(1).focus();
  const wide = async () => (await groups.locator("thead th").nth(2).boundingBox())?.width ?? 0;
  const before = await wide();
  await page.keyboard.press("+");
  await expect.poll(wide).toBeGreaterThan(before + 10);
  await page.keyboard.press("Delete");
  await expect(heads).toHaveText(["MAX(duration_ms)", "service.name"]);
  await page.reload();
  await expect(heads).toHaveText(["MAX(duration_ms)", "service.name"]);
  await page.getByRole("button", { name: "Columns", exact: true }).click();
  await page.getByRole("menuitemcheckbox", { name: "COUNT" }).click();
  await expect(heads).toHaveText(["MAX(duration_ms)", "COUNT", "service.name"]);
  await page.getByRole("button", { name: "Columns", exact: true }).click();
  await page.getByRole("menuitem", { name: "As the query has them" }).click();
  await expect(page).not.toHaveURL(/cols=/);
});

test("a second key of an order with Shift", async ({ page }) => {
  await page.goto(`${own.url}/e/local/query?${range}&${QUERY}`);
  const groups = page.getByRole("region", { name: "Groups" });
  await groups.getByRole("button", { name: "COUNT" }).click();
  await groups.getByRole("button", { name: "service.name", exact: true }).click({ modifiers: ["Shift"] });
  await expect(page).toHaveURL(/sort=down:COUNT%3Bup:service\.name/);
  await expect(groups.locator("tbody tr[data-row]").first()).toContainText("s01");
});

test("a row alone in the graphs, another one beside it, all again; and with keys", async ({ page }) => {
  await page.goto(`${own.url}/e/local/query?${range}&${QUERY}`);
  const groups = page.getByRole("region", { name: "Groups" });
  const rows = groups.locator("tbody tr[data-row]");
  const drawn = groups.getByRole("checkbox", { checked: true });
  await expect(drawn).toHaveCount(12);
  await rows.nth(2).locator("td").nth(1).click();
  await expect(drawn).toHaveCount(1);
  await expect(page).toHaveURL(/lines=/);
  const graph = page.getByRole("application", { name: /^MAX/ });
  await graph.focus();
  await page.keyboard.press("Home");
  await expect(graph.locator(".tip tr")).toHaveCount(1);
  await expect(graph.locator(".tip tr")).toContainText("s10");
  await rows.nth(4).locator("td").nth(1).click({ modifiers: ["Control"] });
  await expect(drawn).toHaveCount(2);
  await page.reload();
  await expect(drawn).toHaveCount(2);
  await groups.focus();
  await page.keyboard.press("Escape");
  await expect(drawn).toHaveCount(12);
  await groups.focus();
  for (const key of ["j", "j", " "]) await page.keyboard.press(key);
  await expect(drawn).toHaveCount(11);
  await expect(rows.nth(1).getByRole("checkbox")).not.toBeChecked();
  await page.getByRole("button", { name: "Draw all groups" }).click();
  await expect(drawn).toHaveCount(12);
});

test("columns of raw data: searched, added, put in order by keys, left out where they do not vary; remembered", async ({ page }) => {
  await page.goto(`${own.url}/e/local/query?${range}&tab=raw`);
  const grid = page.getByRole("grid", { name: /Events/ });
  const heads = grid.getByRole("columnheader");
  await expect(heads.first()).toHaveText("time");
  await page.getByRole("button", { name: "Columns", exact: true }).click();
  const panel = page.getByRole("dialog", { name: "Columns of raw data" });
  await panel.getByRole("searchbox").fill("span_id");
  await panel.getByRole("checkbox", { name: "trace.span_id" }).check();
  await expect(heads.last()).toHaveText("trace.span_id");
  await panel.getByRole("checkbox", { name: "trace.span_id" }).focus();
  await page.keyboard.press("Shift+Home");
  await expect(heads.nth(1)).toHaveText("trace.span_id");
  await panel.getByRole("searchbox").fill("");
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/columns.png" });
  const before = await heads.count();
  await panel.getByRole("checkbox", { name: "only columns that vary" }).check();
  await expect.poll(() => heads.count()).toBeLessThan(before);
  await expect(heads.nth(1)).toHaveText("trace.span_id");
  await panel.getByRole("checkbox", { name: "only columns that vary" }).uncheck();
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  // Another address of the same datasets.
  await page.goto(`${own.url}/e/local/query?${range}&tab=raw&q=COUNT`);
  await expect(heads.nth(1)).toHaveText("trace.span_id");
  await page.getByRole("button", { name: "Columns", exact: true }).click();
  await panel.getByRole("button", { name: "As the query has them" }).click();
  await expect(heads.nth(1)).not.toHaveText("trace.span_id");
});

test("ten thousand rows are shown at most; the rest is downloaded", async ({ page }) => {
  const many = await start("serve");
  try {
    for (let n = 0; n < 3; n++) await sendLines(many.url, "many", Array.from({ length: 3_400 }, (_, line) => ({ body: `line ${n}.${line}` })));
    await page.goto(`${many.url}/e/local/query?tab=raw&q=COUNT`);
    const grid = page.getByRole("grid", { name: /Events/ });
    const said = page.getByRole("status").filter({ hasText: /^The newest/ });
    await expect(said).toHaveText(/; more come as you scroll$/);
    await grid.focus();
    await expect(async () => {
      await page.keyboard.press("End");
      await expect(said).toHaveText(/^The newest 10.000 events, the most that are shown\. Narrow the range, or download all$/, { timeout: 500 });
    }).toPass();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download all" }).click();
    await page.getByRole("menuitem", { name: "JSON lines, all fields" }).click();
    const stream = await (await saved).createReadStream();
    let lines = 0;
    for await (const chunk of stream) lines += String(chunk).split("\n").length - 1;
    expect(lines).toBe(10_200);
  } finally {
    await many.remove();
  }
});
