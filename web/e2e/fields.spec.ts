import { expect, expectAccessible, server, test } from "./page";
import { start } from "./server";

const editor = (name: RegExp) => ({ name });

test("a field of this query: written with proposals, read as it is typed, computed of five events, and used", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT`);
  await page.getByRole("button", { name: "Calculated fields" }).click();
  await page.getByRole("menuitem", { name: "New calculated field" }).click();
  const dialog = page.getByRole("dialog", editor(/New calculated field/));
  await dialog.getByRole("textbox", { name: "Name" }).fill("is_slow");
  const expression = dialog.getByRole("combobox", { name: "Expression" });
  await expression.focus();
  await page.keyboard.type("$duration_m");
  await expect(dialog.getByRole("option").first()).toContainText("duration_ms");
  await page.keyboard.press("Tab");
  await expect(expression).toHaveValue("$duration_ms");
  // What is wrong is said with its place, while it is written.
  await page.keyboard.type(" > > 20");
  await expect(dialog.getByRole("status").filter({ hasText: /^Character 16: / })).toBeVisible();
  await expect(dialog.locator(".fault u")).toHaveText("> 20");
  await expression.fill("$duration_ms > 20");
  const preview = dialog.getByRole("region", { name: "Newest events with their values" });
  await expect(preview.locator("tbody tr")).toHaveCount(5);
  await expect(preview.locator("th")).toHaveText(["time", "duration_ms", "is_slow"]);
  for (const row of await preview.locator("tbody tr").all()) {
    const [duration, value] = await Promise.all([row.locator("td").nth(1).innerText(), row.locator("td").nth(2).innerText()]);
    expect(duration).toMatch(/^\d/);
    expect(value, duration).toBe(String(Number.parseFloat(duration.replace(/[\s\u202f]/g, "")) > 20));
  }
  await page.screenshot({ path: "e2e/.out/field-light.png" });
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/field-dark.png" });
  await dialog.getByRole("button", { name: "Add to the query" }).click();
  await expect(page.getByRole("list", { name: "WITH" }).getByRole("listitem")).toHaveText(/^is_slow = \$duration_ms > 20/);
  await page.getByRole("combobox", { name: "Add to GROUP BY" }).fill("is_slow");
  await page.keyboard.press("Shift+Enter");
  await expect(page.getByRole("region", { name: "Groups" }).locator("tbody tr[data-row]").filter({ hasText: /^\W*true/ })).toHaveCount(1);
  // Its chip opens the editor; another name is one in every clause.
  await page.getByRole("button", { name: /^WITH 1 of 1/ }).click();
  const again = page.getByRole("dialog", editor(/of this query/));
  await again.getByRole("textbox", { name: "Name" }).fill("late");
  await again.getByRole("button", { name: "Change" }).click();
  await expect(page.getByRole("list", { name: "GROUP BY" }).getByRole("listitem")).toHaveText(/^late/);
});

test("a mistyped column of an expression, and a name that events have", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT`);
  await page.getByRole("button", { name: "Calculated fields" }).click();
  await page.getByRole("menuitem", { name: "New calculated field" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("duration_ms");
  await expect(dialog.getByText("a calculated field shadows none")).toBeVisible();
  await dialog.getByRole("textbox", { name: "Name" }).fill("double");
  await dialog.getByRole("combobox", { name: "Expression" }).fill("$duratin_ms * 2");
  await dialog.getByRole("button", { name: "Use duration_ms" }).click();
  await expect(dialog.getByRole("combobox", { name: "Expression" })).toHaveValue("$duration_ms * 2");
  await expect(dialog.getByRole("region", { name: "Newest events with their values" }).locator("tbody tr")).toHaveCount(5);
});

test("a field of the environment: kept, used in another query, renamed, deleted", async ({ page }) => {
  const own = await start("demo");
  try {
    await page.goto(`${own.url}/e/local/query?from=-15m&q=COUNT`);
    await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
    const open = async (name: RegExp | string) => {
      await page.getByRole("button", { name: "Calculated fields" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    await open("New calculated field");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("seconds");
    await dialog.getByRole("combobox", { name: "Expression" }).fill("$duration_ms / 1000");
    await dialog.getByRole("radio", { name: "every query of local" }).check();
    await dialog.getByRole("textbox", { name: /What it is for/ }).fill("in the unit of the contract");
    await dialog.getByRole("button", { name: "Keep" }).click();
    await expect(dialog).toHaveCount(0);
    await page.getByRole("combobox", { name: "Add to VISUALIZE" }).fill("MAX(seconds)");
    await page.keyboard.press("Shift+Enter");
    await expect(page.getByRole("region", { name: "MAX(seconds)", exact: true })).toBeVisible();
    await open(/^seconds/);
    await dialog.getByRole("textbox", { name: "Name" }).fill("secs");
    await expect(dialog.getByText("do not find it any more")).toBeVisible();
    await dialog.getByRole("button", { name: "Keep" }).click();
    await expect(dialog).toHaveCount(0);
    const kept = async () => ((await (await fetch(`${own.url}/hive/v1/e/local/fields`)).json()) as { fields: { name: string; description: string }[] }).fields.map(({ name, description }) => [name, description]);
    expect(await kept()).toEqual([["secs", "in the unit of the contract"]]);
    await open(/^secs/);
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect(dialog).toHaveCount(0);
    expect(await kept()).toEqual([]);
  } finally {
    await own.remove();
  }
});
