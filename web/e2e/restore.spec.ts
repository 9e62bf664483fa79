import type { Browser, Page } from "@playwright/test";
import { drag, iso } from "./hand";
import { expect, server, test, withPages } from "./page";
import { plantFolding } from "./plant";

/** What stands on a page stands there after a reload, and where only the address is known. */
async function expectKept(page: Page, browser: Browser, look: (on: Page) => Promise<void>): Promise<void> {
  await look(page);
  await page.reload();
  await look(page);
  const context = await browser.newContext({ timezoneId: "Europe/Berlin", locale: "en-GB", viewport: { width: 1440, height: 900 } });
  const other = await withPages(await context.newPage());
  await other.goto(page.url());
  await look(other);
  await context.close();
}

const now = Date.now();
const range = `from=${encodeURIComponent(iso(now - 8 * 60_000))}&to=${encodeURIComponent(iso(now - 60_000))}`;
const groups = (on: Page) => on.getByRole("region", { name: "Groups" });

test("a query: how its graphs are drawn, its table sorted, its text, the list beside it", async ({ page, browser }) => {
  await page.goto(`${server()}/e/local/query?q=${encodeURIComponent("COUNT, P95(duration_ms) GROUP BY name")}&${range}`);
  await expect(groups(page).getByRole("row").nth(1)).toBeVisible();
  await groups(page).getByRole("columnheader", { name: "name" }).getByRole("button").click();
  const menu = async (graph: string, item: string) => {
    await page.getByRole("region", { name: graph, exact: true }).getByRole("button", { name: "Graph" }).click();
    await page.getByRole("menu").getByText(item, { exact: true }).click();
  };
  await menu("COUNT", "Show as table");
  await menu("P95(duration_ms)", "Logarithmic");
  await page.getByRole("button", { name: "Text", exact: true }).click();
  await page.getByRole("button", { name: "History", exact: true }).click();
  await page.getByRole("tab", { name: "Saved" }).click();
  await expectKept(page, browser, async (on) => {
    await expect(groups(on).getByRole("columnheader", { name: "name" })).toHaveAttribute("aria-sort", "ascending");
    await expect(on.getByRole("region", { name: "COUNT as a table" })).toBeVisible();
    await expect(on.getByRole("button", { name: "Text", exact: true })).toHaveAttribute("aria-pressed", "true");
    await expect(on.getByRole("tab", { name: "Saved" })).toHaveAttribute("aria-selected", "true");
    // The list stands over the button.
    await on.getByRole("region", { name: "P95(duration_ms)", exact: true }).getByRole("button", { name: "Graph" }).press("Enter");
    await expect(on.getByRole("menuitemradio", { name: "Logarithmic" })).toHaveAttribute("aria-checked", "true");
    await on.keyboard.press("Escape");
  });
});

test("raw data: the event that is open; BubbleUp: the box and the search", async ({ page, browser }) => {
  await page.goto(`${server()}/e/local/query?q=${encodeURIComponent("COUNT WHERE service.name = search AND is_root = true")}&tab=raw&${range}`);
  const grid = page.getByRole("grid", { name: /Events/ });
  await grid.getByRole("row").nth(3).click();
  const details = (on: Page) => on.getByRole("complementary", { name: "Event" });
  await expect(details(page)).toContainText("trace.trace_id");
  const text = await details(page).locator("header strong").innerText();
  await expectKept(page, browser, async (on) => {
    await expect(on.getByRole("grid", { name: /Events/ }).locator("[aria-selected=true]")).toBeVisible();
    await expect(details(on).locator("header strong")).toHaveText(text);
    await expect(details(on)).toContainText("trace.trace_id");
  });
  await page.getByRole("tab", { name: "Results" }).click();
  await drag(page, page.getByRole("application", { name: /^COUNT over time/ }), [0.4, 0.1], [0.6, 0.9]);
  await page.getByRole("searchbox", { name: "Search columns" }).fill("http");
  await expectKept(page, browser, async (on) => {
    await expect(on.getByRole("searchbox", { name: "Search columns" })).toHaveValue("http");
    await expect(on.getByText(/selected \(/)).toBeVisible();
  });
});

test("traces: how they are sorted, which are ticked, the part of the plot; what differs of two", async ({ page, browser }) => {
  await page.goto(`${server()}/e/local/traces?${range}`);
  await page.getByRole("button", { name: "Most errors" }).click();
  await expect(page).toHaveURL(/sort=errors/);
  await expect(page.locator(".stale")).toHaveCount(0);
  const ticks = (on: Page) => on.getByRole("checkbox");
  await ticks(page).nth(1).check();
  await ticks(page).nth(4).check();
  await page.getByRole("button", { name: /^List all/ }).click();
  const most = await ticks(page).count();
  // Traces with as many errors may stand in another order when they are asked for again.
  const ticked = (on: Page) => on.locator(".mini-row").filter({ has: on.getByRole("checkbox", { checked: true }) }).getByRole("link").evaluateAll((links) => links.map((link) => new URL((link as HTMLAnchorElement).href).pathname).sort());
  const two = await ticked(page);
  expect(two).toHaveLength(2);
  await expectKept(page, browser, async (on) => {
    await expect(on.getByRole("button", { name: "Most errors" })).toHaveAttribute("aria-pressed", "true");
    await expect(ticks(on)).toHaveCount(most);
    await expect.poll(() => ticked(on)).toEqual(two);
  });
  await page.getByRole("link", { name: "Compare the two" }).click();
  const differs = (on: Page) => on.getByRole("button", { name: "Only what differs" });
  await differs(page).click();
  await expectKept(page, browser, async (on) => expect(differs(on)).toHaveAttribute("aria-pressed", "false"));
  await page.goBack();
  await expect.poll(() => ticked(page)).toEqual(two);
});

test("a trace: by what its statistics are, where the flame graph is zoomed to", async ({ page, browser }) => {
  const trace = "f01e".padEnd(32, "0");
  await plantFolding(server(), trace, now - 60_000);
  await page.goto(`${server()}/e/local/trace/${trace}?view=stats`);
  await page.getByRole("button", { name: "By service" }).click();
  await expectKept(page, browser, async (on) => expect(on.getByRole("region", { name: "Statistics" }).getByRole("row")).toHaveCount(3));
  await page.getByRole("tab", { name: "Flame graph" }).click();
  const flame = (on: Page) => on.getByRole("application", { name: /^Flame graph/ });
  await flame(page).focus();
  for (const key of ["ArrowDown", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await expectKept(page, browser, async (on) => {
    await expect(flame(on).getByRole("button", { name: /^Show all/ })).toBeVisible();
    await expect(on.getByRole("complementary", { name: "Span second" })).toBeVisible();
  });
});

test("logs: lines that are held stand there again after a look at a trace", async ({ page }) => {
  await page.goto(`${server()}/e/local/logs?tail=1`);
  const log = page.getByRole("grid", { name: "Lines as they arrive" });
  await expect(log.locator(".logline").nth(3)).toBeVisible();
  await page.getByRole("button", { name: /^Pause/ }).click();
  await expect(page).toHaveURL(/tail=held/);
  // Only those in sight are there; where that is depends on how many had come.
  const firstLines = async () => {
    await log.evaluate((list) => list.scrollTo(0, 0));
    await expect(log.getByRole("row").first()).toHaveAttribute("aria-rowindex", "1");
    return [await log.getAttribute("aria-rowcount"), ...(await log.locator(".logline").allInnerTexts()).slice(0, 3)];
  };
  const lines = await firstLines();
  const opened = log.locator(".logline").filter({ has: page.getByRole("link") }).first();
  const openedText = await opened.innerText();
  await opened.getByRole("link").click();
  await expect(page.getByRole("treegrid", { name: "Spans" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("button", { name: /^Resume/ })).toBeVisible();
  const chosen = log.getByRole("row", { selected: true });
  await expect(chosen).toBeInViewport();
  expect(await chosen.innerText()).toBe(openedText);
  expect(await firstLines()).toEqual(lines);
  await expect(page.getByText("Lines that came while another page was open")).toBeVisible();
  // Elsewhere, or after a reload, it is paused as well, and says what that means.
  await page.reload();
  await expect(page.getByText("Paused: what comes now waits")).toBeVisible();
  await page.getByRole("button", { name: /^Resume/ }).click();
  await expect(log.locator(".logline").first()).toBeVisible();
});

test("data: the columns that are searched for, and the one whose values are shown", async ({ page, browser }) => {
  await page.goto(`${server()}/e/local/data`);
  await page.getByRole("searchbox", { name: "Search columns" }).fill("http.ro");
  await page.getByRole("button", { name: "http.route", exact: true }).click();
  await expectKept(page, browser, async (on) => {
    await expect(on.getByRole("searchbox", { name: "Search columns" })).toHaveValue("http.ro");
    await expect(on.getByRole("button", { name: "http.route", exact: true })).toHaveAttribute("aria-expanded", "true");
  });
});

test("Back and reload lead to the place on the page that was left, another page begins at its top", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?q=${encodeURIComponent("HEATMAP(duration_ms), COUNT, P95(duration_ms), MAX(duration_ms) GROUP BY name")}&${range}`);
  const main = page.locator("#main");
  const place = () => main.evaluate((element) => Math.round(element.scrollTop));
  await expect(groups(page)).toBeVisible();
  await main.evaluate((element) => element.scrollTo(0, 500));
  await expect.poll(() => page.evaluate(() => (window.history.state as { scroll?: number } | null)?.scroll)).toBe(500);
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Data" }).click();
  await expect(page.getByRole("heading", { name: "Datasets" })).toBeVisible();
  expect(await place()).toBe(0);
  await page.goBack();
  await expect.poll(place).toBe(500);
  await page.reload();
  await expect.poll(place).toBe(500);
});
