import type { Page } from "@playwright/test";

export const round = (value: number) => Math.round(value * 10) / 10;

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds. */
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

interface Traced<T> {
  value: T;
  /** Those of the page's main thread. */
  tasks: TraceEvent[];
  marks: TraceEvent[];
}

/** What the page's main thread did while something was done. */
export async function tracedWith<T>(page: Page, categories: string[], act: () => Promise<T>): Promise<Traced<T>> {
  const browser = page.context().browser();
  if (!browser) throw new Error("there is no browser");
  await browser.startTracing(page, { categories });
  const value = await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const mains = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(({ pid, tid }) => `${pid}/${tid}`));
  const tasks = traceEvents.filter(({ name, ph, pid, tid }) => ph === "X" && name.endsWith("RunTask") && mains.has(`${pid}/${tid}`));
  return { value, tasks, marks: traceEvents.filter(({ name }) => name === BODY || name === PIXELS).sort((a, b) => a.ts - b.ts) };
}

/** The longest task of the page's main thread while something was done: as it was, and in processor time, which other programs do not add to. */
export async function traced<T>(page: Page, act: () => Promise<T>): Promise<{ value: T; longest_task: number; longest_task_cpu: number; tasks_cpu_over_50: number }> {
  const { value, tasks } = await tracedWith(page, ["toplevel", "disabled-by-default-devtools.timeline"], act);
  const most = (of: (event: TraceEvent) => number | undefined) => round(tasks.reduce((best, event) => Math.max(best, (of(event) ?? 0) / 1e3), 0));
  return { value, longest_task: most(({ dur }) => dur), longest_task_cpu: most(({ tdur }) => tdur), tasks_cpu_over_50: tasks.filter(({ tdur }) => (tdur ?? 0) > 50_000).length };
}

const BODY = "glasshive: the body of an answer is there";
const PIXELS = "glasshive: a frame after it is drawn";

/** Marks in the page when the text of an answer is handed over, and when a second frame after the last change of the document is drawn. */
export async function markAnswers(page: Page): Promise<void> {
  await page.addInitScript(
    ([body, pixels]) => {
      // What was on its way before a body came says nothing of its answer.
      let turn = 0;
      const read = Response.prototype.text;
      Response.prototype.text = async function (this: Response) {
        const text = await read.call(this);
        if (this.url.endsWith("/query")) {
          turn++;
          performance.mark(body);
        }
        return text;
      };
      const afterFrame = (act: () => void) =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port2.onmessage = act;
          port1.postMessage(0);
        });
      new MutationObserver(() => {
        const own = ++turn;
        // What is drawn on canvases after the document has changed is in the frame that follows at the latest.
        afterFrame(() => afterFrame(() => own === turn && performance.mark(pixels)));
      }).observe(document, { childList: true, characterData: true, subtree: true });
    },
    [BODY, PIXELS] as const,
  );
}

/** Bodies that come within so many microseconds answer one press. */
const ONE_PRESS = 400_000;

/** For each press: the processor time of all tasks from the one that hands over the first body to the frame that shows the last. */
export function fromBodyToPixels({ tasks, marks }: Traced<unknown>): number[] {
  const bodies = marks.filter(({ name }) => name === BODY).map(({ ts }) => ts);
  const starts = bodies.filter((ts, n) => n === 0 || ts - (bodies[n - 1] ?? 0) > ONE_PRESS);
  return starts.map((first) => {
    const last = bodies.findLast((ts) => ts < first + ONE_PRESS) ?? first;
    const pixels = marks.find(({ name, ts }) => name === PIXELS && ts > last)?.ts;
    if (pixels === undefined) throw new Error("no frame came after an answer");
    return tasks.filter(({ ts, dur = 0 }) => ts + dur >= first && ts < pixels).reduce((sum, { tdur = 0 }) => sum + tdur / 1e3, 0);
  });
}
