import { Hand, iso, said } from "./hand";
import { expect, expectAccessible, test, withPages } from "./page";
import { plantCalls, sendLines, sendSpans } from "./plant";
import { type Running, start } from "./server";

test.describe("requests that ask a database", () => {
  let own: Running;
  let planted: Awaited<ReturnType<typeof plantCalls>>;
  test.beforeAll(async () => {
    own = await start("serve");
    planted = await plantCalls(own.url);
    const spans = Array.from({ length: 50 }, (_, n) => ({ traceId: `d${String(n).padStart(31, "0")}`, spanId: `e${String(n).padStart(15, "0")}`, name: "GET /healthz", kind: 2, startTimeUnixNano: `${planted.start + n * 1_000}000000`, endTimeUnixNano: `${planted.start + n * 1_000 + 1}000000` }));
    await sendSpans(own.url, { web: spans });
  });
  test.afterAll(() => own.remove());

  test("3: the slowest trace of the last two hours from Home, one click", async ({ page }) => {
    await page.goto(`${own.url}/e/local`);
    const slowest = page.getByRole("region", { name: "Slowest traces" }).getByRole("link");
    await expect(slowest).toHaveCount(10);
    const hand = await Hand.on(page);
    await slowest.first().click();
    await expect(page).toHaveURL(new RegExp(`/trace/${planted.slow}`));
    await expect(page.getByRole("heading", { level: 1, name: "GET /checkout" })).toBeVisible();
    await hand.expectWithin("the slowest trace");
  });

  test("7: health checks are excluded by their row of the table, two clicks", async ({ page }) => {
    await page.goto(`${own.url}/e/local/query?from=-2h&q=COUNT+WHERE+is_root+=+true+GROUP+BY+name`);
    const rows = page.getByRole("region", { name: "Groups" }).locator("tbody tr");
    await expect(rows).toHaveCount(2);
    const hand = await Hand.on(page);
    await page.getByRole("button", { name: "Actions for GET /healthz" }).click();
    await page.getByRole("menuitem", { name: "Exclude" }).click();
    await expect(rows).toHaveCount(1);
    await expect(rows).toContainText("GET /checkout");
    await expect(page.getByRole("status").filter({ hasText: "240 events matched" })).toBeVisible();
    await hand.expectWithin("without health checks");
  });

  test("23: a copied link shows the same span, part of the time, hits and zone elsewhere, one key", async ({ page, browser }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(`${own.url}/e/local/trace/${planted.slow}?tz=utc`);
    await page.getByRole("button", { name: /^most of the time/ }).click();
    await page.keyboard.press("/");
    await page.keyboard.type("orders");
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("select");
    await expect(page.getByText(/^hit \d of 8$/)).toBeVisible();
    await page.getByRole("treegrid", { name: "Spans" }).focus();
    await page.keyboard.press("+");
    await expect(page).toHaveURL(/w=\d+,\d+/);
    const hand = await Hand.on(page);
    await page.keyboard.press("y");
    await expect(said(page)).toContainText("Link to exactly this view copied");
    await hand.expectWithin("this very screen");
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const elsewhere = await withPages(await (await browser.newContext({ timezoneId: "Asia/Tokyo", viewport: { width: 1440, height: 900 } })).newPage());
    await elsewhere.goto(link);
    for (const shown of [page, elsewhere]) {
      await expect(shown.getByRole("complementary", { name: "Span SELECT orders" })).toBeVisible();
      await expect(shown.getByRole("row", { selected: true })).toContainText("SELECT orders");
      await expect(shown.getByText(/^hit \d of 8$/)).toBeVisible();
    }
    const facts = (shown: typeof page) => shown.locator(".trace-head time").innerText();
    expect(await facts(elsewhere)).toBe(await facts(page));
    const part = (shown: typeof page) => shown.getByRole("img", { name: /^The whole trace/ }).getAttribute("aria-label");
    expect(await part(elsewhere)).toBe(await part(page));
    await elsewhere.context().close();
  });

  test("20: why does my app show nothing? One click and a copy", async ({ page }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await fetch(`${own.url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: "{" });
    await page.goto(`${own.url}/e/local/query?from=${iso(planted.start)}&to=${iso(planted.end)}`);
    const hand = await Hand.on(page);
    await page.getByRole("link", { name: /^Server:/ }).click();
    const refused = page.getByRole("region", { name: "Refused" });
    await expect(refused.getByText("POST /v1/traces").first()).toBeVisible();
    await expect(page.getByLabel("The line that mends it")).toContainText(`OTEL_EXPORTER_OTLP_ENDPOINT=${own.url}`);
    await refused.getByRole("button", { name: "Copy" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${own.url}`);
    await hand.expectWithin("why nothing is shown");
    await expectAccessible(page);
  });
});

test("14: lines are followed, held at an error, and go on without a loss, one key each", async ({ page }) => {
  const own = await start("serve");
  try {
    const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => ({ body: `line ${from + n}` }));
    await sendLines(own.url, "cart", [{ body: "the first line" }]);
    await page.goto(`${own.url}/e/local/logs?from=-15m`);
    await expect(page.getByRole("grid", { name: /newest first/ })).toContainText("the first line");
    const hand = await Hand.on(page);
    const open = page.waitForResponse(/\/tail\?/);
    await page.keyboard.press("f");
    await open;
    await hand.expectWithin("lines followed");
    await sendLines(own.url, "cart", [...lines(1, 50), { body: "line 50: out of memory", severity: "ERROR" }]);
    const shown = page.getByRole("grid", { name: "Lines as they arrive" });
    const error = shown.locator(".logline").filter({ hasText: "out of memory" });
    await expect(error).toBeInViewport();
    hand.begin();
    await page.keyboard.press("Space");
    await expect(page.getByRole("button", { name: /^Resume/ })).toBeVisible();
    await hand.expectWithin("lines held");
    await sendLines(own.url, "cart", lines(51, 301));
    await expect(page.getByRole("button", { name: "Resume, 250 new" })).toBeVisible();
    // What is looked at has not moved.
    await expect(error).toBeInViewport();
    await expect(page.getByRole("status").filter({ hasText: "50 lines" })).toBeVisible();
    await expectAccessible(page);
    hand.begin();
    await page.keyboard.press("Space");
    await expect(page.getByRole("status").filter({ hasText: "300 lines" })).toBeVisible();
    await expect(shown.getByText("line 300", { exact: true })).toBeInViewport();
    await hand.expectWithin("lines go on");
    // Each once, in the order in which they came.
    const seen = await shown.evaluate(async (list) => {
      const found = new Set<string>();
      for (let top = 0; top <= list.scrollHeight; top += 400) {
        list.scrollTop = top;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        for (const line of list.querySelectorAll(".logline")) found.add(`${/\d+/.exec(line.id)?.[0]} ${/line (\d+)/.exec(line.textContent ?? "")?.[1]}`);
      }
      return [...found];
    });
    expect(new Set(seen)).toEqual(new Set(Array.from({ length: 300 }, (_, n) => `${n} ${n + 1}`)));
    await page.keyboard.press("f");
    await expect(page.getByRole("grid", { name: /newest first/ })).toContainText("line 300");
  } finally {
    await own.remove();
  }
});

test("21: an empty server turns into the first event's trace by itself", async ({ page }) => {
  const own = await start("serve");
  try {
    await page.goto(`${own.url}/e/local/connect`);
    await expect(page.getByText("Nothing received yet")).toBeVisible();
    await page.getByRole("button", { name: "Send test event" }).click();
    await expect(page.getByText(/1 event stored/)).toBeVisible();
    await page.getByRole("link", { name: "See it" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "test event" })).toBeVisible();
  } finally {
    await own.remove();
  }
});
