import { printJson } from "../lib/json";
import { percent } from "../lib/format";

/** The parts of a compared column that are worded and drawn, as the API names them. */
export interface Compared {
  name: string;
  type: string;
  class: string;
  score: number;
  deciding?: number | null;
  coverage: number[];
  bins: Bin[];
  twins: string[];
}

export interface Bin {
  kind: string;
  value?: unknown;
  low?: number | null;
  high?: number | null;
  values?: number | null;
  selected: number;
  rest: number;
  selected_rows: number;
  rest_rows: number;
}

/** A bin's name. `print` writes numbers in the column's unit. */
export function binName(bin: Bin, print: (value: number) => string): string {
  switch (bin.kind) {
    case "missing":
      return "(absent)";
    case "other":
      return `other (${bin.values ?? 0} ${bin.values === 1 ? "value" : "values"})`;
    case "range":
      return bin.high === null || bin.high === undefined ? `from ${print(bin.low ?? 0)}` : `${print(bin.low ?? 0)} – ${print(bin.high)}`;
    default:
      return typeof bin.value === "string" ? bin.value : printJson(bin.value);
  }
}

/** The middle of a side's numbers, by its bins: within the bin in which half of them are reached. */
export function medianOf(bins: readonly Bin[], side: "selected" | "rest"): number | undefined {
  const ranges = bins.filter(({ kind }) => kind === "range");
  const whole = ranges.reduce((sum, bin) => sum + bin[side], 0);
  if (whole <= 0) return undefined;
  let before = 0;
  for (const bin of ranges) {
    if (before + bin[side] >= whole / 2) {
      const [low, high] = [bin.low ?? 0, bin.high ?? bin.low ?? 0];
      return low + ((whole / 2 - before) / bin[side]) * (high - low);
    }
    before += bin[side];
  }
  return undefined;
}

/** What the column says, in a sentence. */
export function headline(column: Compared, print: (value: number) => string): string {
  const deciding = column.deciding === null || column.deciding === undefined ? undefined : column.bins[column.deciding];
  if (!deciding) {
    const [selected, rest] = [medianOf(column.bins, "selected"), medianOf(column.bins, "rest")];
    return selected === undefined || rest === undefined ? "differs" : `median ${print(selected)}, ${print(rest)} of the rest`;
  }
  // Of two values that differ alike, the one that the selected have more of says it.
  const gap = deciding.rest - deciding.selected;
  const more = gap > 0 ? column.bins.find(({ kind, selected, rest }) => kind === "value" && selected - rest > gap - 1e-6) : undefined;
  if (more) return `${binName(more, print)} is ${percent(more.selected)} of the selection, ${percent(more.rest)} of the rest`;
  const shares = `${percent(deciding.selected)} of the selection, ${percent(deciding.rest)} of the rest`;
  return deciding.kind === "missing" ? `absent in ${shares}` : `${binName(deciding, print)} is ${shares}`;
}

/** Bars of a dimension that are shown. */
export const SHOWN_BARS = 8;

/** The outline of a side's numbers as steps over the unit square, the highest step at 1. */
export function stepsOf(bins: readonly Bin[], side: "selected" | "rest"): { x: number; y: number }[] {
  const ranges = bins.filter(({ kind }) => kind === "range");
  const highest = Math.max(...ranges.map((bin) => bin[side]), 1e-12);
  return ranges.flatMap((bin, n) => [
    { x: n / ranges.length, y: bin[side] / highest },
    { x: (n + 1) / ranges.length, y: bin[side] / highest },
  ]);
}
