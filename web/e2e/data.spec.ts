import { iso } from "./hand";
import { expect, expectAccessible, test } from "./page";
import { plantCalls } from "./plant";
import { type Running, start } from "./server";

let own: Running;
let range = "";
test.beforeAll(async () => {
  own = await start("serve");
  const { start: from, end } = await plantCalls(own.url);
  range = `from=${iso(from)}&to=${iso(end)}`;
});
test.afterAll(() => own.remove());

test("of each column: how many events have it, when it was last seen, and what it is for", async ({ page }) => {
  const made = await fetch(`${own.url}/hive/v1/e/local/fields`, { method: "POST", body: JSON.stringify({ name: "is_archive", expression: '$db.table = "archive"', description: "Asks the archive" }) });
  expect(made.ok, await made.text()).toBe(true);
  await page.goto(`${own.url}/e/local/data?${range}&tz=utc`);
  await expect(page.getByText("Events are kept for ever.")).toBeVisible();
  const columns = page.getByRole("region", { name: /^Columns/ });
  // Of 240 requests, eight queries each.
  await expect(page.getByText(/Shares are of all 2.160 events/)).toBeVisible();
  const table = columns.getByRole("row").filter({ has: page.getByRole("button", { name: "db.table", exact: true }) });
  await expect(table.getByRole("cell").nth(2)).toHaveText(/^89.%$/);
  await expect(table.getByRole("cell").nth(3)).toHaveText(/\d\d:\d\d/);
  const field = columns.getByRole("row").filter({ has: page.getByRole("button", { name: "is_archive", exact: true }) });
  await expect(field).toContainText("Asks the archive");
  await expect(field).toContainText('$db.table = "archive"');
  await expectAccessible(page);
});

test("a dataset has an address of its own, with its columns, and leads to its events", async ({ page }) => {
  await page.goto(`${own.url}/e/local/data?${range}`);
  await page.getByRole("link", { name: "web", exact: true }).click();
  await expect(page).toHaveURL(/\/data\/web\?/);
  await expect(page.getByRole("heading", { level: 1, name: "Dataset web" })).toBeVisible();
  await expect(page.getByText("240 events in this range", { exact: true })).toBeVisible();
  await expect(page.getByText("Columns and shares are those of its 240 events in this range.")).toBeVisible();
  const columns = page.getByRole("region", { name: /^Columns/ });
  await expect(columns.getByRole("button", { name: "name", exact: true })).toBeVisible();
  // Only the other dataset has it.
  await expect(columns.getByRole("button", { name: "db.table", exact: true })).toHaveCount(0);
  await columns.getByRole("button", { name: "name", exact: true }).click();
  await expect(columns.getByRole("link", { name: "GET /checkout" })).toBeVisible();
  await expect(columns.getByRole("link", { name: "SELECT orders" })).toHaveCount(0);
  await expectAccessible(page);
  await page.reload();
  await expect(columns.getByRole("link", { name: "GET /checkout" })).toBeVisible();
  await page.getByRole("link", { name: "Ask about it" }).click();
  await expect(page).toHaveURL(/q=.*IN\+web/);
  await expect(page.getByRole("status").filter({ hasText: "240 events matched" })).toBeVisible();
  await page.goBack();
  await page.getByRole("link", { name: "All datasets" }).click();
  await expect(page.getByRole("link", { name: "db", exact: true })).toBeVisible();
  await page.goto(`${own.url}/e/local/data/nothing`);
  await expect(page.getByRole("heading", { name: "There is no dataset “nothing” in this environment" })).toBeVisible();
});
