import type { Page } from "@playwright/test";
import { expect, expectAccessible, server, test } from "./page";

const pieces = (page: Page, clause: string) => page.getByRole("list", { name: clause, exact: true }).getByRole("listitem");
const piece = (page: Page, name: RegExp) => page.getByRole("button", { name });
const open = async (page: Page, query: string) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=${encodeURIComponent(query)}`);
  await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
};

test("a whole clause is copied, pasted into another query, and put where it belongs", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "COUNT WHERE service.name = cart AND trace.trace_id exists GROUP BY name");
  await piece(page, /^WHERE 1 of 2/).focus();
  for (const key of ["Space", "Control+a", "Control+c"]) await page.keyboard.press(key);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("WHERE #off service.name = cart AND trace.trace_id exists");
  await open(page, "COUNT");
  // Whatever clause it is pasted into: it says itself which it is.
  await page.getByRole("combobox", { name: "Add to GROUP BY" }).focus();
  await page.keyboard.press("Control+v");
  await expect(pieces(page, "WHERE")).toHaveCount(2);
  await expect(piece(page, /^WHERE 1 of 2: service.name = cart, off/)).toBeVisible();
  await expect(pieces(page, "GROUP BY")).toHaveCount(0);
  // What was turned off is so in the address.
  await page.getByRole("combobox", { name: "Add to GROUP BY" }).press("Shift+Enter");
  await expect(page).toHaveURL(/WHERE\+%23off\+service\.name\+=\+cart\+AND\+trace\.trace_id\+exists/);
  // One piece is a text as any other.
  await piece(page, /^WHERE 2 of 2/).focus();
  await page.keyboard.press("Control+c");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("trace.trace_id exists");
  for (const key of ["Control+a", "Delete"]) await page.keyboard.press(key);
  await expect(pieces(page, "WHERE")).toHaveCount(0);
  await page.getByRole("combobox", { name: "Add to WHERE" }).focus();
  await page.keyboard.press("Control+v");
  await page.keyboard.press("Shift+Enter");
  await expect(piece(page, /^WHERE 1 of 1: trace.trace_id exists/)).toBeVisible();
});

test("pieces change places, and clauses, by hand and by keys", async ({ page }) => {
  await open(page, "COUNT, P95(duration_ms) WHERE service.name = cart GROUP BY name, http.route");
  await piece(page, /^GROUP BY 1 of 2: name/).focus();
  await page.keyboard.press("Shift+ArrowRight");
  await expect(pieces(page, "GROUP BY")).toHaveText([/^http.route/, /^name/]);
  await expect(piece(page, /^GROUP BY 2 of 2: name/)).toBeFocused();
  await pieces(page, "GROUP BY").nth(1).dragTo(pieces(page, "GROUP BY").nth(0));
  await expect(pieces(page, "GROUP BY")).toHaveText([/^name/, /^http.route/]);
  // COUNT in ORDER BY sorts by it, and is counted still.
  await pieces(page, "VISUALIZE").first().dragTo(page.getByRole("group", { name: "ORDER BY" }));
  await expect(pieces(page, "ORDER BY")).toHaveText([/^COUNT desc/]);
  await expect(pieces(page, "VISUALIZE")).toHaveCount(2);
  await piece(page, /^WHERE 1 of 1/).focus();
  await page.keyboard.press("m");
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/piece-menu.png" });
  await page.getByRole("menuitem", { name: "To GROUP BY: service.name" }).click();
  await expect(pieces(page, "GROUP BY")).toHaveText([/^name/, /^http.route/, /^service.name/]);
  await expect(pieces(page, "WHERE")).toHaveCount(0);
});

test("a column of numbers that is asked for a word: the column that holds it, with one press", async ({ page }) => {
  await open(page, "COUNT");
  await page.getByRole("combobox", { name: "Add to WHERE" }).fill("duration_ms = cart");
  await page.keyboard.press("Shift+Enter");
  const mistake = page.getByRole("status").filter({ hasText: "duration_ms is a number; “cart” is not." });
  await expect(mistake).toContainText("Did you mean service.name = cart?");
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/clash.png" });
  await mistake.getByRole("button", { name: "Use service.name = cart" }).click();
  await expect(page).toHaveURL(/WHERE\+service\.name\+=\+cart/);
  await expect(mistake).toHaveCount(0);
  await expect(page.getByRole("status").filter({ hasText: "events matched" })).toBeVisible();
});
