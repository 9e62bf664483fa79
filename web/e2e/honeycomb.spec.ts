import { expect, server, test } from "./page";

test("an address of Honeycomb's builder opens its query here, with its time", async ({ page }) => {
  const query = { calculations: [{ op: "COUNT" }, { op: "P95", column: "duration_ms" }], breakdowns: ["name"], filters: [{ column: "duration_ms", op: ">", value: 1 }], time_range: 900 };
  await page.goto(`${server()}/hive/environments/production/datasets/cart?query=${encodeURIComponent(JSON.stringify(query))}`);
  await expect(page).toHaveURL(/\/e\/local\/query\?/);
  await expect(page.getByRole("list", { name: "VISUALIZE" }).getByRole("listitem")).toHaveText([/^COUNT/, /^P95\(duration_ms\)/]);
  await expect(page.getByRole("list", { name: "GROUP BY" }).getByRole("listitem")).toHaveText([/^name/]);
  await expect(page.getByRole("button", { name: "Datasets: cart" })).toBeVisible();
  await expect(page).toHaveURL(/from=/);
  await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
});

test("a trace's address as SDKs print it, and one that names nothing here", async ({ page }) => {
  await page.goto(`${server()}/hive/environments/production/trace?trace_id=0af7651916cd43dd8448eb211c80319c&trace_start_ts=1735743845&span=b7ad6b7169203331`);
  await expect(page).toHaveURL(/\/e\/local\/trace\/0af7651916cd43dd8448eb211c80319c\?at=1735743845000&span=b7ad6b7169203331$/);
  await page.goto(`${server()}/hive/environments/production/slo/abc`);
  await expect(page.getByRole("heading", { name: "Nothing is at this address" })).toBeVisible();
});

test("pasted into the search, it opens here", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?q=COUNT`);
  await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
  await page.keyboard.press("/");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.insertText(`https://ui.honeycomb.io/team/environments/production?query=${encodeURIComponent('{"calculations":[{"op":"MAX","column":"duration_ms"}],"time_range":600}')}`);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/e\/local\/query\?q=MAX\(duration_ms\)/);
});
