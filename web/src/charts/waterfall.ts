import type { BySpan } from "../model/critical";
import { type Repetition, repetitionOf } from "../model/rows";
import { ERROR, MISSING, type Trace, UNFINISHED, has } from "../model/trace";
import { type Colours, slotColour } from "./colours";

/** The part of a trace's time that is shown, nanoseconds from its start. */
export interface Span {
  from: number;
  to: number;
}

export interface WaterfallView {
  trace: Trace;
  rows: Int32Array;
  repetitions: readonly Repetition[];
  shown: Span;
  /** The first row that shows, and how many. */
  first: number;
  last: number;
  rowHeight: number;
  selected: number;
  /** Spans that the search found. */
  hits: Uint8Array | undefined;
  /** Parts of the critical path, by span. */
  critical: BySpan | undefined;
  /** Which spans are open; nothing where all are. */
  open: Uint8Array | undefined;
  /** How far the spans below each one reach. */
  reaches: { from: Float64Array; to: Float64Array };
}

/** Room beside the bars, CSS pixels. */
const PAD = 8;

export const barX = ({ from, to }: Span, width: number, at: number): number => PAD + ((at - from) / (to - from)) * (width - 2 * PAD);
export const barTime = ({ from, to }: Span, width: number, x: number): number => from + ((x - PAD) / (width - 2 * PAD)) * (to - from);

/** The colour of a service of a trace, the same in all of its views and in others where none is in the way. */
export const serviceColour = (colours: Colours, trace: Trace, service: number): string => slotColour(colours, trace.slots[service] ?? 0);

/** The bars of the rows that show; row `first` at the top of the canvas. */
export function paintBars(context: CanvasRenderingContext2D, width: number, view: WaterfallView, colours: Colours): void {
  const { trace, rows, repetitions, shown, first, last, rowHeight, selected, hits } = view;
  context.textBaseline = "middle";
  context.font = `11px ${colours.sans}`;
  for (let index = first; index < last; index++) {
    const row = rows[index];
    if (row === undefined) break;
    const top = (index - first) * rowHeight;
    if (row < 0) {
      const repetition = repetitions[repetitionOf(row)];
      if (repetition) paintRepetition(context, width, top, rowHeight, trace, repetition, shown, colours);
      continue;
    }
    if (hits?.[row]) {
      context.fillStyle = colours.accent;
      context.globalAlpha = 0.14;
      context.fillRect(0, top, width, rowHeight);
      context.globalAlpha = 1;
    }
    paintSpan(context, width, top, view, row, colours);
    if (row === selected) {
      context.strokeStyle = colours.focus;
      context.lineWidth = 1;
      context.strokeRect(0.5, top + 0.5, width - 1, rowHeight - 1);
    }
  }
}

function paintSpan(context: CanvasRenderingContext2D, width: number, top: number, view: WaterfallView, span: number, colours: Colours): void {
  const { trace, shown, rowHeight, critical } = view;
  const from = trace.from[span] ?? 0;
  const length = trace.duration[span] ?? 0;
  const left = barX(shown, width, from);
  const right = barX(shown, width, has(trace, span, UNFINISHED) ? shown.to : from + length);
  const high = rowHeight - 10;
  const y = top + 5;
  if (right < 0 || left > width) {
    // Where it lies, when it lies beside what is shown.
    context.fillStyle = colours.text3;
    context.fillText(left > width ? "›" : "‹", left > width ? width - 10 : 2, top + rowHeight / 2);
    return;
  }
  if (view.open && !view.open[span]) paintReach(context, width, y + high / 2, view, span, colours);
  const [x, wide] = [Math.max(-2, left), Math.max(2, Math.min(width + 2, right) - Math.max(-2, left))];
  if (has(trace, span, MISSING)) {
    context.strokeStyle = colours.text3;
    context.setLineDash([4, 3]);
    context.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1);
    context.setLineDash([]);
  } else {
    context.fillStyle = serviceColour(colours, trace, trace.service[span] ?? 0);
    context.beginPath();
    context.roundRect(x, y, wide, high, Math.min(2, wide / 2));
    context.fill();
    if (has(trace, span, UNFINISHED)) hatch(context, x, y, wide, high, colours.bg);
    if (trace.moved?.[span]) {
      // Where a clock was aligned, the bar's beginning is no reading of it.
      context.strokeStyle = colours.text;
      context.setLineDash([2, 2]);
      context.beginPath();
      context.moveTo(x + 0.5, y - 2);
      context.lineTo(x + 0.5, y + high + 2);
      context.stroke();
      context.setLineDash([]);
    }
    if (has(trace, span, ERROR)) {
      context.fillStyle = colours.error;
      context.fillRect(x, y, Math.max(3, Math.min(wide, 4)), high);
      context.fillRect(x, y + high - 2, wide, 2);
    }
  }
  for (let at = critical?.start[span] ?? 0; critical && at < (critical.start[span + 1] ?? 0); at++) {
    const section = critical.sections[critical.index[at] ?? 0];
    if (!section) continue;
    const [start, end] = [barX(shown, width, section.from), barX(shown, width, section.to)];
    context.fillStyle = colours.bg;
    context.fillRect(start, y + high, Math.max(1, end - start), 4);
    context.fillStyle = colours.text;
    context.fillRect(start, y + high + 1, Math.max(1, end - start), 3);
  }
  paintMarks(context, width, y, high, view, span, colours);
}

/** What a closed span hides beside its own time: thin lines to where it began and ended. */
function paintReach(context: CanvasRenderingContext2D, width: number, y: number, { trace, shown, reaches }: WaterfallView, span: number, colours: Colours): void {
  const [from, to] = [trace.from[span] ?? 0, (trace.from[span] ?? 0) + (trace.duration[span] ?? 0)];
  const line = (start: number, end: number) => {
    if (!(end > start)) return;
    const [left, right] = [Math.max(0, barX(shown, width, start)), Math.min(width, barX(shown, width, end))];
    context.fillRect(left, Math.round(y), Math.max(0, right - left), 1);
  };
  context.fillStyle = colours.text2;
  line(reaches.from[span] ?? from, from);
  line(to, reaches.to[span] ?? to);
}

/** Pixels from one stroke of a hatch to the next. */
const HATCH_PX = 8;

/** Strokes over what has not ended yet. */
function hatch(context: CanvasRenderingContext2D, x: number, y: number, wide: number, high: number, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(x, y, wide, high);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  for (let at = x - high; at < x + wide; at += HATCH_PX) {
    context.moveTo(at, y + high);
    context.lineTo(at + high, y);
  }
  context.stroke();
  context.restore();
}

/** Events, links and log lines of a span: ticks on its bar, red when they tell of an error. */
function paintMarks(context: CanvasRenderingContext2D, width: number, y: number, high: number, { trace, shown }: WaterfallView, span: number, colours: Colours): void {
  const end = trace.markStart[span + 1] ?? 0;
  for (let mark = trace.markStart[span] ?? 0; mark < end; mark++) {
    const x = Math.round(barX(shown, width, trace.markAt[mark] ?? 0));
    if (x < 0 || x > width) continue;
    context.fillStyle = colours.bg;
    context.fillRect(x - 1, y + 1, 4, high - 2);
    context.fillStyle = trace.markError[mark] ? colours.error : colours.text;
    context.fillRect(x, y + 1, 2, high - 2);
  }
}

/** Each member in its place, in one row. */
function paintRepetition(context: CanvasRenderingContext2D, width: number, top: number, rowHeight: number, trace: Trace, repetition: Repetition, shown: Span, colours: Colours): void {
  const high = rowHeight - 10;
  let drawnTo = Number.NEGATIVE_INFINITY;
  for (const member of repetition.members) {
    const left = barX(shown, width, trace.from[member] ?? 0);
    const right = Math.max(left + 1, barX(shown, width, (trace.from[member] ?? 0) + (trace.duration[member] ?? 0)) - 0.5);
    const isError = has(trace, member, ERROR);
    if (right < 0 || left > width || (right <= drawnTo && !isError)) continue;
    context.fillStyle = isError ? colours.error : serviceColour(colours, trace, trace.service[member] ?? 0);
    context.fillRect(left, top + 5, right - left, high);
    drawnTo = Math.max(drawnTo, right);
  }
}

/** Levels that the small picture of the whole has. */
const MINI_LEVELS = 6;

/** The whole trace in small: a row for each level, errors on top. */
export function paintMinimap(context: CanvasRenderingContext2D, width: number, height: number, trace: Trace, colours: Colours): void {
  const whole = { from: 0, to: trace.length };
  const levels = Math.min(MINI_LEVELS, 1 + trace.depth.reduce((deepest, depth) => Math.max(deepest, depth), 0));
  const unit = (height - 8) / levels;
  // One bar a pixel and level is enough, however many spans there are: a span that ends where one was drawn already is passed over.
  const drawn = new Int32Array(levels).fill(-1);
  let colour = "";
  const scale = (width - 2 * PAD) / trace.length;
  const high = Math.max(2, unit - 1);
  for (let span = 0; span < trace.count; span++) {
    const level = Math.min(levels - 1, trace.depth[span] ?? 0);
    const from = trace.from[span] ?? 0;
    const left = Math.floor(PAD + from * scale);
    const right = Math.max(left + 1, Math.round(PAD + (from + (trace.duration[span] ?? 0)) * scale));
    const before = drawn[level] ?? -1;
    if (right <= before || has(trace, span, MISSING)) continue;
    const own = serviceColour(colours, trace, trace.service[span] ?? 0);
    if (own !== colour) {
      colour = own;
      context.fillStyle = own;
    }
    context.fillRect(left, 4 + level * unit, right - left, high);
    drawn[level] = right;
  }
  context.fillStyle = colours.error;
  drawn.fill(-1);
  for (let span = 0; span < trace.count; span++) {
    if (!has(trace, span, ERROR)) continue;
    const level = Math.min(levels - 1, trace.depth[span] ?? 0);
    const left = Math.floor(barX(whole, width, trace.from[span] ?? 0));
    const right = Math.max(left + 2, Math.round(barX(whole, width, (trace.from[span] ?? 0) + (trace.duration[span] ?? 0))));
    if (right <= (drawn[level] ?? -1)) continue;
    context.fillRect(left, 4 + level * unit, right - left, 2);
    drawn[level] = right;
  }
}

/** Where the spans lie that a search found: ticks at the upper edge, one a pixel. */
export function paintHits(context: CanvasRenderingContext2D, width: number, trace: Trace, hits: readonly number[], colours: Colours): void {
  const whole = { from: 0, to: trace.length };
  context.fillStyle = colours.text;
  let drawn = -1;
  for (const hit of hits) {
    const x = Math.round(barX(whole, width, trace.from[hit] ?? 0));
    if (x !== drawn) context.fillRect(x, 0, 1, 4);
    drawn = x;
  }
}
