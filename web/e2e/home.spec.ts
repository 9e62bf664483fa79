import { expect, expectAccessible, server, test } from "./page";
import { start } from "./server";
import { sendSpans } from "./plant";

const ns = (ms: number) => `${BigInt(Math.round(ms)) * 1_000_000n}`;

test("Home of one service: its figures, routes and doors; the address keeps it", async ({ page }) => {
  await page.goto(`${server()}/e/local?from=-15m`);
  const routes = page.getByRole("region", { name: "Routes" });
  await expect(routes.getByRole("link").first()).toBeVisible();
  await page.getByRole("button", { name: "Service: all" }).click();
  const service = page.getByRole("menuitemradio").nth(1);
  const name = await service.innerText();
  await service.click();
  await expect(page).toHaveURL(new RegExp(`service=${name}`));
  await expect(page.getByRole("button", { name: `Service: ${name}` })).toBeVisible();
  await expect(routes.getByRole("img", { name: /over time/ }).first()).toBeVisible();
  // The older answer stays until the new one is there.
  await expect.poll(async () => (await routes.getByRole("link").allInnerTexts()).every((text) => text.includes(name))).toBe(true);
  await expectAccessible(page);
  for (const [width, theme] of [[1440, "light"], [900, "dark"], [360, "light"]] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await page.screenshot({ path: `e2e/.out/home-${width}.png` });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.reload();
  await expect(page.getByRole("button", { name: `Service: ${name}` })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("button", { name: "Service: all" })).toBeVisible();
  await page.goForward();
  await routes.getByRole("link").first().click();
  await expect(page).toHaveURL(new RegExp(`service.name.*${name}`));
});

test("a renamed environment is called by its name, and the last deploy is a door to what has been since", async ({ page }) => {
  const own = await start("serve");
  try {
    const now = Date.now();
    await sendSpans(own.url, { web: [{ traceId: "e0".padEnd(32, "0"), spanId: "e0".padEnd(16, "0"), name: "GET /", kind: 2, startTimeUnixNano: ns(now - 60_000), endTimeUnixNano: ns(now - 59_900) }] });
    const put = (path: string, method: string, body: unknown) => fetch(`${own.url}/hive/v1/${path}`, { method, body: JSON.stringify(body) }).then(({ status }) => expect(status).toBeLessThan(300));
    await put("e/local/about", "PUT", { name: "The shop" });
    await put("e/local/markers", "POST", { text: "a1b2c3", type: "deploy", start_ns: ns(now - 30 * 60_000) });
    await page.goto(`${own.url}/e/local`);
    await expect(page.getByRole("heading", { level: 1, name: "The shop" })).toBeVisible();
    await page.getByRole("button", { name: /Since last deploy .*a1b2c3/ }).click();
    await expect(page).toHaveURL(/from=\d{4}-/);
    await expect(page).toHaveURL(/to=now/);
  } finally {
    await own.remove();
  }
});

test("what changed: a route that is slower than before and a week ago, with a door to the comparison; refused data", async ({ page }) => {
  const own = await start("serve");
  try {
    const now = Date.now();
    const minute = 60_000;
    let id = 0;
    const requests = (name: string, at: number, length: number, count: number, exception?: string) =>
      Array.from({ length: count }, (_, n) => ({
        traceId: (++id).toString(16).padStart(32, "0"),
        spanId: id.toString(16).padStart(16, "0"),
        name,
        kind: 2,
        startTimeUnixNano: ns(at + n),
        endTimeUnixNano: ns(at + n + length),
        attributes: exception ? [{ key: "exception.type", value: { stringValue: exception } }] : [],
      }));
    const before = now - 25 * minute;
    const web = [...requests("POST /slow", before, 10, 120), ...requests("POST /slow", now - 10 * minute, 60, 120), ...requests("GET /same", before, 10, 120), ...requests("GET /same", now - 10 * minute, 10, 120), ...requests("GET /new", now - 9 * minute, 1, 41, "ZeroDivisionError")];
    await sendSpans(own.url, { web });
    await fetch(`${own.url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: '"no spans"' });
    await page.goto(`${own.url}/e/local?from=-15m`);
    const panel = page.getByRole("region", { name: "What changed" });
    await expect(panel.getByRole("link", { name: /Refused 1 request: / })).toBeVisible();
    await expect(panel.getByRole("link", { name: /New: ZeroDivisionError in web, 41 times/ })).toBeVisible();
    await expect(panel.getByRole("link")).toHaveCount(3);
    await expectAccessible(page);
    await page.screenshot({ path: "e2e/.out/changes.png" });
    await panel.getByRole("link", { name: /P95 of POST \/slow in web ×6: 60.*, 10.* before/ }).click();
    await expect(page).toHaveURL(/\/query\?.*cmp=previous/);
    await expect(page.getByRole("application", { name: /^P95/ })).toBeVisible();
  } finally {
    await own.remove();
  }
});
