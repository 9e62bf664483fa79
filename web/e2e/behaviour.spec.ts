import type { Page } from "@playwright/test";
import { drag, said } from "./hand";
import { expect, expectAccessible, server, test } from "./page";
import { sendSpans } from "./plant";
import { start } from "./server";

const QUERY = /\/hive\/v1\/e\/local\/query$/;

/** Holds back questions, those that `which` names, until they are let go; tells how many came. */
async function hold(page: Page, which: (text: string) => boolean = () => true): Promise<{ asked: string[]; letGo: () => void }> {
  let letGo = () => undefined as unknown;
  const open = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const asked: string[] = [];
  await page.route(QUERY, async (route) => {
    const text = route.request().postData() ?? "";
    if (!which(text)) return route.fallback();
    asked.push(text);
    await open;
    await route.continue().catch(() => undefined);
  });
  return { asked, letGo };
}

test("Live waits for an answer that takes longer than its tick", async ({ page }) => {
  await page.clock.install();
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT`);
  await expect(page.getByRole("application", { name: /^COUNT/ })).toBeVisible();
  const { asked, letGo } = await hold(page);
  await page.keyboard.press("l");
  await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");
  await page.clock.runFor(5_100);
  await expect.poll(() => asked.length).toBe(1);
  // Four ticks go by: nothing is asked beside it, and it is not called off.
  await page.clock.runFor(20_000);
  await expect(page.getByText(/Waiting for the answer, [2-9]\d s so far/)).toBeVisible();
  expect(asked.length).toBe(1);
  letGo();
  await expect(page.locator(".stale")).toHaveCount(0);
  await page.clock.runFor(5_100);
  await expect.poll(() => asked.length).toBeGreaterThanOrEqual(2);
});

test("Live pauses while a menu is open, and says so", async ({ page }) => {
  await page.clock.install();
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT&live=1`);
  await expect(page.getByRole("application", { name: /^COUNT/ })).toBeVisible();
  await page.getByRole("button", { name: "Share" }).click();
  const { asked, letGo } = await hold(page);
  letGo();
  await page.clock.runFor(10_100);
  await expect(page.getByRole("button", { name: "Live, paused" })).toBeVisible();
  expect(asked).toEqual([]);
  await page.keyboard.press("Escape");
  await page.clock.runFor(5_100);
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  await expect(page.getByRole("button", { name: "Live", exact: true })).toBeVisible();
});

test("a heatmap of all events waits for all events: a group is never shown as all", async ({ page }) => {
  const { asked, letGo } = await hold(page, (text) => text.includes("HEATMAP") && !text.includes("GROUP BY"));
  await page.goto(`${server()}/e/local/query?from=-15m&q=HEATMAP(duration_ms),+COUNT+GROUP+BY+service.name`);
  await expect(page.getByRole("region", { name: "Groups" }).locator("tbody tr").nth(2)).toBeVisible();
  await expect(page.getByRole("application", { name: /^COUNT/ })).toBeVisible();
  await expect(page.getByRole("status", { name: "Asking for HEATMAP(duration_ms) of all events" })).toBeVisible();
  await expect(page.getByRole("application", { name: /HEATMAP/ })).toHaveCount(0);
  expect(asked.length).toBe(1);
  letGo();
  await expect(page.getByRole("application", { name: /HEATMAP/ })).toBeVisible();
  await expect(page.getByRole("status", { name: /^Asking/ })).toHaveCount(0);
});

test("under Live, the row that is looked at stays where it is, and newer ones offer themselves", async ({ page }) => {
  const own = await start("serve");
  try {
    const send = (from: number, to: number) => {
      const at = Date.now() - 1_000;
      return sendSpans(own.url, { web: Array.from({ length: to - from }, (_, n) => ({ traceId: `d${String(from + n).padStart(31, "0")}`, spanId: `e${String(from + n).padStart(15, "0")}`, name: `request ${from + n}`, kind: 2, startTimeUnixNano: `${at + n}000000`, endTimeUnixNano: `${at + n + 5}000000` })) });
    };
    await send(0, 30);
    await page.clock.install();
    await page.goto(`${own.url}/e/local/query?from=-15m&q=COUNT&tab=raw&live=1`);
    const grid = page.getByRole("grid", { name: /Events/ });
    await expect(grid).toHaveAttribute("aria-rowcount", "31");
    const chosen = grid.getByRole("row", { name: /request 26\b/ });
    await chosen.click();
    await expect(page.getByRole("complementary", { name: "Event" })).toContainText("request 26");
    const place = await chosen.boundingBox();
    await send(30, 40);
    for (let n = 0; n < 2; n++) await page.clock.runFor(5_100);
    const newer = page.getByRole("button", { name: "Newer events are there: show them" });
    await expect(newer).toBeVisible();
    await expect(grid).toHaveAttribute("aria-rowcount", "31");
    await expect(chosen).toHaveAttribute("aria-selected", "true");
    expect((await chosen.boundingBox())?.y).toBe(place?.y);
    await expect(page.getByRole("complementary", { name: "Event" })).toContainText("request 26");
    await newer.click();
    await expect(grid).toHaveAttribute("aria-rowcount", "41");
    await expect(grid.getByRole("row", { selected: true })).toHaveCount(0);
  } finally {
    await own.remove();
  }
});

test("typing leaves nothing to go back to; a run, a tab, a zoom and a box leave one step each", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await expect(heatmap).toBeVisible();
  const entries = () => page.evaluate(() => window.history.length);
  const first = await entries();
  const addresses = [page.url()];
  const leaves = async (steps: number, does: () => Promise<void>, shown: RegExp) => {
    await does();
    await expect(page).toHaveURL(shown);
    expect(await entries()).toBe(first + addresses.length - 1 + steps);
    if (steps > 0) addresses.push(page.url());
  };
  await leaves(0, () => page.getByRole("combobox", { name: "Add to WHERE" }).pressSequentially("is_root = true"), /from=-15m$/);
  await leaves(0, () => page.keyboard.press("Enter"), /from=-15m$/);
  await leaves(1, () => page.keyboard.press("Shift+Enter"), /WHERE\+is_root\+=\+true/);
  await leaves(1, () => page.getByRole("tab", { name: "Traces" }).click(), /tab=traces/);
  await leaves(1, () => page.getByRole("tab", { name: "Results" }).click(), /from=-15m$/);
  await leaves(0, () => page.keyboard.press("u"), /tz=utc/);
  await leaves(0, () => page.keyboard.press("u"), /from=-15m$/);
  await leaves(1, () => page.keyboard.press("Shift+Z"), /from=20/);
  await expect(heatmap).toBeVisible();
  await leaves(1, () => drag(page, heatmap, [0.6, 0.05], [0.7, 0.4]), /tab=bubbleup&box=0:/);
  for (const address of addresses.slice(0, -1).reverse()) {
    await page.goBack();
    await expect(page).toHaveURL(address);
  }
  await expect(page.getByRole("button", { name: /^is_root = true/ })).toHaveCount(0);
});

test("Escape closes the innermost, and the focus is where it was", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await expect(heatmap).toBeVisible();
  for (const [opener, opened] of [
    [page.getByRole("button", { name: "Keys" }), page.getByRole("dialog", { name: "Keys" })],
    [page.getByRole("button", { name: /^Search/ }), page.getByRole("dialog", { name: "Search" })],
    [page.getByRole("button", { name: /Last 15/ }), page.getByRole("dialog", { name: "Time range" })],
    [page.getByRole("button", { name: "Share" }), page.getByRole("menu")],
    [page.getByRole("button", { name: "History" }), page.getByRole("complementary", { name: "History" })],
  ] as const) {
    await opener.focus();
    await page.keyboard.press("Enter");
    await expect(opened).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(opened).toHaveCount(0);
    await expect(opener).toBeFocused();
  }
  // The menu of a point gives the graph back, a box that was begun is let go.
  await heatmap.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Space");
  await expect(page.getByRole("menu", { name: "This point" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(heatmap).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(heatmap).toBeFocused();
  expect(page.url()).not.toContain("box=");
  // An event's fields give their list back.
  await page.getByRole("tab", { name: "Raw data" }).click();
  const grid = page.getByRole("grid", { name: /Events/ });
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  const details = page.getByRole("complementary", { name: "Event" });
  await details.getByRole("textbox", { name: "Search fields" }).focus();
  await page.keyboard.press("Escape");
  await expect(details).toHaveCount(0);
  await expect(grid).toBeFocused();
});

test("single keys can be switched off, and on again", async ({ page }) => {
  await page.goto(`${server()}/e/local/connect`);
  await expect(page.getByRole("heading", { level: 1, name: "Connect" })).toBeVisible();
  const isOn = page.getByRole("checkbox", { name: /work as keys/ });
  const set = async (on: boolean) => {
    await page.getByRole("button", { name: "Keys" }).click();
    await isOn.setChecked(on);
    await expectAccessible(page);
    await page.keyboard.press("Escape");
  };
  await set(false);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Connect" })).toBeVisible();
  const address = page.url();
  for (const key of ["g", "q", "?", "/", "u", "l", "y", "["]) await page.keyboard.press(key);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(page.url()).toBe(address);
  // Keys with others work as before.
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: "Search" })).toBeVisible();
  await page.keyboard.press("Escape");
  await set(true);
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await expect(page.getByRole("heading", { level: 1, name: "Query" })).toBeVisible();
});

test("a box is taken by its sides and corners, or by arrows, and can be taken back", async ({ page }) => {
  // Whole minutes, so that the box ends where cells end.
  const end = Math.floor(Date.now() / 60_000 - 1) * 60_000;
  const at = (ms: number) => new Date(ms).toISOString();
  const box = (from: number, to: number, low: number, high: number) => `0:${from},${to},${low},${high}`;
  const start = end - 600_000;
  await page.goto(`${server()}/e/local/query?from=${at(start)}&to=${at(end)}&box=${box(start + 120_000, start + 300_000, 2, 500)}`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await expect(heatmap).toHaveAccessibleName(/Arrows move the box/);
  const shown = () => {
    const [, from, to, low, high] = /^0:(\d+),(\d+),([\d.inf-]+),([\d.inf]+)$/.exec(new URL(page.url()).searchParams.get("box") ?? "") ?? [];
    const value = (text: string | undefined) => Number(text?.replace("inf", "Infinity"));
    return { from: (Number(from) - start) / 1e3, to: (Number(to) - start) / 1e3, low: value(low), high: value(high) };
  };
  const before = shown();
  const bounds = await heatmap.boundingBox();
  if (!bounds) throw new Error("the heatmap has no place");
  const x = (seconds: number) => bounds.x + 64 + (seconds / 600) * (bounds.width - 76);
  await page.mouse.move(x(300), bounds.y + 74);
  await expect(heatmap).toHaveCSS("cursor", "ew-resize");
  await page.mouse.down();
  await page.mouse.move(x(420) - 2, bounds.y + 40, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/tab=bubbleup/);
  const wide = shown();
  expect(wide.to).toBeCloseTo(420, -1);
  // The other sides have kept their cells.
  expect(Math.abs(wide.from - before.from)).toBeLessThanOrEqual(10);
  expect(wide.low).toBeLessThanOrEqual(2);
  expect(wide.high).toBeLessThan(1_000);
  await heatmap.focus();
  const url = page.url();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowUp");
  expect(page.url()).toBe(url);
  await page.keyboard.press("Escape");
  await expect(heatmap).toHaveAccessibleName(/Arrows move the box/);
  expect(page.url()).toBe(url);
  for (const key of ["ArrowRight", "Shift+ArrowUp", "Enter"]) await page.keyboard.press(key);
  await expect(page).not.toHaveURL(url);
  const moved = shown();
  expect(moved.from).toBeGreaterThan(wide.from);
  expect(moved.to - moved.from).toBeCloseTo(wide.to - wide.from, 3);
  expect(moved.low).toBe(wide.low);
  expect(moved.high).toBeGreaterThan(wide.high);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/box=/);
});

test("where it is narrow, what is selected stays in sight while its details open under the list", async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 900 });
  for (const [path, list, details, row] of [
    ["/query?from=-15m&q=COUNT&tab=raw", page.getByRole("grid", { name: /Events/ }), "Event", ".raw-row[aria-selected=true]"],
    ["/logs?from=-15m", page.getByRole("grid", { name: /newest first/ }), "Line", ".logline.selected"],
  ] as const) {
    await page.goto(`${server()}/e/local${path}`);
    await expect(list).toBeVisible();
    const before = await list.boundingBox();
    if (!before) throw new Error("the list has no place");
    // The lowest row that is whole.
    await page.mouse.click(before.x + 40, Math.min(before.y + before.height, 900) - 40);
    await expect(page.getByRole("complementary", { name: details })).toContainText("service.name");
    await expect.poll(async () => (await list.boundingBox())?.height).toBeLessThan(before.height);
    // Rows may be wider than the list.
    await expect(page.locator(row)).toBeInViewport({ ratio: 0.5 });
  }
});

test("log lines by keyboard: each is a row, and is said", async ({ page }) => {
  await page.goto(`${server()}/e/local/logs?from=-15m`);
  const lines = page.getByRole("grid", { name: /newest first/ });
  await lines.focus();
  await page.keyboard.press("j");
  const chosen = lines.getByRole("row", { selected: true });
  await expect(chosen).toHaveAttribute("aria-rowindex", "1");
  const words = async () => (await chosen.getByRole("gridcell").allInnerTexts()).filter((_, n) => n > 0 && n !== 3).map((text) => text.toLowerCase());
  await expect(said(page)).toHaveText(/, 1 of [\d\u202f ,]+$/);
  await page.keyboard.press("j");
  await expect(chosen).toHaveAttribute("aria-rowindex", "2");
  await expect(said(page)).toHaveText(/, 2 of [\d\u202f ,]+$/);
  const told = (await said(page).innerText()).toLowerCase();
  for (const word of await words()) expect(told).toContain(word);
  // What the list says is active is a row of it.
  const active = await lines.getAttribute("aria-activedescendant");
  expect(await chosen.getAttribute("id")).toBe(active);
  await expectAccessible(page);
});
