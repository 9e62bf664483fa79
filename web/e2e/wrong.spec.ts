import { type Page, expect as check } from "@playwright/test";
import { expect, expectAccessible, server, test } from "./page";
import { plantCircle, plantWrong } from "./plant";

const rows = (page: Page) => page.getByRole("treegrid", { name: "Spans" });
const names = async (page: Page) => (await rows(page).getByRole("row").allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());

async function stored(trace: string, spans: number): Promise<void> {
  const count = async () => ((await (await fetch(`${server()}/hive/v1/e/local/traces/${trace}/skeleton`)).json()) as { span_count?: number }).span_count;
  await check.poll(count).toBe(spans);
}

test("a clock that is behind is told, aligned by one press, and the address keeps it; what is copied was received", async ({ page }) => {
  const trace = "5ce0".padEnd(32, "0");
  const start = Date.now() - 30 * 60_000;
  await plantWrong(server(), trace, start);
  await stored(trace, 6);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  await expect(page.getByText("backend's clock is about 132 ms behind ip-10-0-1-7.")).toBeVisible();
  await expect(page.getByText("Root not received; showing 1 part")).toBeVisible();
  // The trace is called after the longest span that came.
  await expect(page.getByRole("heading", { level: 1, name: "load" })).toBeVisible();
  await rows(page).getByRole("row", { name: /answer/ }).click();
  const panel = page.getByRole("complementary", { name: "Span answer" });
  const startsAt = panel.locator("dd", { hasText: /:\d\d/ });
  const before = await startsAt.innerText();
  const received = /\d\d:\d\d:\d\d[.,]\d+/.exec(before)?.[0] ?? "none";
  await page.getByRole("button", { name: "Align clocks" }).click();
  await expect(page).toHaveURL(/align=1/);
  await expect(page.getByText("Clocks aligned, dotted where bars were moved")).toBeVisible();
  await expect(startsAt).toContainText(/as received; moved by 132/);
  await expect(startsAt).toContainText(received);
  await expectAccessible(page);
  await page.screenshot({ path: "e2e/.out/aligned.png" });
  await page.reload();
  await expect(page.getByRole("button", { name: "As received" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("button", { name: "Align clocks" })).toBeVisible();
});

test("two spans of one id are both kept, the second under a row that says so, each with its own fields and address", async ({ page }) => {
  const trace = "5ce1".padEnd(32, "0");
  await plantWrong(server(), trace, Date.now() - 30 * 60_000);
  await stored(trace, 6);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  const once = rows(page).getByRole("row", { name: /once more 00000000/ });
  await expect(once).toContainText("another span has this id too");
  const all = await names(page);
  const at = all.findIndex((text) => text.startsWith("once more"));
  expect([all[at - 1], all[at + 1]].map((text) => text?.split(" web")[0])).toEqual(["draw", "draw again"]);
  await rows(page).getByRole("row", { name: /^draw again/ }).click();
  await expect(page.getByRole("complementary", { name: "Span draw again" }).getByText("draw again").nth(1)).toBeVisible();
  await page.reload();
  await expect(page.getByRole("complementary", { name: "Span draw again" })).toBeVisible();
  await once.click();
  await expect(page.getByRole("complementary", { name: /Span once more/ })).toContainText("both are kept");
});

test("spans that name each other as parents are shown from the earliest, under a row that says so", async ({ page }) => {
  const trace = "5ce2".padEnd(32, "0");
  await plantCircle(server(), trace, Date.now() - 30 * 60_000);
  await stored(trace, 3);
  await page.goto(`${server()}/e/local/trace/${trace}`);
  await expect(rows(page).getByRole("row").first()).toContainText("its own ancestor");
  await expect(rows(page).getByRole("row").first()).toContainText("name one another as parents");
  expect((await names(page)).map((text) => text.split(" web")[0]?.slice(0, 16))).toEqual(["its own ancestor", "egg", "hen", "chick"]);
  await expect(page.getByText("Root not received; showing 1 part")).toBeVisible();
  await page.screenshot({ path: "e2e/.out/circle.png" });
});
