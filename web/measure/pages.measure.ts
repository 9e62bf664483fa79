import { appendFileSync, mkdirSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import type { CDPSession, Page } from "@playwright/test";
import { expect, test, withPages } from "../e2e/page";
import { plantLarge } from "../e2e/plant";
import { type Running, start } from "../e2e/server";
import { answerOf } from "./answers";
import { fromBodyToPixels, markAnswers, round, traced, tracedWith } from "./tasks";

const results = fileURLToPath(new URL("../../benchmarks/pages/results.jsonl", import.meta.url));
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"]).toString().trim();

/** Writes a reading. Times are milliseconds. */
function record(reading: string, values: Record<string, number | string>): void {
  mkdirSync(fileURLToPath(new URL("../../benchmarks/pages", import.meta.url)), { recursive: true });
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? "", load: Number(loadavg()[0]?.toFixed(1)) };
  appendFileSync(results, `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), commit, reading, ...values, machine })}\n`);
  console.log(reading, values);
}

const middle = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

/** Notes the main thread's tasks of more than 50 ms, and when rows first stand there. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = { tasks: [] as { at: number; took: number }[], firstRow: 0 };
    (window as unknown as { seen: typeof seen }).seen = seen;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.tasks.push({ at: entry.startTime, took: entry.duration });
    }).observe({ type: "longtask", buffered: true });
    new MutationObserver(() => {
      if (seen.firstRow === 0 && document.querySelector(".waterfall .row")) requestAnimationFrame(() => setTimeout(() => (seen.firstRow ||= performance.now())));
    }).observe(document, { childList: true, subtree: true });
  });
}

interface Seen {
  tasks: { at: number; took: number }[];
  firstRow: number;
}
const seen = (page: Page) => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

/** Scrolls an element through its height, or 400,000 pixels of it, in so many frames. */
async function scrolled(page: Page, selector: string, frames: number): Promise<Record<string, number>> {
  const { value, ...tasks } = await traced(page, () =>
    page.evaluate(
      ([chosen, count]) =>
        new Promise<{ frames: number[]; px: number }>((resolve) => {
          const element = document.querySelector<HTMLElement>(chosen);
          if (!element) throw new Error(`nothing is ${chosen}`);
          const list: number[] = [];
          let last = performance.now();
          const step = () => {
            const time = performance.now();
            list.push(time - last);
            last = time;
            element.scrollTop = (list.length / count) * Math.min(element.scrollHeight, 400_000);
            if (list.length < count) requestAnimationFrame(step);
            else resolve({ frames: list.slice(1), px: element.scrollTop });
          };
          requestAnimationFrame(step);
        }),
      [selector, frames] as const,
    ),
  );
  const sorted = value.frames.sort((a, b) => a - b);
  return { ...tasks, frame_median: round(middle(sorted)), frame_p95: round(sorted[Math.floor(sorted.length * 0.95)] ?? 0), scrolled_px: value.px };
}

test.describe("100,000 events", () => {
  let own: Running;
  let id = "";
  test.beforeAll(async () => {
    test.setTimeout(600_000);
    own = await start("serve");
    id = await plantLarge(own.url, 100_000);
  });
  test.afterAll(() => own.remove());

  test("a trace of 100,000 spans", async ({ page }) => {
    const opened: number[] = [];
    const drawn: number[] = [];
    for (let n = 0; n < 5; n++) {
      const tab = await withPages(await page.context().newPage());
      await watch(tab);
      await tab.goto(`${own.url}/e/local/trace/${id}`);
      await tab.waitForFunction(() => (window as unknown as { seen: { firstRow: number } }).seen.firstRow > 0, undefined, { timeout: 120_000 });
      const { firstRow } = await seen(tab);
      const lastByte = await tab.evaluate(() => performance.getEntriesByType("resource").find(({ name }) => name.includes("/skeleton")) as PerformanceResourceTiming).then(({ responseEnd }) => responseEnd);
      opened.push(firstRow);
      drawn.push(firstRow - lastByte);
      if (n < 4) await tab.close();
      else {
        record("trace of 100,000 spans: from the address to the first rows", { median: round(middle(opened)), all: opened.map(round).join(" ") });
        record("trace of 100,000 spans: from the last byte to the first rows", { median: round(middle(drawn)), all: drawn.map(round).join(" ") });
        await tab.getByRole("treegrid", { name: "Spans" }).focus();
        await tab.keyboard.press("}");
        await expect(tab.getByText("100 k rows")).toBeVisible();
        record("trace of 100,000 spans, all open: scrolling", await scrolled(tab, ".waterfall", 240));
        const { value: _, ...tasks } = await traced(tab, async () => {
          await tab.keyboard.press("{");
          await expect(tab.getByText(/^1 row$/)).toBeVisible();
          await tab.keyboard.press("/");
          await tab.keyboard.type("UPDATE");
          await expect(tab.getByText(/^1 hit$/)).toBeVisible();
        });
        record("trace of 100,000 spans: close all, then find by typing", tasks);
        const client = await tab.context().newCDPSession(tab);
        await client.send("HeapProfiler.collectGarbage");
        const heap = await tab.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize);
        record("trace of 100,000 spans: heap", { megabytes: round(heap / 1e6) });
        await tab.close();
      }
    }
  });

  test("100,000 raw rows", async ({ page }) => {
    await watch(page);
    await page.goto(`${own.url}/e/local/query?q=COUNT&tab=raw&from=-30m`);
    const grid = page.getByRole("grid", { name: /Events/ });
    await expect(grid).toBeVisible();
    const { value: rows, ...tasks } = await traced(page, async () => {
      let known = 0;
      for (let n = 0; n < 60 && known < 100_000; n++) {
        const before = known;
        await page.evaluate(() => {
          const list = document.querySelector(".raw-rows");
          list?.scrollTo(0, list.scrollHeight);
        });
        await expect(async () => {
          known = Number(await grid.getAttribute("aria-rowcount"));
          expect(known).toBeGreaterThan(before);
        }).toPass({ timeout: 60_000 });
      }
      return known;
    });
    record("100,000 raw rows: loading them page by page", { rows, ...tasks });
    await page.evaluate(() => document.querySelector(".raw-rows")?.scrollTo(0, 0));
    record("100,000 raw rows: scrolling", await scrolled(page, ".raw-rows", 240));
  });
});

async function duration(client: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await client.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1e3]));
}

test.describe("answers of a known size", () => {
  let own: Running;
  test.beforeAll(async () => {
    own = await start("serve");
    await plantLarge(own.url, 1_000);
  });
  test.afterAll(() => own.remove());

  for (const [name, groups, isHeat] of [["heatmap of 120 x 50 and a table of 1,000 rows", 1_000, true], ["heatmap of 120 x 50 and a table of 100 rows", 100, true], ["10,000 groups", 10_000, false]] as const) {
    test(name, async ({ page }) => {
      await watch(page);
      await markAnswers(page);
      let turn = 0;
      await page.route(/\/hive\/v1\/e\/local\/query$/, (route) => {
        const { text } = JSON.parse(route.request().postData() ?? "{}") as { text: string };
        const isWhole = isHeat && !text.includes("GROUP BY");
        return route.fulfill({ contentType: "application/json", body: answerOf(isWhole ? 1 : groups, isHeat, turn++) });
      });
      const q = isHeat ? "HEATMAP(duration_ms),+COUNT+GROUP+BY+name" : "COUNT,+P95(duration_ms)+GROUP+BY+name";
      await page.goto(`${own.url}/e/local/query?q=${q}&from=-2h`);
      await expect(page.getByRole("region", { name: "Groups" })).toBeVisible();
      const client = await page.context().newCDPSession(page);
      // What other programs take of the machine is not counted.
      await client.send("Performance.enable", { timeDomain: "threadTicks" });
      const all: number[] = [];
      const scripts: number[] = [];
      for (let n = 0; n < 15; n++) {
        await page.waitForTimeout(700);
        const before = await duration(client);
        await page.keyboard.press("r");
        await page.waitForTimeout(900);
        const after = await duration(client);
        all.push((after.TaskDuration ?? 0) - (before.TaskDuration ?? 0));
        scripts.push((after.ScriptDuration ?? 0) - (before.ScriptDuration ?? 0));
      }
      record(`${name}: main thread for a new answer, from the key to the pixels, processor time`, { median: round(middle(all)), script: round(middle(scripts)), least: round(Math.min(...all)) });
      const readAnswers = async (where: string) => {
        const answers = fromBodyToPixels(
          await tracedWith(page, ["toplevel", "blink.user_timing"], async () => {
            for (let n = 0; n < 15; n++) {
              await page.keyboard.press("r");
              await page.waitForTimeout(900);
            }
          }),
        );
        record(`${name}${where}: main thread for a new answer, from its body to the pixels, processor time`, { median: round(middle(answers)), least: round(Math.min(...answers)), most: round(Math.max(...answers)), all: answers.map(round).join(" ") });
      };
      await readAnswers("");
      if (groups > 1) {
        // Only what is in sight is drawn: here all of the table's frame is.
        await page.evaluate(() => document.querySelector(".main")?.scrollTo(0, Number.MAX_SAFE_INTEGER));
        await page.waitForTimeout(700);
        await readAnswers(", the table in sight");
        await page.evaluate(() => document.querySelector(".main")?.scrollTo(0, 0));
      }
      const { value: _, ...tasks } = await traced(page, async () => {
        await page.keyboard.press("r");
        await page.waitForTimeout(1_500);
      });
      record(`${name}: a new answer, tasks`, tasks);
      if (groups > 1) record(`${name}: scrolling the table`, await scrolled(page, ".grid-wrap", 180));
    });
  }
});
