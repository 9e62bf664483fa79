import type { Locator } from "@playwright/test";
import { inUnit, unitOfColumn } from "../src/lib/format";
import { Hand, drag, iso } from "./hand";
import { expect, expectAccessible, server, test } from "./page";
import { plantCalls, plantServices, sendLines } from "./plant";
import { start } from "./server";

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

test("completion: of columns how many events have them, values of the events that the other conditions leave, of numbers what they lie between", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+WHERE+service.name+=+cart`);
  const where = page.getByRole("combobox", { name: "Add to WHERE" });
  await where.fill("service.name");
  await expect(page.getByRole("option").filter({ hasText: /^service\.name/ }).first()).toContainText(/string · (> )?[\d.]+.% of events/);
  const question = page.waitForRequest(/\/columns\/service\.name\/values\?/);
  await where.fill("service.name != ");
  expect(new URL((await question).url()).searchParams.get("filter")).toBe("service.name = cart");
  // Of the events of one service there is one value.
  await expect(page.getByRole("option")).toHaveText([/^cart/]);
  await where.fill("duration_ms > ");
  await expect(page.getByRole("option").filter({ hasText: "P95" })).toBeVisible();
  const marks = await page.getByRole("option").evaluateAll((options) => options.slice(0, 4).map((option) => option.textContent ?? ""));
  expect(marks.map((text) => /the least|P50|P95|the greatest/.exec(text)?.[0])).toEqual(["the least", "P50", "P95", "the greatest"]);
  const numbers = marks.map((text) => Number.parseFloat(text));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  // In a window that is not wide, all of it is in sight.
  await page.setViewportSize({ width: 900, height: 900 });
  await where.fill("http");
  await expect(page.getByRole("option").filter({ hasText: /^http\.route/ })).toContainText("of events");
  const place = await page.getByRole("listbox").boundingBox();
  expect((place?.x ?? 0) + (place?.width ?? 900)).toBeLessThanOrEqual(900);
  await where.press("Escape");
  // The condition that is changed does not narrow itself.
  await where.fill("");
  const own = page.waitForRequest(/\/columns\/service\.name\/values\?/);
  await page.getByRole("button", { name: /^WHERE 1 of 1/ }).click();
  expect(new URL((await own).url()).searchParams.get("filter")).toBeNull();
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
  await page.goto(`${server()}/e/local/query?from=${range.from}&to=${range.to}&q=HEATMAP(duration_ms),+COUNT,+P95(duration_ms)+GROUP+BY+service.name+ORDER+BY+COUNT+desc+LIMIT+5+STEP+15s`);
  const rows = page.getByRole("region", { name: "Groups" }).locator("tbody tr");
  await expect(rows).toHaveCount(5);
  const ask = async (text: string, want: string[]) => {
    const response = await fetch(`${server()}/hive/v1/e/local/query`, { method: "POST", body: JSON.stringify({ text: `${text} FROM ${range.from} TO ${range.to}`, want }) });
    return (await response.json()) as { results: { group: string[]; values: number[] }[]; series: { step: number; values: object[] }[]; heatmaps: ({ edges: number[] } | null)[]; grid: { steps: number } };
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
  const { series, heatmaps, grid } = await ask("HEATMAP(duration_ms) STEP 15s", ["series"]);
  const heatmap = page.getByRole("region", { name: "HEATMAP(duration_ms)", exact: true });
  await heatmap.getByRole("button", { name: "Graph" }).click();
  await page.getByRole("menuitem", { name: "Show as table" }).click();
  const figures = heatmap.getByRole("region", { name: "HEATMAP(duration_ms) as a table" });
  const lines = figures.locator("tbody tr");
  await expect(lines).toHaveCount(grid.steps);
  const edges = heatmaps[0]?.edges ?? [];
  const cells = series.map(({ step, values }) => ({ step, ...values[0] }) as { step: number; counts: number[]; under: number; zero: number; over: number });
  const [hasZero, hasOver] = [cells.some(({ zero }) => zero > 0), cells.some(({ over }) => over > 0)];
  const expected = Array.from({ length: grid.steps }, () => new Array<number>(edges.length - 1 + Number(hasZero) + Number(hasOver)).fill(0));
  for (const { step, counts, under, zero, over } of cells) {
    const plain = counts.map((one, n) => (n === 0 ? one + under : one));
    expected[step] = [...(hasZero ? [zero] : []), ...plain, ...(hasOver ? [over] : [])];
  }
  const shown = await lines.evaluateAll((all) => all.map((line) => [...line.querySelectorAll("td[title]")].map((cell) => Number(cell.getAttribute("title")))));
  expect(shown.map(([, ...row]) => row)).toEqual(expected);
  expect(shown.map(([all]) => all)).toEqual(expected.map((row) => row.reduce((sum, one) => sum + one, 0)));
  // More than one row has events: rows that changed places would be seen.
  expect(new Set(expected.flatMap((row) => row.flatMap((one, n) => (one > 0 ? [n] : [])))).size).toBeGreaterThan(3);
  // The columns are named by the API's own edges.
  const heads = await figures.locator("thead th").allInnerTexts();
  const measure = unitOfColumn("duration_ms");
  const named = edges.slice(1).map((high, n) => `${inUnit(edges[n] ?? 0, measure)} – ${inUnit(high, measure)}`);
  expect(heads.slice(2 + Number(hasZero), 2 + Number(hasZero) + named.length)).toEqual(named);
  await expectAccessible(page);
});

test("the group that keys have chosen is told wherever it ranks", async ({ page }) => {
  const own = await start("serve");
  try {
    const { start: from, end } = await plantServices(own.url);
    await page.goto(`${own.url}/e/local/query?from=${iso(from)}&to=${iso(end)}&q=MAX(duration_ms)+GROUP+BY+service.name`);
    const graph = page.getByRole("application", { name: /MAX/ });
    await graph.focus();
    await page.keyboard.press("Home");
    const rows = graph.locator(".tip tr");
    // Ten are listed.
    await expect(rows).toHaveText([12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((n) => new RegExp(`^s${String(n).padStart(2, "0")}${n * 10}.ms$`)));
    // Up from nowhere leads to the last, which is the lowest.
    await page.keyboard.press("ArrowUp");
    await expect(rows).toHaveCount(11);
    await expect(rows.last()).toHaveText(/^s0110.ms$/);
    await expect(rows.last()).toHaveClass("chosen");
    await expect(graph.locator(".tip caption")).toHaveText("1 more");
  } finally {
    await own.remove();
  }
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

test("where no event has a duration, events are counted at first", async ({ page }) => {
  const own = await start("serve");
  try {
    await sendLines(own.url, "cart", [{ body: "one" }, { body: "two" }]);
    await page.goto(`${own.url}/e/local/query`);
    await expect(page.getByRole("region", { name: "COUNT", exact: true })).toBeVisible();
    await expect(page.getByRole("listitem").filter({ hasText: /^COUNT$/ })).toBeVisible();
    await expect(page.getByText("HEATMAP(duration_ms)")).toHaveCount(0);
    await expect(page).toHaveURL(/q=COUNT$/);
  } finally {
    await own.remove();
  }
});

test("what is being written stays when the columns become known", async ({ page }) => {
  const own = await start("serve");
  try {
    await sendLines(own.url, "cart", [{ body: "one" }]);
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await page.route(/\/columns(\?|$)/, async (route) => {
      await told;
      await route.continue();
    });
    await page.goto(`${own.url}/e/local/query`);
    await page.getByRole("combobox", { name: "Add to GROUP BY" }).fill("service.name");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("list", { name: "GROUP BY" }).getByRole("listitem")).toHaveCount(1);
    const known = page.waitForResponse(/\/columns(\?|$)/);
    tell();
    await known;
    await expect(page.getByText(/^\d+ columns$/)).toBeVisible();
    await expect(page.getByRole("list", { name: "GROUP BY" }).getByRole("listitem")).toHaveCount(1);
    expect(new URL(page.url()).searchParams.get("q")).toBeNull();
  } finally {
    await own.remove();
  }
});

test("a query runs as its clauses change, and boxes open nothing, where that is chosen; the choice lasts", async ({ page }) => {
  const choose = async (name: string) => {
    await page.getByRole("button", { name: "Options" }).click();
    await page.getByRole("menuitemcheckbox", { name }).click();
  };
  await choose("BubbleUp when a box is drawn");
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await drag(page, heatmap, [0.3, 0.1], [0.6, 0.5]);
  await expect(page.getByRole("button", { name: "Compare to rest", exact: true })).toBeVisible();
  await expect(page.getByRole("tab", { name: "Results" })).toHaveAttribute("aria-selected", "true");
  await choose("Run when a clause changes");
  await page.getByRole("combobox", { name: "Add to WHERE" }).fill("service.name = cart");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=.*WHERE\+service\.name\+=\+cart/);
  await page.reload();
  await page.getByRole("button", { name: "Remove service.name = cart" }).click();
  await expect(page).not.toHaveURL(/WHERE/);
  await choose("Run when a clause changes");
  await page.getByRole("combobox", { name: "Add to GROUP BY" }).fill("service.name");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("changed since it ran")).toBeVisible();
  await expect(page).not.toHaveURL(/GROUP/);
});

/** The colour of each row that has one, by what stands beside it. */
async function coloursOf(rows: Locator): Promise<Map<string, string>> {
  return new Map(await rows.evaluateAll((all) => all.flatMap((row) => {
    const swatch = row.querySelector(".swatch");
    const name = row.querySelectorAll("td")[1]?.textContent ?? "";
    return swatch ? [[name, getComputedStyle(swatch).backgroundColor] as [string, string]] : [];
  })));
}

test("groups keep their colours when they are filtered and sorted anew; services have those that they have in a trace", async ({ page }) => {
  const own = await start("serve");
  try {
    const { start: from, end, slow } = await plantCalls(own.url);
    const range = `from=${iso(from)}&to=${iso(end)}`;
    const rows = page.getByRole("region", { name: "Groups" }).locator("tbody tr[data-row]");
    await page.goto(`${own.url}/e/local/query?${range}&q=COUNT+GROUP+BY+db.table+ORDER+BY+COUNT+desc`);
    await expect(rows).toHaveCount(3);
    const first = await coloursOf(rows);
    expect(new Set(first.values()).size).toBe(3);
    // Without the largest, the others would move up.
    await page.getByRole("button", { name: "Actions for orders" }).click();
    await page.getByRole("menuitem", { name: /^Exclude/ }).click();
    await expect(rows).toHaveCount(2);
    const filtered = await coloursOf(rows);
    expect(filtered.size).toBe(2);
    for (const [name, colour] of filtered) expect(colour, name).toBe(first.get(name));
    await page.goto(`${own.url}/e/local/query?${range}&q=COUNT+GROUP+BY+service.name+ORDER+BY+COUNT+desc`);
    await expect(rows).toHaveCount(2);
    const services = await coloursOf(rows);
    await page.goto(`${own.url}/e/local/trace/${slow}`);
    const spans = page.getByRole("treegrid", { name: "Spans" }).getByRole("row");
    await expect(spans.first()).toBeVisible();
    for (const service of ["web", "db"]) {
      const swatch = spans.filter({ has: page.locator(".service", { hasText: service }) }).first().locator(".swatch");
      expect(await swatch.evaluate((element) => getComputedStyle(element).backgroundColor), service).toBe(services.get(service));
    }
  } finally {
    await own.remove();
  }
});
