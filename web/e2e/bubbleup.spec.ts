import { expect, expectAccessible, server, test } from "./page";

test("a box from the keyboard opens the comparison", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await heatmap.focus();
  for (const key of ["Enter", "Shift+ArrowLeft", "Shift+ArrowUp", "Enter"]) await page.keyboard.press(key);
  await expect(page).toHaveURL(/box=0:.*tab=bubbleup|tab=bubbleup.*box=0:/);
  await expect(page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first()).toBeVisible();
  await expectAccessible(page);
});

test("a group of the table against the rest", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+service.name`);
  await page.getByRole("button", { name: /Actions for cart/ }).click();
  await page.getByRole("menuitem", { name: "Compare to rest" }).click();
  await expect(page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first()).toBeVisible();
});
