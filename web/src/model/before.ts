import { DAY_MS, type Milliseconds } from "../lib/time";
import { printJson } from "../lib/json";
import { duration } from "../lib/format";
import { printSpan, readSpan } from "./range";
import { type Answer, type Grid, graphsOf, numberOf } from "./series";

/** How far back an address's `cmp` compares; nothing when it does not. */
export function offsetOf(cmp: string | null, length: Milliseconds): Milliseconds | undefined {
  if (!cmp) return undefined;
  return cmp === "previous" ? length : readSpan(cmp);
}

/** What may be compared with: as long before, a day, a week. */
export function offsetChoices(length: Milliseconds): { cmp: string; label: string }[] {
  const fixed = [DAY_MS, 7 * DAY_MS].filter((offset) => offset !== length);
  return [{ cmp: "previous", label: `previous ${duration(length)}` }, ...fixed.map((offset) => ({ cmp: printSpan(offset), label: `${duration(offset)} before` }))];
}

/** An earlier answer beside a present one: its groups in the present's order, its times moved to lie under them. */
export interface Before {
  grid: Grid;
  /** By calculation, then by group; nothing where the group was not among those then. */
  lines: (Float64Array | undefined)[][];
  /** By group, then by calculation; NaN where there is none. */
  values: number[][];
}

export function beforeOf(present: Answer, earlier: Answer, offset: Milliseconds): Before {
  const then = graphsOf(earlier);
  const places = new Map(earlier.results.map(({ group }, n) => [printJson(group), n]));
  const place = present.results.map(({ group }) => places.get(printJson(group)));
  return {
    grid: { ...then.grid, first: then.grid.first + offset },
    lines: then.calculations.map(({ lines }) => place.map((at) => (at === undefined ? undefined : lines[at]))),
    values: place.map((at) => present.calculations.map((_, calc) => (at === undefined ? Number.NaN : numberOf(earlier.results[at]?.values[calc])))),
  };
}

/** A difference in words: `+1.61 s (×6)`, `−12 (−40 %)`, `same`. */
export function changeText(now: number, before: number, print: (value: number) => string): string {
  if (!Number.isFinite(now) || !Number.isFinite(before)) return "–";
  if (now === before) return "same";
  const by = `${now > before ? "+" : "−"}${print(Math.abs(now - before))}`;
  if (before <= 0 || now < 0) return by;
  const factor = now / before;
  if (factor >= 2) return `${by} (×${factor >= 10 ? Math.round(factor) : Number(factor.toFixed(1))})`;
  const share = Math.round((factor - 1) * 100);
  return share === 0 ? by : `${by} (${share > 0 ? "+" : "−"}${Math.abs(share)}\u202f%)`;
}
