import { inUnit } from "../lib/format";
import { type ColourScale, RAMP_ENTRIES, type Shading, shade, shadingOf } from "../model/ramp";
import type { Calculation, Grid, Heat } from "../model/series";
import { linearTicks, logTicks } from "../model/ticks";
import type { Colours } from "./colours";
import { type Frame, xOf } from "./frame";
import { strokeLine } from "./lines";

export interface HeatView {
  heat: Heat;
  grid: Grid;
  shading: Shading;
}

export function heatView(heat: Heat, grid: Grid, floor: number, scale: ColourScale): HeatView {
  return { heat, grid, shading: shadingOf(heat.counts, floor, scale) };
}

/** The upper and lower pixel of a row; row 0 is at the bottom. The row of outliers is twice as high. */
export function rowEdges(heat: Heat, frame: Frame, row: number): { top: number; bottom: number } {
  const units = heat.rows + Number(heat.hasOver);
  const unit = frame.height / Math.max(1, units);
  const bottom = frame.top + frame.height - row * unit;
  const high = heat.hasOver && row === heat.rows - 1 ? 2 : 1;
  return { top: bottom - unit * high, bottom };
}

/** The row at a pixel. */
export function rowAt(heat: Heat, frame: Frame, y: number): number {
  const units = heat.rows + Number(heat.hasOver);
  const row = Math.floor(((frame.top + frame.height - y) / frame.height) * units);
  return Math.min(heat.rows - 1, Math.max(0, row));
}

/** Lower and upper value of a row. */
export function valuesOf(heat: Heat, row: number): { low: number; high: number } {
  if (heat.hasZero && row === 0) return { low: Number.NEGATIVE_INFINITY, high: 0 };
  const low = heat.edges[row] ?? 0;
  if (heat.hasOver && row === heat.rows - 1) return { low, high: Number.POSITIVE_INFINITY };
  return { low, high: heat.edges[row + 1] ?? low };
}

/** What a row holds, or several up to another one, in words. */
export function rowName(calculation: Calculation, heat: Heat, row: number, upTo = row): string {
  const { low } = valuesOf(heat, row);
  const { high } = valuesOf(heat, upTo);
  if (high === Number.POSITIVE_INFINITY) return low === Number.NEGATIVE_INFINITY ? "all values" : `over ${inUnit(low, calculation.measure)}`;
  if (low === Number.NEGATIVE_INFINITY) return high === 0 ? "0 or less" : `up to ${inUnit(high, calculation.measure)}`;
  return `${inUnit(low, calculation.measure)} – ${inUnit(high, calculation.measure)}`;
}

/** Every cell in one pass over the pixels of an image: no gaps, and columns narrower than a pixel are summed. */
export function paintHeat(context: CanvasRenderingContext2D, frame: Frame, view: HeatView, ramp: Uint32Array, scale: number): void {
  const { heat, grid, shading } = view;
  const wide = Math.round(frame.width * scale);
  const high = Math.round(frame.height * scale);
  if (wide < 1 || high < 1 || heat.rows < 1) return;
  const image = context.createImageData(wide, high);
  const pixels = new Uint32Array(image.data.buffer);
  const device: Frame = { ...frame, left: 0, top: 0, width: wide, height: high };
  const columns = columnsOf(heat, grid, device);
  for (let row = 0; row < heat.rows; row++) {
    const edges = rowEdges(heat, device, row);
    const bottom = Math.min(high, Math.round(edges.bottom));
    const top = Math.max(0, Math.min(bottom - 1, Math.round(edges.top)));
    // One line of pixels is drawn, the others of the row are the same.
    const line = top * wide;
    for (const { left, right, weights } of columns) {
      const weight = weights[row] ?? 0;
      if (weight > 0) pixels.fill(ramp[Math.round(shade(weight, shading) * (RAMP_ENTRIES - 1))] ?? 0, line + left, line + right);
    }
    for (let y = top + 1; y < bottom; y++) pixels.copyWithin(y * wide, line, line + wide);
  }
  paintLone(pixels, device, view, columns, ramp, Math.round(LONE_PX * scale));
  context.putImageData(image, Math.round(frame.left * scale), Math.round(frame.top * scale));
}

/** How wide and high a cell without neighbours is at least, CSS pixels: a point alone is seen. */
const LONE_PX = 3;

/** Cells smaller than that with nothing beside them, over ground that is empty. */
function paintLone(pixels: Uint32Array, device: Frame, { heat, shading }: HeatView, columns: readonly Column[], ramp: Uint32Array, least: number): void {
  const isLow = rowEdges(heat, device, 0).bottom - rowEdges(heat, device, 0).top < least;
  columns.forEach(({ left, right, weights }, n) => {
    if (!isLow && right - left >= least) return;
    const [before, after] = [columns[n - 1]?.weights, columns[n + 1]?.weights];
    for (let row = 0; row < heat.rows; row++) {
      const weight = weights[row] ?? 0;
      if (weight <= 0 || (before?.[row] ?? 0) > 0 || (after?.[row] ?? 0) > 0 || (weights[row - 1] ?? 0) > 0 || (weights[row + 1] ?? 0) > 0) continue;
      const edges = rowEdges(heat, device, row);
      const [x, toX] = grownTo(left, right, least, device.width);
      const [y, toY] = grownTo(Math.round(edges.top), Math.round(edges.bottom), least, device.height);
      const colour = ramp[Math.round(shade(weight, shading) * (RAMP_ENTRIES - 1))] ?? 0;
      for (let line = y; line < toY; line++) {
        for (let at = line * device.width + x; at < line * device.width + toX; at++) if (pixels[at] === 0) pixels[at] = colour;
      }
    }
  });
}

/** A stretch of pixels that is made at least so long round its middle, within what there is. */
function grownTo(from: number, to: number, least: number, most: number): [number, number] {
  const start = Math.max(0, Math.min(from - Math.max(0, Math.ceil((least - (to - from)) / 2)), most - least));
  return [start, Math.min(most, Math.max(to, start + least))];
}

/** The pixels of a step, or of several in one column, with their weights by row. */
interface Column {
  left: number;
  right: number;
  weights: Float32Array | Float64Array;
}

/** The columns of pixels that have steps, each with its weights by row. */
function columnsOf(heat: Heat, grid: Grid, device: Frame): Column[] {
  const edge = (step: number) => Math.min(device.width, Math.max(0, Math.round(xOf(device, grid.first + step * grid.step))));
  const columns: Column[] = [];
  for (let step = 0; step < grid.steps; ) {
    const left = edge(step);
    const first = step++;
    let weights: Float32Array | Float64Array = heat.counts.subarray(first * heat.rows, step * heat.rows);
    for (; step < grid.steps && edge(step) <= left; step++) {
      if (step === first + 1) weights = Float64Array.from(weights);
      for (let row = 0; row < heat.rows; row++) weights[row] = (weights[row] ?? 0) + (heat.counts[step * heat.rows + row] ?? 0);
    }
    columns.push({ left, right: Math.min(device.width, Math.max(edge(step), left + 1)), weights });
  }
  return columns;
}

/** How high the name of a line is. */
const NAME_PX = 11;

/** Lines of values over the cells, such as percentiles: with a halo, and their names at the end. */
export function paintOver(context: CanvasRenderingContext2D, frame: Frame, heat: Heat, grid: Grid, lines: readonly { name: string; line: Float64Array }[], colours: Colours): void {
  context.save();
  context.lineJoin = "round";
  context.font = `600 10px ${colours.sans}`;
  context.textAlign = "right";
  context.textBaseline = "bottom";
  const place = (value: number) => yOfValue(heat, frame, value);
  const names: { name: string; x: number; y: number }[] = [];
  for (const { name, line } of lines) {
    for (const [colour, wide] of [[colours.bg, 3.5], [colours.text, 1.5]] as const) {
      context.strokeStyle = colour;
      context.lineWidth = wide;
      strokeLine(context, line, grid, frame, place);
    }
    const last = line.findLastIndex(Number.isFinite);
    if (last < 0) continue;
    names.push({ name, x: Math.min(frame.left + frame.width - 2, xOf(frame, grid.first + (last + 1) * grid.step)), y: place(line[last] ?? 0) - 2 });
  }
  // Names of lines that lie close together stand under one another.
  names.sort((a, b) => a.y - b.y);
  let lowest = frame.top;
  for (const { name, x, y: wanted } of names) {
    const y = Math.max(wanted, lowest + NAME_PX);
    lowest = y;
    context.strokeStyle = colours.bg;
    context.lineWidth = 3;
    context.strokeText(name, x, y);
    context.fillStyle = colours.text;
    context.fillText(name, x, y);
  }
  context.restore();
}

/** Round values along the rows. */
export function heatTicks(calculation: Calculation, heat: Heat, frame: Frame): { y: number; label: string }[] {
  const first = Number(heat.hasZero);
  const last = heat.rows - Number(heat.hasOver);
  const low = heat.edges[first] ?? 0;
  const high = heat.edges[last] ?? 0;
  const most = Math.max(2, Math.floor(frame.height / 28));
  const factor = calculation.measure.factor;
  const values = heat.scale === "log" ? logTicks(low * factor, high * factor, most) : linearTicks(low * factor, high * factor, most).filter((v) => v >= low * factor && v <= high * factor);
  const ticks = values.map((value) => ({ y: yOfValue(heat, frame, value / factor), label: inUnit(value / factor, calculation.measure) }));
  if (heat.hasZero) ticks.push({ y: (rowEdges(heat, frame, 0).top + rowEdges(heat, frame, 0).bottom) / 2, label: "0" });
  if (heat.hasOver) ticks.push({ y: (rowEdges(heat, frame, heat.rows - 1).top + rowEdges(heat, frame, heat.rows - 1).bottom) / 2, label: `> ${inUnit(high, calculation.measure)}` });
  return ticks;
}

/** The pixel of a value: between the edges of its row, in the row's own scale. */
export function yOfValue(heat: Heat, frame: Frame, value: number): number {
  const first = Number(heat.hasZero);
  const last = heat.rows - Number(heat.hasOver);
  let row = first;
  while (row < last - 1 && (heat.edges[row + 1] ?? 0) <= value) row++;
  const { low, high } = valuesOf(heat, row);
  const { top, bottom } = rowEdges(heat, frame, row);
  const share = heat.scale === "log" && low > 0 ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return bottom - Math.min(1, Math.max(0, share)) * (bottom - top);
}
