import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Hand, drag, iso, said, tabTo } from "./hand";
import { expect, expectAccessible, server, test, withPages } from "./page";
import { SLOW, plant, plantCalls, plantLarge } from "./plant";
import { type Running, start } from "./server";

test.describe("requests of forty users, of which one is slow", () => {
  let own: Running;
  let range = "";
  test.beforeAll(async () => {
    own = await start("serve");
    const { start: from, end } = await plant(own.url);
    range = `from=${iso(from)}&to=${iso(end)}`;
  });
  test.afterAll(() => own.remove());

  test("1 and 2: which user is slow? One drag on Home's heatmap; and only that user", async ({ page }) => {
    await page.goto(`${own.url}/e/local?${range}`);
    const heatmap = page.getByRole("application", { name: /HEATMAP/ });
    await expect(heatmap).toBeVisible();
    const hand = await Hand.on(page);
    await drag(page, heatmap, [SLOW.from - 0.03, 0.01], [SLOW.to + 0.03, 0.3]);
    const first = page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first();
    await expect(first).toHaveAccessibleName(/^user\.id: 7 is /);
    // Without scrolling.
    await expect(first).toBeInViewport({ ratio: 1 });
    await hand.expectWithin("which user is slow");
    await page.screenshot({ path: "e2e/.out/scenario-1.png" });
    // 2: and see only that user.
    await first.getByRole("button", { name: /^7: / }).dblclick();
    await expect(page).toHaveURL(/WHERE\+is_root\+=\+true\+AND\+user\.id\+=\+%227%22/);
    await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
    await expect(page.getByRole("region", { name: "BubbleUp" })).toHaveCount(0);
    await hand.expectWithin("only that user");
  });

  test("25: 1 without a mouse, at 200 %, in the dark, every step said", async ({ page }) => {
    await page.setViewportSize({ width: 720, height: 450 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${own.url}/e/local?${range}`);
    const heatmap = page.getByRole("application", { name: /HEATMAP/ });
    await expect(heatmap).toBeVisible();
    await tabTo(page, heatmap);
    const steps = Math.round(await heatmap.evaluate((element) => Number(/(\d+) steps/.exec(element.getAttribute("aria-label") ?? "")?.[1] ?? 0)));
    expect(steps).toBeGreaterThan(20);
    await page.keyboard.press("Home");
    await expect(said(page)).toContainText(/events/);
    for (let n = 0; n < Math.floor(steps * (SLOW.from - 0.02)); n++) await page.keyboard.press("ArrowRight");
    // The topmost row, then down to a third of the values.
    for (let n = 0; n < 8; n++) await page.keyboard.press("Shift+ArrowUp");
    await page.keyboard.press("Enter");
    await expect(said(page)).toContainText("Box begun");
    for (let n = 0; n < Math.ceil(steps * (SLOW.to - SLOW.from + 0.05)); n++) await page.keyboard.press("ArrowRight");
    for (let n = 0; n < 14; n++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const first = page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first();
    await expect(first).toHaveAccessibleName(/^user\.id: 7 is /);
    await expect(said(page)).toContainText(/is .* of the selection/);
    await expectAccessible(page);
    // No trap: Tab leads on from the graph to the panels.
    await tabTo(page, first.getByRole("button", { name: /^7: / }));
    await page.keyboard.press("f");
    await expect(page).toHaveURL(/user\.id\+=\+%227%22/);
  });

  test("23: a copied link shows the same box, tab, span and zone elsewhere", async ({ page, browser }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(`${own.url}/e/local/query?from=-2h`);
    const heatmap = page.getByRole("application", { name: /HEATMAP/ });
    await expect(heatmap).toBeVisible();
    await drag(page, heatmap, [0.85, 0.01], [0.95, 0.4]);
    await expect(page.getByRole("region", { name: "BubbleUp" })).toBeVisible();
    const shown = await page.getByRole("group", { name: "Time" }).innerText();
    const hand = await Hand.on(page);
    await page.keyboard.press("y");
    await expect(said(page)).toContainText("Link to exactly this view copied");
    await hand.expectWithin("this very screen");
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const elsewhere = await withPages(await (await browser.newContext({ timezoneId: "Asia/Tokyo", viewport: { width: 1440, height: 900 } })).newPage());
    await elsewhere.goto(link);
    await expect(elsewhere.getByRole("region", { name: "BubbleUp" })).toBeVisible();
    expect(new URL(link).searchParams.get("box")).toBe(new URL(page.url()).searchParams.get("box"));
    const times = (text: string) => /\d\d:\d\d/g.exec(text)?.[0] ?? "";
    const there = elsewhere.getByRole("group", { name: "Time" });
    await expect(there).toContainText(times(shown));
    await expect(there).toContainText("CET");
    expect(link).toContain("tz=Europe");
    await elsewhere.context().close();
  });
});

test.describe("requests that ask a database, of which one is slow", () => {
  let own: Running;
  let planted: Awaited<ReturnType<typeof plantCalls>>;
  let range = "";
  test.beforeAll(async () => {
    own = await start("serve");
    planted = await plantCalls(own.url);
    range = `from=${iso(planted.start)}&to=${iso(planted.end)}`;
  });
  test.afterAll(() => own.remove());

  test("8: from a P99 spike to the responsible span, two clicks", async ({ page }) => {
    await page.goto(`${own.url}/e/local/query?${range}&q=P99(duration_ms)+WHERE+is_root+=+true`);
    const graph = page.getByRole("application", { name: /P99/ });
    const bounds = await graph.boundingBox();
    if (!bounds) throw new Error("the graph has no place");
    const share = (planted.at - planted.start) / (planted.end - planted.start);
    const hand = await Hand.on(page);
    await page.mouse.click(bounds.x + 64 + share * (bounds.width - 76) + 2, bounds.y + 12);
    await page.getByRole("menuitem", { name: "Open a trace here" }).click();
    await expect(page).toHaveURL(new RegExp(`/trace/${planted.slow}`));
    await expect(page.getByRole("button", { name: /^most of the time: SELECT orders, 1\.6/ })).toBeVisible();
    await hand.expectWithin("from a spike to its span");
  });

  test("25: 8 by keyboard, in the dark, at 200 %, every step said", async ({ page }) => {
    await page.setViewportSize({ width: 720, height: 450 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${own.url}/e/local/query?${range}&q=P99(duration_ms)+WHERE+is_root+=+true+STEP+30s`);
    const graph = page.getByRole("application", { name: /P99/ });
    await expect(graph).toBeVisible();
    await tabTo(page, graph);
    await page.keyboard.press("Home");
    let found = false;
    for (let n = 0; n < 40 && !found; n++) {
      await page.keyboard.press("ArrowRight");
      found = await graph.locator(".tip").evaluate((tip) => /1\.6\d? s/.test(tip.textContent?.replaceAll("\u202f", " ") ?? "")).catch(() => false);
    }
    expect(found).toBe(true);
    await expect(said(page)).toContainText("P99");
    await page.keyboard.press("Space");
    await expect(page.getByRole("menuitem", { name: "Open a trace here" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(new RegExp(`/trace/${planted.slow}`));
    // The page that came is named, and Tab goes on within it.
    await expect(said(page)).toContainText("GET /checkout");
    const heaviest = page.getByRole("button", { name: /^most of the time: SELECT orders, 1\.6/ });
    expect(await tabTo(page, heaviest)).toBeLessThanOrEqual(3);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("complementary", { name: "Span SELECT orders" })).toBeVisible();
    await expect(said(page)).toContainText(/level 2, SELECT orders, db/);
    await expectAccessible(page);
    // No trap: rows and panel are walked into and out of, and arrows go on among the rows while the panel is open.
    const rows = page.getByRole("treegrid", { name: "Spans" });
    await tabTo(page, rows);
    await page.keyboard.press("Home");
    await expect(said(page)).toContainText("level 1, GET /checkout, web");
    await page.keyboard.press("ArrowDown");
    await expect(said(page)).toContainText("8 times level 2, SELECT orders, db");
    await page.keyboard.press("ArrowDown");
    await expect(said(page)).toHaveText(/^level 2, SELECT orders, db/);
    await expect(rows).toBeFocused();
    await tabTo(page, page.getByRole("complementary").getByRole("button", { name: "Close" }));
    await page.keyboard.press("Enter");
    await expect(rows).toBeFocused();
    await page.keyboard.press("Shift+Tab");
    await expect(rows).not.toBeFocused();
  });

  test("25: 8 by keyboard where lines are of groups: Up and Down choose one", async ({ page }) => {
    await page.goto(`${own.url}/e/local/query?${range}&q=P99(duration_ms),+COUNT+GROUP+BY+service.name+ORDER+BY+COUNT+desc+STEP+30s`);
    const graph = page.getByRole("application", { name: /P99/ });
    await expect(graph).toBeVisible();
    await tabTo(page, graph);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    await expect(said(page)).toHaveText(/P99\(duration_ms\) db .*\d/);
    await page.keyboard.press("ArrowDown");
    await expect(said(page)).toHaveText(/P99\(duration_ms\) web .*\d/);
    const tip = graph.locator(".tip tr", { hasText: "web" });
    let found = false;
    for (let n = 0; n < 40 && !found; n++) {
      await page.keyboard.press("ArrowRight");
      found = await tip.evaluate((row) => /1\.6\d? s/.test(row.textContent?.replaceAll("\u202f", " ") ?? "")).catch(() => false);
    }
    expect(found).toBe(true);
    await page.keyboard.press("Space");
    await expect(page.getByRole("menuitem", { name: "Only web" })).toBeVisible();
    await expect(page.getByRole("menuitem", { name: "Open a trace here" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(new RegExp(`/trace/${planted.slow}`));
    // Of the chosen group: the request itself, not the query within it.
    await expect(page.getByRole("complementary", { name: "Span GET /checkout" })).toBeVisible();
  });

  test("a point of P10 leads to an ordinary trace, not to the slowest", async ({ page }) => {
    await page.goto(`${own.url}/e/local/query?${range}&q=P10(duration_ms)+WHERE+is_root+=+true+STEP+1m`);
    const graph = page.getByRole("application", { name: /P10/ });
    const bounds = await graph.boundingBox();
    if (!bounds) throw new Error("the graph has no place");
    const share = (planted.at - planted.start) / (planted.end - planted.start);
    await page.mouse.click(bounds.x + 64 + share * (bounds.width - 76), bounds.y + bounds.height / 2);
    await page.getByRole("menuitem", { name: "Open a trace here" }).click();
    await expect(page).toHaveURL(/\/trace\//);
    expect(page.url()).not.toContain(planted.slow);
  });

  test("10: queries in a row are told on opening; arrows pass over the folded row both ways", async ({ page }) => {
    await page.goto(`${own.url}/e/local/trace/${planted.slow}`);
    const rows = page.getByRole("treegrid", { name: "Spans" });
    await expect(rows.getByText(/in a row: \d+.% of this span/)).toBeVisible();
    await rows.focus();
    for (let n = 0; n < 2; n++) await page.keyboard.press("ArrowDown");
    await expect(rows.getByRole("row", { selected: true })).toContainText("×8");
    await page.keyboard.press("ArrowRight");
    await expect(rows.getByRole("row")).toHaveCount(10);
    for (let n = 0; n < 8; n++) await page.keyboard.press("ArrowDown");
    await expect(rows.getByRole("row", { selected: true })).toHaveAttribute("aria-rowindex", "10");
    for (let n = 0; n < 9; n++) await page.keyboard.press("ArrowUp");
    await expect(rows.getByRole("row", { selected: true })).toHaveAttribute("aria-rowindex", "1");
    await page.keyboard.press("Escape");
    await expect(rows.getByRole("row", { selected: true })).toHaveCount(0);
  });

  test("find looks through the fields of spans, by words and by conditions, and tells which hit it stands on", async ({ page }) => {
    await page.goto(`${own.url}/e/local/trace/${planted.slow}`);
    const find = page.getByRole("searchbox", { name: "Find spans" });
    const status = page.getByRole("status").filter({ hasText: /hit/ });
    // No name, service or id has it: a field of one span does.
    await find.fill("ARCHIVE");
    await expect(status).toHaveText("1 hit");
    await find.press("Enter");
    await expect(status).toHaveText("hit 1 of 1");
    await expect(page.getByRole("complementary", { name: "Span SELECT orders" })).toContainText("archive");
    await find.fill("db.table = orders");
    await expect(status).toHaveText("7 hits");
    await find.press("Enter");
    await find.press("Enter");
    await expect(status).toHaveText(/^hit [123] of 7$/);
    await find.fill("db.rows >= 90000 AND duration > 1s");
    await expect(status).toHaveText(/1 hit|hit 1 of 1/);
    await find.fill("90000");
    await expect(status).toHaveText(/1 hit|hit 1 of 1/);
    await find.fill("nothing has this");
    await expect(status).toHaveText("0 hits");
    await find.fill("db.table = ");
    await expect(status).toHaveText("0 hits");
    await find.fill("db.rows >= 5 AND db.table = archive OR db.table = orders");
    await expect(status).toContainText("fields were not searched:");
  });

  test("11: which field differs from similar spans? Panel, Similar, Compare", async ({ page }) => {
    await page.goto(`${own.url}/e/local/trace/${planted.slow}`);
    await page.getByRole("button", { name: /^most of the time/ }).click();
    const panel = page.getByRole("complementary", { name: "Span SELECT orders" });
    await expect(panel.getByText(/longer than .* of .* like it/)).toBeVisible();
    const hand = await Hand.on(page);
    await panel.getByRole("link", { name: "Similar spans" }).click();
    await page.getByRole("button", { name: "Compare to rest", exact: true }).click();
    const panels = page.getByRole("region", { name: "BubbleUp" }).getByRole("figure");
    await expect(panels.filter({ hasText: "db.table" }).first()).toHaveAccessibleName(/archive is 100.% of the selection/);
    await hand.expectWithin("unlike similar spans");
  });

  test("a field's values over similar spans, with this one's marked", async ({ page }) => {
    await page.goto(`${own.url}/e/local/trace/${planted.slow}`);
    await page.getByRole("button", { name: /^most of the time/ }).click();
    await page.getByRole("button", { name: "Values of db.table over similar spans" }).click();
    const spread = page.getByRole("group", { name: "db.table over similar spans" });
    await expect(spread).toContainText("orders");
    await expect(spread.locator(".own")).toContainText("archive");
    await page.getByRole("button", { name: "Values of db.rows over similar spans" }).click();
    await expect(page.getByRole("group", { name: /^db\.rows over similar spans: median/ })).toBeVisible();
    await expectAccessible(page);
  });

  test("12: a slow trace beside a typical one says where the time went", async ({ page }) => {
    await page.goto(`${own.url}/e/local/trace/${planted.slow}`);
    const hand = await Hand.on(page);
    await page.getByRole("button", { name: "Compare with a typical one" }).click();
    await expect(page.getByRole("status").filter({ hasText: /^B is 1\.\d+.s slower: 1\.\d+.s in db SELECT orders/ })).toBeVisible();
    await hand.expectWithin("slow beside typical");
    await page.screenshot({ path: "e2e/.out/compare.png" });
    await expectAccessible(page);
    await page.reload();
    await expect(page.getByRole("heading", { name: /^A: GET \/checkout/ })).toBeVisible();
  });

  test("two traces of the list are ticked and compared; a part of the plot lists its traces", async ({ page }) => {
    await page.goto(`${own.url}/e/local/traces?${range}`);
    const list = page.getByRole("listitem");
    await expect(list.nth(10)).toBeVisible();
    await page.getByRole("checkbox", { name: /^Compare GET/ }).first().check();
    await page.getByRole("checkbox", { name: /^Compare GET/ }).nth(5).check();
    await page.getByRole("link", { name: "Compare the two" }).click();
    await expect(page).toHaveURL(/\/traces\/compare\/\w{32}\/\w{32}/);
    await page.goBack();
    const plot = page.getByRole("application", { name: /Duration of traces/ });
    await drag(page, plot, [0.02, 0.001], [0.98, 0.3]);
    await expect(page.getByText(/^13 of 240 traces$/)).toBeVisible();
    await page.reload();
    await expect(page.getByText(/^13 of 240 traces$/)).toBeVisible();
    await expectAccessible(page);
  });

  test("flame graph by keyboard; it keeps the selection", async ({ page }) => {
    await page.goto(`${own.url}/e/local/trace/${planted.slow}?view=flame`);
    const flame = page.getByRole("application", { name: /^Flame graph of 9 spans, merged to 2 paths/ });
    await flame.focus();
    await page.keyboard.press("ArrowDown");
    await expect(said(page)).toContainText("SELECT orders: 1.6");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("complementary", { name: "Span SELECT orders" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("tab", { name: "Waterfall" }).click();
    await expect(page.getByRole("complementary", { name: "Span SELECT orders" })).toBeVisible();
  });

  test("a period beside the one before, and percentiles over a heatmap", async ({ page }) => {
    const half = (planted.start + planted.end) / 2;
    await page.goto(`${own.url}/e/local/query?from=${iso(half)}&to=${iso(planted.end)}&q=COUNT,+P95(duration_ms),+HEATMAP(duration_ms)+GROUP+BY+service.name`);
    const rows = page.getByRole("region", { name: "Groups" }).locator("tbody tr");
    await expect(rows).toHaveCount(2);
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.getByRole("menuitemradio", { name: /^previous 10 min/ }).click();
    await expect(page).toHaveURL(/cmp=previous/);
    await expect(page.getByRole("columnheader", { name: "than before" })).toHaveCount(2);
    await expect(rows.first().locator("td.num.quiet").first()).toHaveText(/^(same|[+−].*)$/);
    await page.getByRole("region", { name: "HEATMAP(duration_ms)", exact: true }).getByRole("button", { name: "Graph" }).click();
    await page.getByRole("menuitemcheckbox", { name: "P50, P95 and P99" }).click();
    await page.screenshot({ path: "e2e/.out/before.png", fullPage: true });
    await expectAccessible(page);
  });

  test("tables are saved as CSV with every digit", async ({ page }) => {
    await page.goto(`${own.url}/e/local/query?${range}&q=COUNT,+MAX(duration_ms)+GROUP+BY+service.name+ORDER+BY+service.name`);
    const foot = page.locator(".table-foot");
    await foot.getByRole("button", { name: "Download" }).click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "Table as CSV" }).click()]);
    expect(file.suggestedFilename()).toMatch(/^groups-.*\.csv$/);
    const text = await readFile(await file.path(), "utf8");
    expect(text.split("\r\n").slice(0, 2)).toEqual(["service.name,COUNT,MAX(duration_ms)", "db,1920,1600"]);
    await page.getByRole("tab", { name: "Raw data" }).click();
    await page.getByRole("button", { name: "Download" }).click();
    const [rows] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "JSON lines, all fields" }).click()]);
    const lines = (await readFile(await rows.path(), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(2_160);
    // Nanoseconds are not rounded.
    expect(lines[0]).toMatch(/"meta\.ingest_time":\d{19}\b/);
    expect(lines.some((line) => /"meta\.ingest_time":\d{16}[1-9]|"meta\.ingest_time":\d{17}[1-9]|"meta\.ingest_time":\d{18}[1-9]/.test(line))).toBe(true);
  });
});

test("5: P95 by route of the last 3 h, keyboard only, eight presses", async ({ page }) => {
  await page.goto(`${server()}/e/local/query`);
  await expect(page.getByRole("application", { name: /HEATMAP/ })).toBeVisible();
  const hand = await Hand.on(page);
  await page.keyboard.press("t");
  await page.keyboard.type("P95(duration_ms) GROUP BY http.route LAST 3h");
  await page.keyboard.press("Shift+Enter");
  await expect(page).toHaveURL(/from=-3h/);
  await expect(page.getByRole("region", { name: "P95(duration_ms)", exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "http.route", exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: /Last 3/ })).toBeVisible();
  await hand.expectWithin("P95 by route");
});

test("9: the failing SQL of a trace of 100,000 spans, one key", async ({ page }) => {
  test.slow();
  const own = await start("serve");
  try {
    const id = await plantLarge(own.url, 100_000);
    await page.goto(`${own.url}/e/local/trace/${id}`);
    await expect(page.getByRole("treegrid", { name: "Spans" }).getByRole("row").first()).toBeVisible({ timeout: 60_000 });
    const hand = await Hand.on(page);
    await page.keyboard.press("e");
    const panel = page.getByRole("complementary", { name: "Span UPDATE stock" });
    await expect(panel.getByText("UPDATE stock SET n = n - 1")).toBeVisible();
    await expect(page.getByRole("row", { selected: true })).toBeInViewport();
    await hand.expectWithin("the failing SQL");
  } finally {
    await own.remove();
  }
});

test("13: from a line to its trace and back to the same line", async ({ page }) => {
  await page.goto(`${server()}/e/local/logs?from=-15m`);
  const lines = page.getByRole("grid", { name: /newest first/ });
  await expect(lines).toBeVisible();
  const first = await lines.locator(".logline").first().innerText();
  await lines.evaluate((element) => element.scrollTo(0, 6_000));
  // The lines of there have come.
  await expect(lines.locator(".logline").first()).not.toContainText(first.split("\n").at(-1) ?? first);
  const line = lines.locator(".logline").filter({ has: page.getByRole("link", { name: "Open its trace" }) }).nth(25);
  const text = await line.innerText();
  const hand = await Hand.on(page);
  await line.getByRole("link", { name: "Open its trace" }).click();
  await expect(page.getByRole("treegrid", { name: "Spans" })).toBeVisible();
  await page.goBack();
  const same = lines.locator(".logline.selected");
  await expect(same).toBeInViewport();
  expect(await same.innerText()).toBe(text);
  await hand.expectWithin("from a line to its trace and back");
});

test("21: the first data of a new app, in three presses", async ({ page }) => {
  const own = await start("serve");
  try {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(`${own.url}/e/local`);
    const hand = await Hand.on(page);
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Connect" }).click();
    await page.getByRole("button", { name: "Copy" }).click();
    const endpoint = /OTEL_EXPORTER_OTLP_ENDPOINT=(\S+)/.exec(await page.evaluate(() => navigator.clipboard.readText()))?.[1];
    expect(endpoint).toBe(own.url);
    await plantCalls(endpoint ?? "");
    await expect(page.getByText(/events stored/)).toBeVisible({ timeout: 3_000 });
    await page.getByRole("link", { name: "See the newest" }).click();
    await expect(page.getByRole("grid", { name: /Events/ }).getByRole("row").nth(1)).toBeVisible();
    await hand.expectWithin("first data");
  } finally {
    await own.remove();
  }
});

/** The SDK of tests/sdk, installed from its lock file unless it is there; nothing where there is no Python. */
function pythonOfSdk(): string | undefined {
  if (spawnSync("python3", ["--version"]).status !== 0) return undefined;
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const installed = spawnSync("python3", ["tests/sdk/run.py", "--install-only", "--only", "python-current"], { cwd: root, encoding: "utf8" });
  if (installed.status !== 0) throw new Error(`the Python SDK could not be installed: ${installed.stderr}`);
  return join(root, "target/sdk/python-current/venv/bin");
}

test("21: a Flask app, nothing changed but the lines that are copied: the page turns green, and shows its request", async ({ page }) => {
  test.setTimeout(180_000);
  const python = pythonOfSdk();
  test.skip(python === undefined, "there is no python3 on this machine");
  const own = await start("serve");
  const directory = mkdtempSync(join(tmpdir(), "glasshive-app-"));
  try {
    const sdk = fileURLToPath(new URL("../../tests/sdk/python/", import.meta.url));
    copyFileSync(join(sdk, "app.py"), join(directory, "app.py"));
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(`${own.url}/e/local`);
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Connect" }).click();
    await page.getByRole("tab", { name: "Python" }).click();
    await page.getByRole("button", { name: "Copy" }).click();
    const lines = await page.evaluate(() => navigator.clipboard.readText());
    await expect(page.getByText("Nothing received yet.")).toBeVisible();
    // What the lines would install is what the lock file has: nothing is fetched again.
    const packages = /^pip install (.+)$/m.exec(lines)?.[1]?.split(" ") ?? [];
    const locked = readFileSync(join(sdk, "requirements-current.txt"), "utf8").split("\n").map((line) => line.split("==")[0]);
    expect(packages.length).toBeGreaterThan(1);
    expect(locked).toEqual(expect.arrayContaining(packages));
    const ran = promisify(execFile)("bash", ["-ec", lines.replace(/^pip install .+$/m, "")], { cwd: directory, env: { PATH: `${python}:${process.env.PATH}`, HOME: directory }, timeout: 60_000 });
    expect((await ran).stdout).toContain("hello bees");
    await expect(page.getByText(/events? stored/)).toBeVisible({ timeout: 3_000 });
    await page.getByRole("link", { name: "See the newest" }).click();
    const rows = page.getByRole("grid", { name: /Events/ });
    await expect(rows.getByRole("row").filter({ hasText: "GET /hello/<name>" }).first()).toBeVisible();
  } finally {
    await own.remove();
    rmSync(directory, { recursive: true, force: true });
  }
});
