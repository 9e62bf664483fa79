import { expect, expectAccessible, server, test } from "./page";
import { start } from "./server";

for (const [name, path, ready] of [
  ["Home", "", "Routes"],
  ["Traces", "/traces?from=-15m", "Traces"],
  ["Logs", "/logs?from=-15m", "Logs"],
  ["Data", "/data?from=-15m", "Columns"],
  ["Connect", "/connect", "Refused"],
] as const) {
  for (const [theme, width] of [["light", 1440], ["dark", 900]] as const) {
    test(`${name}, ${theme}, ${width}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
      await page.goto(`${server()}/e/local${path}`);
      await expect(page.getByRole("heading", { name: new RegExp(ready) }).first()).toBeVisible();
      await expect(page.getByRole("status", { name: /Asking|Reading/ })).toHaveCount(0);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      await page.screenshot({ path: `e2e/.out/${name.toLowerCase()}-${theme}-${width}.png` });
      if (width === 1440) await expectAccessible(page);
    });
  }
}

test("scenario 21: an empty server turns into the first event's trace by itself", async ({ page }) => {
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

test("a window over midnight fits into a narrow page", async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 900 });
  await page.clock.setFixedTime("2026-03-02T00:10:00+01:00");
  for (const [path, shown] of [["/traces?from=-2h", /Last 2.h Sun 1 Mar 22:10 – Mon 2 Mar 00:10/], ["/logs?from=2025-12-30T09:58:00Z&to=2026-01-02T14:10:00Z", /30 Dec.* – .*2 Jan/]] as const) {
    await page.goto(`${server()}/e/local${path}`);
    await expect(page.getByRole("group", { name: "Time" }).getByRole("button", { name: shown })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `e2e/.out/midnight-${path.slice(1, 5)}.png` });
  }
});
