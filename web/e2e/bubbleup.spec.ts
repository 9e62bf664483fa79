import { type Answer, graphsOf } from "../src/model/series";
import { drag, iso } from "./hand";
import { expect, expectAccessible, server, test } from "./page";

/** What the sample traffic plants in its first ten minutes: in which minutes, and which values make requests slow (hive-gen's `PlantedCause`). */
const CAUSE = { from: 4, to: 7, "app.build_id": "2024.42.1-rc1", "app.flag": "new-checkout", "app.region": "us-east-1" } as const;
const PLANTED = ["app.build_id", "app.flag", "app.region"] as const;
const SLOW_MS = 500;

test("a box over the slow band of sample traffic: what was planted comes first", async ({ page }) => {
  const since = Number(process.env.GLASSHIVE_SINCE);
  const range = { from: iso(since), to: iso(since + 600_000) };
  await page.goto(`${server()}/e/local/query?from=${range.from}&to=${range.to}&q=HEATMAP(duration_ms)+WHERE+trace.trace_id+exists`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await expect(heatmap).toBeVisible();
  // Rows are as high as one another: where the slow ones begin is told by how many there are.
  const response = await fetch(`${server()}/hive/v1/e/local/query`, { method: "POST", body: JSON.stringify({ text: `HEATMAP(duration_ms) WHERE trace.trace_id exists FROM ${range.from} TO ${range.to}`, want: ["series"] }) });
  const heat = graphsOf((await response.json()) as Answer).calculations[0]?.heat;
  if (!heat) throw new Error("there is no heatmap");
  const slow = heat.edges.findIndex((edge) => edge >= SLOW_MS);
  expect(slow).toBeGreaterThan(3);
  const rows = heat.rows + Number(heat.hasOver);
  // Inside of the minutes in which the cause is at work, from the top to the row above the one that half a second lies in.
  await drag(page, heatmap, [(CAUSE.from + 0.3) / 10, 0.01], [(CAUSE.to - 0.3) / 10, 1 - (slow + 0.5) / rows]);
  const figures = page.getByRole("region", { name: "BubbleUp" }).getByRole("figure");
  await expect(figures.nth(2)).toBeVisible();
  const first = await Promise.all([0, 1, 2].map(async (n) => (await figures.nth(n).getAttribute("aria-label")) ?? ""));
  expect(first.map((name) => name.split(":", 1)[0]).sort()).toEqual([...PLANTED]);
  for (const column of PLANTED) expect(first.find((name) => name.startsWith(`${column}:`))).toContain(CAUSE[column]);
  await page.screenshot({ path: "e2e/.out/planted.png" });
});

test("a box from the keyboard opens the comparison", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await heatmap.focus();
  for (const key of ["Enter", "Shift+ArrowLeft", "Shift+ArrowUp", "Enter"]) await page.keyboard.press(key);
  await expect(page).toHaveURL(/box=0:.*tab=bubbleup|tab=bubbleup.*box=0:/);
  await expect(page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first()).toBeVisible();
  await expectAccessible(page);
});

test("what is estimated from some of the events is said, and stands until all are counted", async ({ page }) => {
  // Fewer rows than the page asks for, so that sample traffic is more than enough; and what counts all of them waits.
  let count = () => {};
  const counted = new Promise<void>((resolve) => {
    count = resolve;
  });
  await page.route("**/compare", async (route) => {
    const body = route.request().postDataJSON() as { sample_rows?: number };
    if (body.sample_rows === undefined) await counted;
    await route.continue({ postData: JSON.stringify(body.sample_rows === undefined ? body : { ...body, sample_rows: 10_000 }) });
  });
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+service.name`);
  await page.getByRole("button", { name: /Actions for cart/ }).click();
  await page.getByRole("menuitem", { name: "Compare to rest" }).click();
  const comparison = page.getByRole("region", { name: "BubbleUp" });
  await expect(comparison.getByText(/^estimating: [\d\s,.k]+ of [\d\s,.kM]+ stored rows looked at so far$/)).toBeVisible();
  await expect(comparison.getByText(/^~.* selected/)).toBeVisible();
  await expect(comparison.getByRole("figure").first()).toBeVisible();
  count();
  await expect(comparison.getByText(/, every event counted$/)).toBeVisible();
  await expect(comparison.getByText(/^~/)).toHaveCount(0);
  await expect(comparison.getByRole("figure").first()).toBeVisible();
});

test("a group of the table against the rest", async ({ page }) => {
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+service.name`);
  await page.getByRole("button", { name: /Actions for cart/ }).click();
  await page.getByRole("menuitem", { name: "Compare to rest" }).click();
  await expect(page.getByRole("region", { name: "BubbleUp" }).getByRole("figure").first()).toBeVisible();
});

test("another box: what was shown stays, and what is searched for, until there is its answer", async ({ page }) => {
  let answerNext = () => {};
  let isHeld = false;
  const next = new Promise<void>((resolve) => {
    answerNext = resolve;
  });
  await page.route("**/compare", async (route) => {
    if (isHeld) await next;
    await route.continue();
  });
  await page.goto(`${server()}/e/local/query?from=-15m&q=HEATMAP(duration_ms)+WHERE+trace.trace_id+exists`);
  const heatmap = page.getByRole("application", { name: /HEATMAP/ });
  await drag(page, heatmap, [0.4, 0.02], [0.6, 0.5]);
  const comparison = page.getByRole("region", { name: "BubbleUp" });
  await expect(comparison.getByText(/, every event counted$/)).toBeVisible();
  isHeld = true;
  // Below the menu of the first.
  await drag(page, heatmap, [0.7, 0.7], [0.9, 0.98]);
  await expect(comparison).toHaveAttribute("aria-busy", "true");
  await expect(comparison).toHaveClass("stale");
  await expect(comparison.getByRole("figure").first()).toBeVisible();
  const search = comparison.getByRole("searchbox", { name: "Search columns" });
  await search.pressSequentially("service");
  await expect(search).toBeFocused();
  await expect(search).toHaveValue("service");
  answerNext();
  await expect(comparison).not.toHaveClass("stale");
  await expect(search).toBeFocused();
});

test("where not all events could be counted, the estimate stands as one, with the reason and a second try", async ({ page }) => {
  let fails = true;
  await page.route("**/compare", async (route) => {
    const body = route.request().postDataJSON() as { sample_rows?: number };
    if (body.sample_rows !== undefined) return route.continue({ postData: JSON.stringify({ ...body, sample_rows: 10_000 }) });
    return fails ? route.fulfill({ status: 400, contentType: "application/problem+json", body: JSON.stringify({ title: "Too much", status: 400, detail: "the sides are too large" }) }) : route.continue();
  });
  await page.goto(`${server()}/e/local/query?from=-15m&q=COUNT+GROUP+BY+service.name`);
  await page.getByRole("button", { name: /Actions for cart/ }).click();
  await page.getByRole("menuitem", { name: "Compare to rest" }).click();
  const comparison = page.getByRole("region", { name: "BubbleUp" });
  await expect(comparison.getByRole("alert")).toContainText("The sides are too large.");
  await expect(comparison.getByText(/^estimated: [\d\s,.k\u202f]+ of [\d\s,.kM\u202f]+ stored rows looked at$/)).toBeVisible();
  await expect(comparison.getByRole("figure").first()).toBeVisible();
  fails = false;
  await comparison.getByRole("button", { name: "Try again" }).click();
  await expect(comparison.getByText(/, every event counted$/)).toBeVisible();
});
