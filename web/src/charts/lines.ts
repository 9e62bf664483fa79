import { inUnit } from "../lib/format";
import { type Calculation, type Grid, extent, strideOf } from "../model/series";
import { linearTicks, logTicks } from "../model/ticks";
import { type Frame, xOf } from "./frame";

export interface LineView {
  lines: Float64Array[];
  grid: Grid;
  low: number;
  high: number;
  log: boolean;
  ticks: number[];
}

/** The scale of several lines, and of others that are drawn along: from 0 unless logarithmic, up to `clip` where that is lower than the highest. */
export function lineView(lines: Float64Array[], grid: Grid, frame: Frame, log: boolean, along: readonly Float64Array[] = [], clip?: number): LineView {
  const whole = extent([...lines, ...along]) ?? { low: 0, high: 1 };
  const isClipped = clip !== undefined && clip < whole.high && clip > Math.min(0, whole.low);
  const known = isClipped ? { low: Math.min(whole.low, clip), high: clip } : whole;
  const most = Math.max(2, Math.floor(frame.height / 32));
  if (log && known.high > 0) {
    let low = known.high;
    for (const line of [...lines, ...along]) for (const value of line) if (value > 0 && value < low) low = value;
    low = Math.min(low, known.high / 10);
    return { lines, grid, log: true, low, high: known.high, ticks: logTicks(low, known.high, most) };
  }
  const ticks = linearTicks(Math.min(0, known.low), Math.max(known.high, known.low === known.high ? known.high || 1 : 0), most);
  // What is cut off ends where it was cut, not at the next round value.
  if (isClipped) return { lines, grid, log: false, low: ticks[0] ?? 0, high: clip, ticks: ticks.filter((tick) => tick <= clip) };
  return { lines, grid, log: false, low: ticks[0] ?? 0, high: ticks.at(-1) ?? 1, ticks };
}

/** The value at a pixel. */
export function valueAt({ low, high, log }: LineView, frame: Frame, y: number): number {
  const share = Math.min(1, Math.max(0, (frame.top + frame.height - y) / frame.height));
  return log ? low * (high / low) ** share : low + share * (high - low);
}

export function yOf({ low, high, log }: LineView, frame: Frame, value: number): number {
  const share = log ? Math.log(Math.max(value, low) / low) / Math.log(high / low || 10) : (value - low) / (high - low || 1);
  return frame.top + frame.height * (1 - Math.min(1, Math.max(0, share)));
}

/** Gaps stay gaps, but for the interval at which points come; a point alone is a dot; what `faded` names is drawn thin. */
export function paintLines(context: CanvasRenderingContext2D, frame: Frame, view: LineView, colours: readonly string[], only: number | undefined, unfinishedFrom: number, joined = false): void {
  const { lines, grid } = view;
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top - 2, frame.width, frame.height + 4);
  context.clip();
  context.lineJoin = "round";
  const order = lines.map((_, n) => n).sort((a, b) => Number(a === only) - Number(b === only) || b - a);
  // The first step that is not over.
  const open = Math.min(grid.steps, Math.max(0, Math.floor((unfinishedFrom - grid.first) / grid.step)));
  for (const n of order) {
    const line = lines[n];
    if (!line) continue;
    context.globalAlpha = only === undefined || only === n ? 1 : 0.25;
    context.strokeStyle = colours[n] ?? "";
    context.fillStyle = colours[n] ?? "";
    context.lineWidth = only === n ? 2 : 1.5;
    const place = (value: number) => yOf(view, frame, value);
    strokeLine(context, line, grid, frame, place, 0, open, joined);
    if (open < grid.steps) {
      context.setLineDash([3, 3]);
      strokeLine(context, line, grid, frame, place, Math.max(0, open - 1), grid.steps, joined);
      context.setLineDash([]);
    }
    paintAlone(context, line, grid, frame, place);
  }
  context.restore();
}

/** A dot for each point that no line leads to, and for each of those that stand apart at an interval. */
function paintAlone(context: CanvasRenderingContext2D, line: Float64Array, grid: Grid, frame: Frame, place: (value: number) => number): void {
  context.beginPath();
  const apart = strideOf(line) > 1;
  for (let step = 0; step < grid.steps; step++) {
    const value = line[step] ?? Number.NaN;
    if (!Number.isFinite(value) || (!apart && (Number.isFinite(line[step - 1] ?? Number.NaN) || Number.isFinite(line[step + 1] ?? Number.NaN)))) continue;
    const [x, y] = [xOf(frame, grid.first + (step + 0.5) * grid.step), place(value)];
    context.moveTo(x + 2, y);
    context.arc(x, y, 2, 0, Math.PI * 2);
  }
  context.fill();
}

/** Lines of an earlier time under those of the present: dashed, thin. */
export function paintBefore(context: CanvasRenderingContext2D, frame: Frame, view: LineView, grid: Grid, lines: readonly (Float64Array | undefined)[], colours: readonly string[]): void {
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top - 2, frame.width, frame.height + 4);
  context.clip();
  context.lineWidth = 1.25;
  context.globalAlpha = 0.75;
  context.setLineDash([2, 3]);
  lines.forEach((line, n) => {
    if (!line) return;
    context.strokeStyle = colours[n] ?? "";
    strokeLine(context, line, grid, frame, (value) => yOf(view, frame, value));
  });
  context.restore();
}

/** A line through the middles of its steps, or of some of them; gaps longer than its stride stay gaps unless they are joined. One stroke, whatever its length. */
export function strokeLine(context: CanvasRenderingContext2D, line: Float64Array, grid: Grid, frame: Frame, place: (value: number) => number, from = 0, to = grid.steps, joined = false): void {
  context.beginPath();
  const stride = joined ? grid.steps : strideOf(line);
  let last = Number.NEGATIVE_INFINITY;
  for (let step = Math.max(0, from - stride + 1); step < to; step++) {
    const value = line[step] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const x = xOf(frame, grid.first + (step + 0.5) * grid.step);
    if (step - last <= stride && step >= from) context.lineTo(x, place(value));
    else context.moveTo(x, place(value));
    last = step;
  }
  context.stroke();
}

/** The line that lies nearest to a height at a step; nothing when none has a value there. */
export function nearestLine(view: LineView, frame: Frame, step: number, y: number): number | undefined {
  let best: number | undefined;
  let distance = Number.POSITIVE_INFINITY;
  view.lines.forEach((line, n) => {
    const value = line[step] ?? Number.NaN;
    if (!Number.isFinite(value)) return;
    const away = Math.abs(yOf(view, frame, value) - y);
    if (away >= distance) return;
    best = n;
    distance = away;
  });
  return best;
}

export function valueTicks(calculation: Calculation, view: LineView, frame: Frame): { y: number; label: string }[] {
  return view.ticks.map((value) => ({ y: yOf(view, frame, value), label: inUnit(value, calculation.measure) }));
}
