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
