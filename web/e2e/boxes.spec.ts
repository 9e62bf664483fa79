import type { Page } from "@playwright/test";
import { drag, iso } from "./hand";
import { expect, expectAccessible, server, test } from "./page";
import { plant } from "./plant";
import { type Running, start } from "./server";

const heatmapOf = (page: Page) => page.getByRole("application", { name: /HEATMAP/ });
const boxesOf = (page: Page) => new URL(page.url()).searchParams.getAll("box");

test.describe("several boxes", () => {
  let own: Running;
  let range = "";
  test.beforeAll(async () => {
    own = await start("serve");
    const end = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
    await plant(own.url, end);
    range = `from=${iso(end - 1_500_000)}&to=${iso(end)}`;
  });
  test.afterAll(() => own.remove());
  test.beforeEach(async ({ page }) => {
    await page.goto(`${own.url}/e/local/query?${range}`);
    await expect(heatmapOf(page)).toBeVisible();
  });

  test("are drawn with Shift, kept in the address, and compared as one; or the last with the others", async ({ page }) => {
    const heatmap = heatmapOf(page);
    await drag(page, heatmap, [0.2, 0.02], [0.3, 0.98]);
    await expect(page).toHaveURL(/box=0:.*tab=bubbleup|tab=bubbleup.*box=0:/);
    const comparison = page.getByRole("region", { name: "BubbleUp" });
    const selected = comparison.locator(".key.s strong");
    const number = async () => Number((await selected.innerText()).replace(/[~\s\u202f]/g, ""));
    await expect(selected).toBeVisible();
    const first = await number();
    await page.keyboard.down("Shift");
    await drag(page, heatmap, [0.6, 0.02], [0.7, 0.98]);
    await page.keyboard.up("Shift");
    await expect.poll(() => boxesOf(page).length).toBe(2);
    await expect.poll(number).toBeGreaterThan(first);
    const both = await number();
    const boxes = boxesOf(page);
    await page.reload();
    await expect.poll(number).toBe(both);
    expect(boxesOf(page)).toEqual(boxes);
    await page.screenshot({ path: "e2e/.out/boxes.png" });
    await expectAccessible(page);
    // The last against the other: what lies in none is on no side.
    await page.getByRole("button", { name: "Base: the rest" }).click();
    await page.getByRole("menuitemradio", { name: /^The other boxes/ }).click();
    await expect(page).toHaveURL(/base=box/);
    await expect.poll(number).toBe(both - first);
    await expect.poll(async () => Number((await comparison.locator(".key.b strong").innerText()).replace(/[~\s\u202f]/g, ""))).toBe(first);
    await page.getByRole("button", { name: "Base: the other boxes" }).click();
    await page.getByRole("menuitemradio", { name: /^The period before/ }).click();
    await expect(page).toHaveURL(/base=previous/);
    await expect(comparison.getByText("in the period before")).toBeVisible();
  });

  test("are a condition, and lead to their events", async ({ page }) => {
    const heatmap = heatmapOf(page);
    await page.getByRole("button", { name: "Options" }).click();
    await page.getByRole("menuitemcheckbox", { name: "BubbleUp when a box is drawn" }).click();
    await drag(page, heatmap, [0.2, 0.02], [0.3, 0.98]);
    await page.keyboard.down("Shift");
    // Beside the menu of the first.
    await drag(page, heatmap, [0.6, 0.5], [0.7, 0.98]);
    await page.keyboard.up("Shift");
    await expect.poll(() => boxesOf(page).length).toBe(2);
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(page.getByRole("list", { name: "WHERE" }).getByRole("listitem")).toHaveText(/^in_boxes = true/);
    await expect(page).not.toHaveURL(/box=/);
    await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
    await page.goBack();
    await page.getByRole("button", { name: "Show events", exact: true }).click();
    await expect(page.getByRole("grid", { name: /Events/ }).getByRole("row").nth(1)).toBeVisible();
  });

  test("from the keyboard: Shift-Enter begins another, B goes to the next, Escape lets one go", async ({ page }) => {
    await page.getByRole("button", { name: "Options" }).click();
    await page.getByRole("menuitemcheckbox", { name: "BubbleUp when a box is drawn" }).click();
    await heatmapOf(page).focus();
    for (const key of ["Enter", "Shift+ArrowLeft", "ArrowUp", "Enter"]) await page.keyboard.press(key);
    await expect.poll(() => boxesOf(page).length).toBe(1);
    const [first] = boxesOf(page);
    for (const key of ["Shift+Enter", "ArrowDown", "ArrowDown", "ArrowLeft", "Enter"]) await page.keyboard.press(key);
    await expect.poll(() => boxesOf(page).length).toBe(2);
    expect(boxesOf(page)[0]).toBe(first);
    await page.keyboard.press("b");
    await expect.poll(() => boxesOf(page)[1]).toBe(first);
    await page.keyboard.press("Escape");
    await expect.poll(() => boxesOf(page).length).toBe(1);
    expect(boxesOf(page)).not.toContain(first);
  });
});

const timesOf = (page: Page) => ["from", "to"].map((name) => Date.parse(new URL(page.url()).searchParams.get(name) ?? ""));
const LINES = "q=COUNT,+P95(duration_ms)+GROUP+BY+service.name";

test("a band pressed twice is zoomed to; Shift draws the graph along; Ctrl and the wheel zoom; so do plus and minus", async ({ page }) => {
  const end = Date.now() - 60_000;
  await page.goto(`${server()}/e/local/query?from=${iso(end - 480_000)}&to=${iso(end)}&${LINES}`);
  await page.getByRole("button", { name: "Options" }).click();
  await page.getByRole("menuitemcheckbox", { name: "BubbleUp when a box is drawn" }).click();
  const graph = page.getByRole("application", { name: /^COUNT over time/ });
  await drag(page, graph, [0.25, 0.2], [0.75, 0.8]);
  await expect(page).toHaveURL(/box=0:/);
  const [, first = 0, last = 0] = /box=0:(\d+),(\d+)/.exec(decodeURIComponent(page.url())) ?? [].map(Number);
  const bounds = await graph.boundingBox();
  if (!bounds) throw new Error("the graph has no place");
  await page.mouse.dblclick(bounds.x + bounds.width * 0.4, bounds.y + bounds.height * 0.6);
  await expect(page).not.toHaveURL(/box=/);
  expect(timesOf(page)).toEqual([Number(first), Number(last)]);
  await page.goBack();
  await page.keyboard.press("Escape");
  await page.goto(`${server()}/e/local/query?from=${iso(end - 480_000)}&to=${iso(end)}&${LINES}`);
  await expect(graph).toBeVisible();
  // To the right: earlier times come in from the left.
  await page.keyboard.down("Shift");
  await drag(page, graph, [0.2, 0.5], [0.7, 0.5]);
  await page.keyboard.up("Shift");
  await expect.poll(() => timesOf(page)[0] ?? 0).toBeLessThan(end - 600_000);
  const [from = 0, to = 0] = timesOf(page);
  expect(Math.abs(to - from - 480_000)).toBeLessThan(2);
  expect(boxlessAddress(page)).toBe(true);
  await expect(graph).toBeVisible();
  await graph.hover({ position: { x: 400, y: 60 } });
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await expect.poll(() => (timesOf(page)[1] ?? 0) - (timesOf(page)[0] ?? 0)).toBeLessThan(400_000);
  await expect(page.locator(".results[aria-busy=false]")).toBeVisible();
  await graph.focus();
  const length = (timesOf(page)[1] ?? 0) - (timesOf(page)[0] ?? 0);
  await page.keyboard.press("+");
  await expect.poll(() => Math.round((((timesOf(page)[1] ?? 0) - (timesOf(page)[0] ?? 0)) / length) * 100)).toBe(50);
});

const boxlessAddress = (page: Page) => !new URL(page.url()).searchParams.has("box");

test("values are cut off along the axis, by the menu and by C; what is cut is said, and taken back", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=P95(duration_ms)`);
  const section = page.getByRole("region", { name: "P95(duration_ms)", exact: true });
  const graph = section.getByRole("application");
  const bounds = await graph.boundingBox();
  if (!bounds) throw new Error("the graph has no place");
  await page.mouse.move(bounds.x + 30, bounds.y + 10);
  await page.mouse.down();
  await page.mouse.move(bounds.x + 30, bounds.y + 70, { steps: 5 });
  await page.mouse.up();
  await expect(section.getByText(/^y clipped at [\d.]+\s(ms|s) /)).toBeVisible();
  await expect(page).toHaveURL(/g=P95\(duration_ms\):clip%3D|g=P95\(duration_ms\):clip=/);
  await expectAccessible(page);
  await section.getByRole("button", { name: "reset" }).click();
  await expect(section.getByText(/^y clipped/)).toHaveCount(0);
  await graph.focus();
  await page.keyboard.press("Home");
  for (let n = 0; n < 12; n++) await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("c");
  await expect(section.getByText(/^y clipped at/)).toBeVisible();
  await page.keyboard.press("c");
  await expect(section.getByText(/^y clipped at/)).toHaveCount(0);
  await section.getByRole("button", { name: "Graph" }).click();
  await page.getByRole("menuitem", { name: "Clip y at half its height" }).click();
  await expect(section.getByText(/^y clipped at/)).toBeVisible();
});

test("a bar of BubbleUp: its groups in the table, and the same box within its events; arrows lead along the bars", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=HEATMAP(duration_ms)+WHERE+trace.trace_id+exists`);
  await drag(page, heatmapOf(page), [0.4, 0.02], [0.9, 0.5]);
  const comparison = page.getByRole("region", { name: "BubbleUp" });
  const bar = comparison.getByRole("figure").first().locator("button.bar-row").first();
  await expect(comparison.getByText(/, every event counted$/)).toBeVisible();
  await bar.focus();
  await page.keyboard.press("ArrowDown");
  await expect(comparison.getByRole("figure").first().locator("button.bar-row").nth(1)).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(bar).toBeFocused();
  const boxes = boxesOf(page);
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Compare within these" }).click();
  await expect(page.getByRole("list", { name: "WHERE" }).getByRole("listitem")).toHaveCount(2);
  expect(boxesOf(page)).toEqual(boxes);
  await expect(page).toHaveURL(/tab=bubbleup/);
  await page.goBack();
  await expect(bar).toBeVisible();
  await bar.click();
  await page.getByRole("menuitem", { name: "Only these in table" }).click();
  await expect(page.getByRole("tab", { name: "Results" })).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("region", { name: "Groups" }).locator("tbody tr[data-row]").first()).toBeVisible();
});
