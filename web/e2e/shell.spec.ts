import { expect, expectAccessible, server, test } from "./page";
import { plantCalls } from "./plant";
import { start } from "./server";

test("keys lead to pages, the palette finds and opens", async ({ page }) => {
  await page.goto(`${server()}/`);
  await expect(page).toHaveURL(/\/e\/local/);
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await expect(page.getByRole("heading", { level: 1, name: "Query" })).toBeVisible();
  await page.keyboard.press("/");
  await page.getByRole("combobox", { name: /Search/ }).fill("http.route");
  await expect(page.getByRole("option", { name: /^http\.route/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/COUNT\+GROUP\+BY\+http\.route/);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("time as text, and what is wrong with it", async ({ page }) => {
  await page.goto(`${server()}/e/local/query`);
  await page.getByRole("button", { name: /Last 2/ }).click();
  const field = page.getByRole("textbox", { name: "Time range as text" });
  await field.fill("15:00 .. 99:00");
  await expect(page.getByText("Character 10")).toBeVisible();
  await field.fill("last 90 min");
  await expectAccessible(page);
  await field.press("Enter");
  await expect(page).toHaveURL(/from=-1h30m/);
});

test("the server goes away and comes back", async ({ page }) => {
  const own = await start("serve");
  try {
    await page.goto(`${own.url}/e/local/query`);
    await expect(page.getByText("Paste these lines")).toBeVisible();
    await expectAccessible(page);
    await own.stop();
    await expect(page.getByText("Server not reached since")).toBeVisible();
    const again = await start("serve", [], own.address, own.data);
    await expect(page.getByText("Server not reached since")).toHaveCount(0);
    await again.stop();
  } finally {
    await own.remove();
  }
});

test("what was answered stays while the server is gone, also when it is asked again", async ({ page }) => {
  const own = await start("serve");
  try {
    await plantCalls(own.url);
    await page.goto(`${own.url}/e/local/query?q=COUNT`);
    await expect(page.getByRole("application", { name: /^COUNT/ })).toBeVisible();
    await own.stop();
    await page.keyboard.press("r");
    await expect(page.getByRole("alert")).toContainText("Server not reached");
    await expect(page.getByRole("application", { name: /^COUNT/ })).toBeVisible();
    await expect(page.getByRole("region", { name: "Groups" })).toBeVisible();
  } finally {
    await own.remove();
  }
});

test("the dot is green when something arrives, whenever it happened", async ({ page }) => {
  const own = await start("serve");
  try {
    await page.goto(`${own.url}/e/local/query`);
    const dot = page.getByRole("link", { name: /^Server:/ });
    await expect(dot).not.toHaveText("ok");
    await plantCalls(own.url, Date.now() - 20 * 60_000);
    await expect(dot).toHaveText("ok");
    await page.reload();
    await expect(dot).toHaveText("ok");
  } finally {
    await own.remove();
  }
});

test("an address of nothing says so", async ({ page }) => {
  await page.goto(`${server()}/e/local/nowhere`);
  await expect(page.getByRole("heading", { name: "Nothing is at this address" })).toBeVisible();
  await expectAccessible(page);
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
