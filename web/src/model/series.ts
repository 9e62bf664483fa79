import { printJson } from "../lib/json";
import { nsToMs } from "../lib/time";
import { type Unit, unitOfColumn } from "../lib/format";
import { calcParts } from "./query";

/** The parts of an answer that graphs need, as the API names them. */
export interface Answer {
  grid: { first_ns: string; step_ns: string; steps: number };
  window: { start_ns: string; end_ns: string };
  breakdowns: string[];
  calculations: string[];
  heatmaps: ({ scale: string; edges: number[] } | null)[];
  results: { group: unknown[]; values: unknown[] }[];
  series: { step: number; group: number; values: unknown[] }[];
}

/** Steps of time, milliseconds. */
export interface Grid {
  first: number;
  step: number;
  steps: number;
}

/** A heatmap: `counts[step * rows + row]`, row 0 at the bottom. */
export interface Heat {
  rows: number;
  /** Lower edge of each row and the upper one of the last, in the column's own unit. */
  edges: Float64Array;
  counts: Float32Array;
  scale: "linear" | "log";
  /** Row 0 holds values up to zero. */
  hasZero: boolean;
  /** The last row holds what lies above the last edge. */
  hasOver: boolean;
}

/** One calculation over all groups. */
export interface Calculation {
  label: string;
  op: string;
  column: string;
  measure: { unit: Unit; factor: number };
  /** A value per step for each group; NaN where there is none. Groups without any share one, so none is written to. */
  lines: Float64Array[];
  /** The heatmap of the first group: of all events, where it is asked of all. Those of other groups are never drawn. */
  heat?: Heat;
}

export interface Graphs {
  grid: Grid;
  start: number;
  end: number;
  calculations: Calculation[];
  /** A name for each group. */
  names: string[];
}

/** Calculations that are 0 where nothing happened. */
export const ZERO_WITHOUT_EVENTS = new Set(["COUNT", "SUM", "CONCURRENCY", "HISTOGRAM_COUNT"]);
/** Those whose values have no unit, whatever their column has. */
const NUMBERS_OF = new Set(["COUNT", "COUNT_DISTINCT", "CONCURRENCY", "HISTOGRAM_COUNT"]);

interface HeatCounts {
  under: number;
  zero: number;
  over: number;
  counts: number[];
}

const isHeatCounts = (value: unknown): value is HeatCounts => typeof value === "object" && value !== null && "counts" in value;

/** A number out of an answer; NaN where there is none. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value === "inf") return Number.POSITIVE_INFINITY;
  return value === "-inf" ? Number.NEGATIVE_INFINITY : Number.NaN;
}

/** How a group is called. */
export function groupName(group: readonly unknown[]): string {
  return group.length === 1 ? valueName(group[0]) : group.map(valueName).join(" · ");
}

const valueName = (value: unknown) => (value === null ? "(none)" : typeof value === "string" ? value : printJson(value));

/** An answer as columns of numbers. */
export function graphsOf(answer: Answer): Graphs {
  const grid = { first: nsToMs(answer.grid.first_ns), step: nsToMs(answer.grid.step_ns), steps: answer.grid.steps };
  const calculations = answer.calculations.map((label, index): Calculation => {
    const { op, column } = calcParts(label);
    const measure = unitOfColumn(NUMBERS_OF.has(op) ? "" : column);
    const rows = answer.heatmaps[index];
    if (rows) return { label, op, column, measure, lines: [], ...(answer.results.length === 0 ? {} : { heat: heatOf(answer, index, rows, grid) }) };
    return { label, op, column, measure, lines: linesOf(answer, index, grid, ZERO_WITHOUT_EVENTS.has(op) ? 0 : Number.NaN) };
  });
  return { grid, start: nsToMs(answer.window.start_ns), end: nsToMs(answer.window.end_ns), calculations, names: answer.results.map(({ group }) => groupName(group)) };
}

/** A line for each group. Of ten thousand groups, few have values over time. */
function linesOf(answer: Answer, index: number, grid: Grid, empty: number): Float64Array[] {
  const blank = new Float64Array(grid.steps).fill(empty);
  const lines = answer.results.map(() => blank);
  for (const { step, group, values } of answer.series) {
    const value = numberOf(values[index]);
    let line = lines[group];
    if (!line || Number.isNaN(value)) continue;
    if (line === blank) lines[group] = line = blank.slice();
    line[step] = value;
  }
  return lines;
}

function heatOf(answer: Answer, index: number, rows: { scale: string; edges: number[] }, grid: Grid): Heat {
  const cells = answer.series.flatMap(({ step, group, values }) => (group === 0 && isHeatCounts(values[index]) ? [{ step, counted: values[index] }] : []));
  const hasZero = cells.some(({ counted }) => counted.zero > 0);
  const hasOver = cells.some(({ counted }) => counted.over > 0);
  const plain = Math.max(0, rows.edges.length - 1);
  const total = plain + Number(hasZero) + Number(hasOver);
  const last = rows.edges.at(-1) ?? 0;
  const edges = Float64Array.from([...(hasZero ? [0] : []), ...rows.edges, ...(hasOver ? [last] : [])]);
  const counts = new Float32Array(grid.steps * total);
  for (const { step, counted } of cells) {
    const base = step * total + Number(hasZero);
    counts.set(counted.counts, base);
    if (plain > 0) counts[base] = (counts[base] ?? 0) + counted.under;
    if (hasZero) counts[base - 1] = counted.zero;
    if (hasOver) counts[base + plain] = counted.over;
  }
  return { rows: total, edges, counts, scale: rows.scale === "log" ? "log" : "linear", hasZero, hasOver };
}

const strides = new WeakMap<Float64Array, number>();

/** Over how many steps a line's points hang together: 1 as a rule; more where they come at a regular interval that is longer, as of metrics sent each minute. */
export function strideOf(line: Float64Array): number {
  const known = strides.get(line);
  if (known !== undefined) return known;
  const gaps: number[] = [];
  let last: number | undefined;
  for (let step = 0; step < line.length; step++) {
    if (!Number.isFinite(line[step] ?? Number.NaN)) continue;
    if (last !== undefined) gaps.push(step - last);
    last = step;
  }
  gaps.sort((a, b) => a - b);
  const usual = gaps[Math.floor(gaps.length / 2)] ?? 1;
  const regular = gaps.filter((gap) => Math.abs(gap - usual) <= 1).length;
  // A point that is missing stays a gap.
  const stride = usual > 1 && gaps.length > 1 && regular >= gaps.length * 0.75 ? usual + Math.max(1, Math.floor(usual / 2)) : 1;
  strides.set(line, stride);
  return stride;
}

/** A calculation with what it is drawn from. */
export interface Drawn {
  calculation: Calculation;
  source: Graphs | undefined;
  index: number;
  names: string[];
}

/** All events have no name. */
const ALL = [""];

/** Each calculation with what it is drawn from: heatmaps from all events, lines by group. Nothing where all events are not there yet: a group is not all. */
export function drawnGraphs(graphs: Graphs, whole: Graphs | undefined): Drawn[] {
  return graphs.calculations.map((calculation, index) => {
    if (calculation.op !== "HEATMAP") return { calculation, source: graphs, index, names: graphs.names };
    const all = whole?.calculations.find(({ label }) => label === calculation.label);
    return all ? { calculation: all, source: whole, index, names: ALL } : { calculation, source: undefined, index, names: ALL };
  });
}

/** The highest and lowest value of several lines; nothing when there is none. */
export function extent(lines: readonly Float64Array[]): { low: number; high: number } | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const line of lines) {
    for (const value of line) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? { low, high } : undefined;
}
