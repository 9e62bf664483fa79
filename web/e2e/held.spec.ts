import type { Page } from "@playwright/test";
import { expect, expectAccessible, test } from "./page";
import { sendLines, sendSpans } from "./plant";
import { type Running, start } from "./server";

const lines = (count: number, word: string) => Array.from({ length: count }, (_, n) => ({ body: `${word} ${n + 1}` }));

test.describe("lines that are followed", () => {
  let own: Running;
  test.beforeAll(async () => {
    own = await start("serve");
    await sendLines(own.url, "cart", lines(1, "first"));
  });
  test.afterAll(() => own.remove());
  const log = (page: Page) => page.getByRole("grid", { name: "Lines as they arrive" });
  const line = (page: Page, text: string) => log(page).locator(".logline").filter({ has: page.getByText(text, { exact: true }) });

  /** Follows, with more lines than there is room for. */
  async function follow(page: Page): Promise<void> {
    const open = page.waitForResponse(/\/tail\?/);
    await page.goto(`${own.url}/e/local/logs?tail=1`);
    await open;
    await sendLines(own.url, "cart", lines(200, "early"));
    await expect(line(page, "early 200")).toBeInViewport();
  }

  test("are held by scrolling up, and what comes meanwhile waits", async ({ page }) => {
    await follow(page);
    await log(page).hover();
    await page.mouse.wheel(0, -600);
    await expect(page.getByRole("button", { name: /^Resume/ })).toBeVisible();
    const place = () => log(page).evaluate((list) => list.scrollTop);
    await expect(line(page, "early 200")).not.toBeInViewport();
    const before = await place();
    await sendLines(own.url, "cart", lines(50, "late"));
    await expect(page.getByRole("button", { name: "Resume, 50 new" })).toBeVisible();
    expect(await place()).toBeLessThanOrEqual(before);
    await expect(line(page, "early 200")).not.toBeInViewport();
    await page.keyboard.press("Space");
    await expect(line(page, "late 50")).toBeInViewport();
    // By the bar at its side as well.
    await log(page).evaluate((list) => list.scrollTo(0, 100));
    await expect(page.getByRole("button", { name: /^Resume/ })).toBeVisible();
  });

  test("are held while text of one is selected, which opens nothing", async ({ page }) => {
    await follow(page);
    const box = await line(page, "early 195").getByText("early 195").boundingBox();
    if (!box) throw new Error("the line has no place");
    await page.mouse.move(box.x + 2, box.y + box.height / 2);
    await page.mouse.down();
    await expect(page.getByRole("button", { name: /^Resume/ })).toBeVisible();
    await sendLines(own.url, "cart", lines(50, "later"));
    await expect(page.getByRole("button", { name: "Resume, 50 new" })).toBeVisible();
    await page.mouse.move(box.x + 150, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    expect(await page.evaluate(() => document.getSelection()?.toString())).toContain("arly 195");
    await expect(page.getByRole("complementary", { name: "Line" })).toHaveCount(0);
  });
});

for (const [name, fails] of [["a gap is told, and its lines are fetched", false], ["lines of a gap that cannot be read are missing, said so, and fetched by hand", true]] as const) {
  test(`following that breaks off: ${name}`, async ({ page }) => {
    const own = await start("serve");
    try {
      await sendLines(own.url, "cart", lines(1, "before"));
      const read = await fetch(`${own.url}/hive/v1/e/local/events`, { method: "POST", body: JSON.stringify({ text: "WHERE meta.signal_type = log LAST 5m", limit: 1 }) });
      const row = ((await read.json()) as { rows: unknown[] }).rows[0];
      let goOn = () => undefined as unknown;
      const again = new Promise<void>((resolve) => {
        goOn = () => resolve();
      });
      let tries = 0;
      // The first stream breaks off after a line, the second comes when it may.
      await page.route(/\/tail\?/, async (route) => {
        if (++tries === 1) return route.fulfill({ contentType: "text/event-stream", body: `: following\n\nevent: row\ndata: ${JSON.stringify(row)}\n\n` });
        await again;
        await route.continue();
      });
      let isFailing = fails;
      await page.route(/\/local\/events$/, async (route) => {
        if (!isFailing || !route.request().postData()?.includes("ingest_time")) return route.fallback();
        await route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "Not read", status: 500, detail: "the disk gives no answer" }) });
      });
      await page.goto(`${own.url}/e/local/logs?tail=1`);
      const log = page.getByRole("grid", { name: "Lines as they arrive" });
      const texts = async () => (await log.locator(".logline").allInnerTexts()).map((text) => /(\w+ \d+)$/.exec(text.trim())?.[1]);
      await expect.poll(texts).toEqual(["before 1"]);
      await sendLines(own.url, "cart", lines(3, "meanwhile"));
      const open = page.waitForResponse((response) => response.url().includes("/tail?"));
      goOn();
      await open;
      if (fails) {
        const alert = page.getByRole("alert").filter({ hasText: "Not followed" });
        await expect(alert).toContainText(/Not followed \d\d:\d\d:\d\d to \d\d:\d\d:\d\d; lines that came then are missing. The disk gives no answer./);
        await expectAccessible(page);
        isFailing = false;
        await alert.getByRole("button", { name: "Fetch them" }).click();
      }
      await expect(page.getByText(/^Not followed \d\d:\d\d:\d\d to \d\d:\d\d:\d\d: the 3 lines that came then were fetched\.$/)).toBeVisible();
      await expect.poll(texts).toEqual(["before 1", "meanwhile 1", "meanwhile 2", "meanwhile 3"]);
      await sendLines(own.url, "cart", lines(1, "after"));
      await expect.poll(texts).toEqual(["before 1", "meanwhile 1", "meanwhile 2", "meanwhile 3", "after 1"]);
    } finally {
      await own.remove();
    }
  });
}

test.describe("under Live nothing moves under the pointer:", () => {
  let own: Running;
  let sent = 0;
  const ns = (ms: number) => String(BigInt(Math.round(ms * 1e3)) * 1_000n);
  /** Sends requests of one name, each a trace of its own. */
  const send = (name: string, count: number, length = 5) => {
    const now = Date.now();
    const spans = Array.from({ length: count }, () => {
      const id = (++sent).toString(16);
      return { traceId: `b${id.padStart(31, "0")}`, spanId: id.padStart(16, "0"), name, kind: 2, startTimeUnixNano: ns(now - length - 10), endTimeUnixNano: ns(now - 10) };
    });
    return sendSpans(own.url, { web: spans });
  };
  /** Two of Live's ticks, and what they ask. */
  const tick = async (page: Page) => {
    for (let n = 0; n < 2; n++) await page.clock.runFor(5_100);
  };
  test.beforeEach(async () => {
    own = await start("serve");
    await send("many", 30, 50);
    await send("few", 20, 20);
  });
  test.afterEach(() => own.remove());

  test("groups keep their places, with new figures; the new order is offered", async ({ page }) => {
    await page.clock.install();
    await page.goto(`${own.url}/e/local/query?from=-15m&live=1&q=${encodeURIComponent("COUNT GROUP BY name ORDER BY COUNT desc")}`);
    const rows = page.getByRole("region", { name: "Groups" }).locator("tbody tr");
    await expect(rows).toHaveText([/many.*30/, /few.*20/]);
    await rows.last().hover();
    await send("few", 40);
    await send("new", 5);
    await tick(page);
    await expect(rows).toHaveText([/many.*30/, /few.*60/, /new.*5/]);
    const offer = page.getByRole("status").filter({ hasText: "Order changed" });
    await expect(offer).toBeVisible();
    await expectAccessible(page);
    await offer.getByRole("button", { name: "Apply" }).click();
    await expect(rows).toHaveText([/few.*60/, /many.*30/, /new.*5/]);
    await expect(offer).toHaveCount(0);
    // Nobody points at them: they stand as they rank.
    await page.getByRole("heading", { level: 1 }).hover();
    await send("new", 100);
    await tick(page);
    await expect(rows).toHaveText([/new.*105/, /few.*60/, /many.*30/]);
  });

  test("traces keep their places", async ({ page }) => {
    await page.clock.install();
    await page.goto(`${own.url}/e/local/traces?from=-15m&live=1`);
    const rows = page.locator("li.mini-row");
    await expect(rows).toHaveCount(50);
    const first = await rows.first().locator("a").getAttribute("href");
    await rows.nth(2).hover();
    await send("slow", 1, 4_000);
    await tick(page);
    const offer = page.getByRole("status").filter({ hasText: "Order changed" });
    await expect(offer).toBeVisible();
    expect(await rows.first().locator("a").getAttribute("href")).toBe(first);
    await offer.getByRole("button", { name: "Apply" }).click();
    await expect(rows.first()).toContainText("slow");
  });

  test("log lines stay, and newer ones are offered", async ({ page }) => {
    await sendLines(own.url, "cart", lines(5, "early"));
    await page.clock.install();
    await page.goto(`${own.url}/e/local/logs?from=-15m&live=1`);
    const log = page.getByRole("grid", { name: /newest first/ });
    await expect(log.locator(".logline").first()).toContainText("early 5");
    await log.locator(".logline").nth(1).hover();
    await sendLines(own.url, "cart", lines(5, "late"));
    await tick(page);
    const newer = page.getByRole("button", { name: "Newer lines are there: show them" });
    await expect(newer).toBeVisible();
    await expect(log.locator(".logline").first()).toContainText("early 5");
    await newer.click();
    await expect(log.locator(".logline").first()).toContainText("late 5");
  });
});

test("lines that come between the list and the stream are among those that are followed", async ({ page }) => {
  const own = await start("serve");
  try {
    await sendLines(own.url, "cart", [{ body: "listed" }]);
    await page.goto(`${own.url}/e/local/logs`);
    await expect(page.getByRole("grid", { name: /newest first/ })).toContainText("listed");
    // The stream is slow to open: what is sent before it does is in no list and in no stream.
    let open = () => undefined as unknown;
    const mayOpen = new Promise<void>((resolve) => {
      open = () => resolve();
    });
    await page.route(/\/tail\?/, async (route) => {
      await mayOpen;
      await route.continue();
    });
    const asked = page.waitForRequest(/\/tail\?/);
    await page.keyboard.press("f");
    await asked;
    await sendLines(own.url, "cart", [{ body: "between one" }, { body: "between two" }]);
    await expect.poll(async () => ((await (await fetch(`${own.url}/hive/v1/e/local/events`, { method: "POST", body: JSON.stringify({ text: "WHERE body contains between LAST 5m", limit: 5 }) })).json()) as { rows: unknown[] }).rows.length).toBe(2);
    open();
    const log = page.getByRole("grid", { name: "Lines as they arrive" });
    await expect(log.getByText("between one")).toBeVisible();
    await expect(log.getByText("between two")).toBeVisible();
    await expect(log.getByText("listed")).toHaveCount(0);
    await expect(page.getByText(/Not followed/)).toHaveCount(0);
    await sendLines(own.url, "cart", [{ body: "after it" }]);
    await expect(log.getByText("after it")).toBeVisible();
    expect((await log.locator(".logline").allInnerTexts()).map((text) => /between one|between two|after it/.exec(text)?.[0])).toEqual(["between one", "between two", "after it"]);
  } finally {
    await own.remove();
  }
});
