import type { Page } from "@playwright/test";
import { drag } from "./hand";
import { expect, test } from "./page";
import { SLOW, plant, plantCalls } from "./plant";
import { type Running, start } from "./server";

/** Letters differ from machine to machine: each is a box of one size. Where words stand, and how many, is part of the picture. */
async function drawLettersAsBoxes(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const [width, height] = [6, 7];
    const draw = CanvasRenderingContext2D.prototype;
    draw.measureText = ((text: string) => ({ width: text.length * width })) as typeof draw.measureText;
    draw.strokeText = () => undefined;
    draw.fillText = function (this: CanvasRenderingContext2D, text: string, x: number, y: number) {
      const wide = text.length * width;
      const left = this.textAlign === "right" || this.textAlign === "end" ? x - wide : this.textAlign === "center" ? x - wide / 2 : x;
      const top = this.textBaseline === "middle" ? y - height / 2 : this.textBaseline === "top" ? y : y - height;
      for (let n = 0; n < text.length; n++) if (text[n] !== " ") this.fillRect(Math.round(left) + n * width, Math.round(top), width - 1, height);
    };
  });
}

/** Words of the page itself are left out of a picture; what they take of the room is fixed. */
const WITHOUT_WORDS = `
  * { color: transparent !important; caret-color: transparent !important; }
  .row .names > *:not(.swatch), .row .time, .ruler, .tip, summary { visibility: hidden !important; }
  .trace-body { flex: none !important; height: 300px !important; }
  .marker, .selection-menu { display: none !important; }
  ::-webkit-scrollbar { display: none; }
`;

const at = (text: string) => Date.parse(text);
const range = (from: string, to: string) => `from=${from}&to=${to}&tz=utc`;

for (const theme of ["light", "dark"] as const) {
  test.describe(theme, () => {
    let own: Running;
    let slow = "";
    test.use({ viewport: { width: 900, height: 900 }, deviceScaleFactor: 1, bypassCSP: true, colorScheme: theme });
    test.beforeAll(async () => {
      own = await start("serve");
      await plant(own.url, at("2026-03-02T12:25:00Z"));
      slow = (await plantCalls(own.url, at("2026-03-03T12:20:00Z"))).slow;
    });
    test.afterAll(() => own.remove());
    test.beforeEach(({ page }) => drawLettersAsBoxes(page));
    const words = (page: Page) => page.addStyleTag({ content: WITHOUT_WORDS });
    const users = range("2026-03-02T12:00:00Z", "2026-03-02T12:25:00Z");

    test("a heatmap, with a box and what it can be taken by, and its panels", async ({ page }) => {
      await page.goto(`${own.url}/e/local/query?${users}`);
      const heatmap = page.getByRole("application", { name: /HEATMAP/ });
      await expect(heatmap).toBeVisible();
      await words(page);
      await expect(heatmap).toHaveScreenshot(`heatmap-${theme}.png`);
      await drag(page, heatmap, [SLOW.from - 0.03, 0.01], [SLOW.to + 0.03, 0.3]);
      const panels = page.getByRole("region", { name: "BubbleUp" }).getByRole("figure");
      await expect(panels.first()).toHaveAccessibleName(/^user\.id: 7 is /);
      await page.mouse.move(2, 2);
      await expect(heatmap).toHaveScreenshot(`box-${theme}.png`);
      await expect(panels.first().locator(".bars")).toHaveScreenshot(`bars-${theme}.png`);
    });

    test("lines by group beside an earlier period, and percentiles over a heatmap", async ({ page }) => {
      await page.addInitScript(() => localStorage.setItem("glasshive.percentiles", "true"));
      await page.goto(`${own.url}/e/local/query?${users}&q=P95(duration_ms)+GROUP+BY+region&cmp=5m`);
      const lines = page.getByRole("application", { name: /P95/ });
      await expect(lines).toBeVisible();
      await words(page);
      await expect(lines).toHaveScreenshot(`lines-${theme}.png`);
      await page.goto(`${own.url}/e/local/query?${users}&q=HEATMAP(duration_ms)+WHERE+user.id+=+7`);
      const heatmap = page.getByRole("application", { name: /HEATMAP/ });
      await expect(heatmap).toBeVisible();
      await expect(page.locator(".stale")).toHaveCount(0);
      await words(page);
      await expect(heatmap).toHaveScreenshot(`percentiles-${theme}.png`);
    });

    test("a waterfall with repetition and critical path, its small picture, and figures of two sides", async ({ page }) => {
      await page.goto(`${own.url}/e/local/trace/${slow}?at=${at("2026-03-03T12:12:30Z")}`);
      const rows = page.getByRole("treegrid", { name: "Spans" });
      await expect(rows.getByRole("row")).toHaveCount(2);
      await words(page);
      await expect(page.getByRole("img", { name: /^The whole trace/ })).toHaveScreenshot(`minimap-${theme}.png`);
      await rows.focus();
      for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "Escape"]) await page.keyboard.press(key);
      await expect(rows.getByRole("row")).toHaveCount(10);
      await page.getByRole("tab", { name: "Waterfall" }).focus();
      await expect(rows).toHaveScreenshot(`waterfall-${theme}.png`);
      // The slow minutes of one user beside the others.
      const box = `0:${at("2026-03-02T12:10:00Z")},${at("2026-03-02T12:17:30Z")}`;
      await page.goto(`${own.url}/e/local/query?${users}&q=COUNT+WHERE+user.id+=+7&box=${box}&tab=bubbleup`);
      const outline = page.getByRole("figure", { name: /^duration_ms/ }).locator("svg");
      await expect(outline).toBeVisible();
      await words(page);
      await expect(outline).toHaveScreenshot(`outlines-${theme}.png`);
    });
  });
}
