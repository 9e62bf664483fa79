import type { Grid, Heat } from "../model/series";
import { valuesOf } from "./heatmap";

/** A part of a graph: steps from one to another, both within, and for heatmaps rows likewise. */
export interface Box {
  calc: number;
  firstStep: number;
  lastStep: number;
  firstRow?: number;
  lastRow?: number;
}

/** The part in times and values: half open, except at ends that are infinite. */
export interface Extent {
  start: number;
  end: number;
  low?: number;
  high?: number;
}

/** A box between two cells, in whatever order they were touched. */
export function boxBetween(calc: number, one: { step: number; row?: number | undefined }, other: { step: number; row?: number | undefined }): Box {
  const steps = { firstStep: Math.min(one.step, other.step), lastStep: Math.max(one.step, other.step) };
  if (one.row === undefined || other.row === undefined) return { calc, ...steps };
  return { calc, ...steps, firstRow: Math.min(one.row, other.row), lastRow: Math.max(one.row, other.row) };
}

/** What tells boxes apart. */
export function cellsOf({ calc, firstStep, lastStep, firstRow, lastRow }: Box): string {
  return [calc, firstStep, lastStep, firstRow, lastRow].join();
}

export function extentOf(box: Box, grid: Grid, heat: Heat | undefined): Extent {
  const times = { start: grid.first + box.firstStep * grid.step, end: grid.first + (box.lastStep + 1) * grid.step };
  if (!heat || box.firstRow === undefined || box.lastRow === undefined) return times;
  const low = box.firstRow === 0 ? Number.NEGATIVE_INFINITY : valuesOf(heat, box.firstRow).low;
  const high = box.lastRow === heat.rows - 1 ? Number.POSITIVE_INFINITY : valuesOf(heat, box.lastRow).high;
  return { ...times, low, high };
}

/** The cells that an extent covers, on another grid; nothing when it lies outside. */
export function boxOf(extent: Extent, calc: number, grid: Grid, heat: Heat | undefined): Box | undefined {
  const near = (value: number) => Math.round(value * 1e6) / 1e6;
  const firstStep = Math.max(0, Math.floor(near((extent.start - grid.first) / grid.step)));
  const lastStep = Math.min(grid.steps - 1, Math.ceil(near((extent.end - grid.first) / grid.step)) - 1);
  if (lastStep < firstStep) return undefined;
  if (!heat || extent.low === undefined || extent.high === undefined) return { calc, firstStep, lastStep };
  let firstRow = 0;
  while (firstRow < heat.rows - 1 && valuesOf(heat, firstRow).high <= extent.low) firstRow++;
  let lastRow = heat.rows - 1;
  while (lastRow > firstRow && valuesOf(heat, lastRow).low >= extent.high) lastRow--;
  return { calc, firstStep, lastStep, firstRow, lastRow };
}

/** `0:1795277100000,1795277400000,500,inf` in an address. */
export function printBox(calc: number, { start, end, low, high }: Extent): string {
  const value = (number: number) => (number === Number.POSITIVE_INFINITY ? "inf" : number === Number.NEGATIVE_INFINITY ? "-inf" : String(number));
  const values = low === undefined || high === undefined ? "" : `,${value(low)},${value(high)}`;
  return `${calc}:${start},${end}${values}`;
}

export function readBox(text: string | null): { calc: number; extent: Extent } | undefined {
  const match = /^(\d+):([^,]+),([^,]+)(?:,([^,]+),([^,]+))?$/.exec(text ?? "");
  if (!match) return undefined;
  const value = (part: string | undefined) => (part === "inf" ? Number.POSITIVE_INFINITY : part === "-inf" ? Number.NEGATIVE_INFINITY : Number(part));
  const [start, end] = [value(match[2]), value(match[3])];
  if (!(end > start)) return undefined;
  const extent: Extent = match[4] === undefined ? { start, end } : { start, end, low: value(match[4]), high: value(match[5]) };
  return Number.isNaN(extent.low) || Number.isNaN(extent.high) ? undefined : { calc: Number(match[1]), extent };
}

/** The boxes of an address, of one calculation: the last one says which. */
export function readBoxes(texts: readonly string[]): { calc: number; extents: Extent[] } | undefined {
  const boxes = texts.flatMap((text) => readBox(text) ?? []);
  const calc = boxes.at(-1)?.calc;
  return calc === undefined ? undefined : { calc, extents: boxes.filter((box) => box.calc === calc).map(({ extent }) => extent) };
}

/** From the earliest to the latest time of some boxes. */
export function timesOfBoxes(extents: readonly Extent[]): { start: number; end: number } {
  return { start: Math.min(...extents.map(({ start }) => start)), end: Math.max(...extents.map(({ end }) => end)) };
}

/** Whether an event lies in one of some boxes, as an expression: conditions in a list are joined in one way only. */
export function expressionOf(extents: readonly Extent[], reference: string): string {
  const parts = extents.map(({ start, end, low, high }) => {
    const sides = [
      `EVENT_TIMESTAMP() >= ${start / 1000}`,
      `EVENT_TIMESTAMP() < ${end / 1000}`,
      ...(low === undefined || low === Number.NEGATIVE_INFINITY ? [] : [`${reference} >= ${low}`]),
      ...(high === undefined || high === Number.POSITIVE_INFINITY ? [] : [`${reference} < ${high}`]),
    ];
    return `AND(${sides.join(", ")})`;
  });
  return parts.length === 1 ? (parts[0] ?? "") : `OR(${parts.join(", ")})`;
}
