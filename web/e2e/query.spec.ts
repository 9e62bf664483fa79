import { Hand } from "./hand";
import { expect, expectAccessible, server, test } from "./page";

test.beforeEach(async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m`);
  await expect(page.getByRole("application", { name: /HEATMAP\(duration_ms\)/ })).toBeVisible();
});

test("opens on a heatmap that was already asked", async ({ page }) => {
  await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
  await expect(page.getByRole("region", { name: "COUNT", exact: true })).toBeVisible();
  await expectAccessible(page);
});

test("P95 by route, by completion, from the keyboard alone", async ({ page }) => {
  await page.keyboard.press("v");
  await page.keyboard.type("p95(dur");
  await page.keyboard.press("Tab");
  for (const key of ["Escape", "Escape", "b"]) await page.keyboard.press(key);
  await expect(page.getByRole("combobox", { name: "Add to GROUP BY" })).toBeFocused();
  await page.keyboard.type("http.rou");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/P95\(duration_ms\)/);
  await expect(page.getByRole("region", { name: "P95(duration_ms)" })).toBeVisible();
  await expect(page.getByRole("button", { name: "http.route", exact: true })).toBeVisible();
});

test("scenario 6: a mistyped column is mended by one press", async ({ page }) => {
  await page.getByRole("combobox", { name: "Add to WHERE" }).fill("servce.name = cart");
  await page.keyboard.press("Shift+Enter");
  const hand = await Hand.on(page);
  await page.getByRole("button", { name: "Use service.name" }).click();
  await expect(page).toHaveURL(/q=.*WHERE\+service.name\+=\+cart/);
  await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
  await hand.expectWithin("a mistyped column");
});

test("a box on the heatmap is part of the address; Back and reload restore it", async ({ page }) => {
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  const bounds = await heatmap.boundingBox();
  if (!bounds) throw new Error("the heatmap has no place");
  await page.mouse.move(bounds.x + 500, bounds.y + 30);
  await page.mouse.down();
  await page.mouse.move(bounds.x + 700, bounds.y + 90, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/box=0:/);
  const address = page.url();
  await expect(page.getByRole("button", { name: "Zoom", exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Zoom", exact: true })).toBeVisible();
  expect(page.url()).toBe(address);
  await page.getByRole("button", { name: "Zoom", exact: true }).click();
  await expect(page).toHaveURL(/from=20/);
  await page.goBack();
  await expect(page).toHaveURL(address);
});

test("a box from the keyboard", async ({ page }) => {
  await page.getByRole("application", { name: /HEATMAP/ }).focus();
  for (const key of ["ArrowUp", "Enter", "Shift+ArrowLeft", "ArrowUp", "ArrowUp", "Enter"]) await page.keyboard.press(key);
  await expect(page).toHaveURL(/box=0:/);
});

test("the numbers on screen are the API's", async ({ page }) => {
  // A range that is over: nothing is added to it between the two questions.
  const end = Date.now() - 60_000;
  const range = { from: new Date(end - 300_000).toISOString(), to: new Date(end).toISOString() };
  await page.goto(`${server()}/e/local/query?from=${range.from}&to=${range.to}&q=HEATMAP(duration_ms),+COUNT,+P95(duration_ms)+GROUP+BY+service.name+ORDER+BY+COUNT+desc+LIMIT+5`);
  const rows = page.getByRole("region", { name: "Groups" }).locator("tbody tr");
  await expect(rows).toHaveCount(5);
  const ask = async (text: string, want: string[]) => {
    const response = await fetch(`${server()}/hive/v1/e/local/query`, { method: "POST", body: JSON.stringify({ text: `${text} FROM ${range.from} TO ${range.to}`, want }) });
    return (await response.json()) as { results: { group: string[]; values: number[] }[]; series: { step: number; values: { counts: number[] }[] }[] };
  };
  const { results } = await ask("COUNT, P95(duration_ms) GROUP BY service.name ORDER BY COUNT desc LIMIT 5", []);
  for (const [n, { group, values }] of results.entries()) {
    await expect(rows.nth(n).locator("td").nth(1)).toHaveText(group[0] ?? "");
    // Every digit is told where it is pointed at.
    const cells = rows.nth(n).locator("td.filled");
    for (const [at, value] of values.entries()) {
      await cells.nth(at).hover();
      await expect(cells.nth(at)).toHaveAttribute("title", String(value));
    }
  }
  // Cell by cell, a heatmap's table has what the API counted.
  const { series } = await ask("HEATMAP(duration_ms)", ["series"]);
  const heatmap = page.getByRole("region", { name: "HEATMAP(duration_ms)", exact: true });
  await heatmap.getByRole("button", { name: "Graph" }).click();
  await page.getByRole("menuitem", { name: "Show as table" }).click();
  const figures = heatmap.getByRole("region", { name: "HEATMAP(duration_ms) as a table" }).locator("tbody tr");
  await expect(figures.first()).toBeVisible();
  const sums = await figures.evaluateAll((lines) => lines.map((line) => line.querySelector("td[title]")?.getAttribute("title")));
  const counted = new Map(series.map(({ step, values }) => [step, values[0]?.counts.reduce((sum, one) => sum + one, 0)]));
  expect(sums.map(Number)).toEqual(sums.map((_, step) => counted.get(step) ?? 0));
});

test("raw data by keyboard, and on to a condition", async ({ page }) => {
  await page.getByRole("tab", { name: "Raw data" }).click();
  const grid = page.getByRole("grid", { name: /Events/ });
  await expect(grid).toBeVisible();
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  const details = page.getByRole("complementary", { name: "Event" });
  await expect(details).toBeVisible();
  await details.getByRole("textbox", { name: "Search fields" }).fill("service.name");
  await details.getByRole("button", { name: "Only service.name = this" }).click();
  await expect(page).toHaveURL(/WHERE\+service\.name\+=/);
  await expectAccessible(page);
});

test("a question that cannot be read says where", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+WHERE+a+>=`);
  await expect(page.getByRole("alert")).toContainText("expected a value after");
  await expectAccessible(page);
});

test("nothing matches: which condition excludes most, and its removal", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+WHERE+service.name+=+cart+AND+name+=+nothing-is-called-so`);
  await expect(page.getByRole("heading", { name: "No events match" })).toBeVisible();
  await page.getByRole("listitem").filter({ hasText: "nothing-is-called-so" }).getByRole("button", { name: "Remove it" }).click();
  await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
});
