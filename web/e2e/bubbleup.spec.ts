import { Hand } from "./hand";
import { expect, expectAccessible, server, test } from "./page";
import { SLOW, plant } from "./plant";
import { start } from "./server";

test("scenarios 1 and 2: which user is slow, and only that user", async ({ page }) => {
  const own = await start("serve");
  try {
    const { start: from, end } = await plant(own.url);
    await page.goto(`${own.url}/e/local/query?q=HEATMAP(duration_ms)&from=${new Date(from).toISOString()}&to=${new Date(end).toISOString()}`);
    const heatmap = page.getByRole("application", { name: /HEATMAP/ });
    await expect(heatmap).toBeVisible();
    await new Hand().drag(page, heatmap, [SLOW.from - 0.03, 0.01], [SLOW.to + 0.03, 0.3]);
    const panels = page.getByRole("region", { name: "BubbleUp" }).getByRole("figure");
    await expect(panels.first()).toBeVisible();
    await expect(panels.first()).toHaveAccessibleName(/^user\.id: 7 is .* of the selection/);
    await expectAccessible(page);
    await page.screenshot({ path: "e2e/.out/bubbleup.png" });
    await panels.first().getByRole("button", { name: /^7: / }).dblclick();
    await expect(page).toHaveURL(/WHERE\+user\.id\+=\+%227%22/);
    await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
  } finally {
    await own.remove();
  }
});

test("a box from the keyboard opens the comparison", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await heatmap.focus();
  for (const key of ["Enter", "Shift+ArrowLeft", "Shift+ArrowUp", "Enter"]) await page.keyboard.press(key);
  await expect(page).toHaveURL(/box=0:.*tab=bubbleup|tab=bubbleup.*box=0:/);
  await expect(page.getByRole("region", { name: "BubbleUp" })).toBeVisible();
});

test("a group of the table against the rest", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+service.name`);
  await page.getByRole("button", { name: /Actions for cart/ }).click();
  await page.getByRole("menuitem", { name: "Compare to rest" }).click();
  await expect(page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first()).toBeVisible();
});
