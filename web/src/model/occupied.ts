import type { Range, Window } from "./range";
import { type Graphs, ZERO_WITHOUT_EVENTS } from "./series";

/** Steps from the first to the last in which anything happened. */
export interface Occupied {
  start: number;
  end: number;
  /** How much of the whole that is. */
  share: number;
}

/** Where the events of an answer lie; nothing when there are none. */
export function occupiedBy({ grid, calculations }: Graphs): Occupied | undefined {
  const hasAny = (step: number) =>
    calculations.some(({ heat, lines, op }) => {
      if (heat) return heat.counts.subarray(step * heat.rows, (step + 1) * heat.rows).some((weight) => weight > 0);
      return lines.some((line) => {
        const value = line[step] ?? Number.NaN;
        return ZERO_WITHOUT_EVENTS.has(op) ? value > 0 : Number.isFinite(value);
      });
    });
  let first = 0;
  while (first < grid.steps && !hasAny(first)) first++;
  if (first === grid.steps) return undefined;
  let last = grid.steps - 1;
  while (!hasAny(last)) last--;
  return { start: grid.first + first * grid.step, end: grid.first + (last + 1) * grid.step, share: (last - first + 1) / grid.steps };
}

/** Events that lie closer together than this cannot be told apart well. */
const SMALL = 1 / 6;
const MINUTE = 60_000;
const SPANS: [number, string][] = [
  [5 * MINUTE, "-5m"],
  [15 * MINUTE, "-15m"],
  [30 * MINUTE, "-30m"],
  [60 * MINUTE, "-1h"],
  [120 * MINUTE, "-2h"],
  [360 * MINUTE, "-6h"],
  [1_440 * MINUTE, "-1d"],
];

/** A range in which the same events can be seen apart, when they fill but a small part of the present one; up to now where that reaches up to now. */
export function closer({ start, end, share }: Occupied, shown: Window, isUpToNow: boolean): Range | undefined {
  if (share > SMALL) return undefined;
  const length = shown.end - shown.start;
  if (isUpToNow) {
    const span = SPANS.find(([ms]) => ms >= shown.end - start)?.[1];
    const ms = SPANS.find(([ms]) => ms >= shown.end - start)?.[0] ?? length;
    if (span && ms <= length / 2 && shown.end - end < ms / 2) return { from: span, to: "now" };
  }
  const margin = (end - start) / 10;
  return { from: new Date(Math.max(shown.start, start - margin)).toISOString(), to: new Date(Math.min(shown.end, end + margin)).toISOString() };
}
