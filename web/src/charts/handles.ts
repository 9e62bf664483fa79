import type { Grid, Heat } from "../model/series";
import { type Box, boxBetween } from "./box";
import type { Colours } from "./colours";
import { type Frame, xOf } from "./frame";
import { rowEdges } from "./heatmap";

/** Where a box lies on its graph, CSS pixels. */
export interface Place {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Which sides of a box a hand has hold of: -1 the first step or the lowest row, 1 the last or the highest, 0 neither. */
export interface Grip {
  steps: number;
  rows: number;
}

export function placeOf(box: Box, frame: Frame, grid: Grid, heat: Heat | undefined): Place {
  return {
    left: Math.max(frame.left, xOf(frame, grid.first + box.firstStep * grid.step)),
    right: Math.min(frame.left + frame.width, xOf(frame, grid.first + (box.lastStep + 1) * grid.step)),
    top: heat && box.lastRow !== undefined ? rowEdges(heat, frame, box.lastRow).top : frame.top,
    bottom: heat && box.firstRow !== undefined ? rowEdges(heat, frame, box.firstRow).bottom : frame.top + frame.height,
  };
}

/** The sides within reach of a point. Within a small box its middle third is nobody's, so that another one can begin there. */
export function gripAt({ left, right, top, bottom }: Place, x: number, y: number, hasRows: boolean, reach: number): Grip | undefined {
  if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) return undefined;
  const side = (low: number, high: number, at: number) => {
    const within = Math.min(reach, (high - low) / 3);
    if (at <= low + within) return -1;
    return at >= high - within ? 1 : 0;
  };
  const steps = side(left, right, x);
  const rows = hasRows ? side(-bottom, -top, -y) : 0;
  return steps === 0 && rows === 0 ? undefined : { steps, rows };
}

/** Whether a point lies on a box. */
export const isWithin = ({ left, right, top, bottom }: Place, x: number, y: number): boolean => x >= left && x <= right && y >= top && y <= bottom;

/** What the pointer looks like over a side. */
export function cursorOf({ steps, rows }: Grip): string {
  if (steps === 0) return "ns-resize";
  if (rows === 0) return "ew-resize";
  return steps === rows ? "nesw-resize" : "nwse-resize";
}

/** The box whose held sides are at a cell. A side that is drawn past the other goes on from there. */
export function resized(box: Box, { steps, rows }: Grip, cell: { step: number; row?: number | undefined }): Box {
  const fixed = { step: steps < 0 ? box.lastStep : box.firstStep, row: rows < 0 ? box.lastRow : box.firstRow };
  return boxBetween(box.calc, fixed, { step: steps === 0 ? box.lastStep : cell.step, row: rows === 0 ? box.lastRow : cell.row });
}

/** The box moved, as far as the graph goes. */
export function nudged(box: Box, by: Grip, grid: Grid, heat: Heat | undefined): Box {
  const within = (first: number, last: number, wanted: number, count: number) => Math.max(-first, Math.min(count - 1 - last, wanted));
  const steps = within(box.firstStep, box.lastStep, by.steps, grid.steps);
  const moved = { ...box, firstStep: box.firstStep + steps, lastStep: box.lastStep + steps };
  if (!heat || box.firstRow === undefined || box.lastRow === undefined) return moved;
  const rows = within(box.firstRow, box.lastRow, by.rows, heat.rows);
  return { ...moved, firstRow: box.firstRow + rows, lastRow: box.lastRow + rows };
}

/** The box with its last step and its highest row moved: it keeps at least one of each. */
export function grown(box: Box, by: Grip, grid: Grid, heat: Heat | undefined): Box {
  const wide = { ...box, lastStep: Math.max(box.firstStep, Math.min(grid.steps - 1, box.lastStep + by.steps)) };
  if (!heat || box.firstRow === undefined || box.lastRow === undefined) return wide;
  return { ...wide, lastRow: Math.max(box.firstRow, Math.min(heat.rows - 1, box.lastRow + by.rows)) };
}

const HANDLE = 7;
/** A side shorter than this has handles at its ends only. */
const LONG = 36;

/** The box, and others that are selected along with it; all else dimmed, and what the first can be taken by. */
export function paintBox(context: CanvasRenderingContext2D, frame: Frame, { left, right, top, bottom }: Place, hasRows: boolean, colours: Colours, others: readonly Place[] = []): void {
  context.save();
  // What lies in none of them: each takes its part away, wherever they overlap.
  for (const other of others) {
    context.beginPath();
    context.rect(frame.left, frame.top, frame.width, frame.height);
    context.rect(other.left, other.top, other.right - other.left, other.bottom - other.top);
    context.clip("evenodd");
  }
  context.fillStyle = colours.bg;
  context.globalAlpha = 0.55;
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.rect(left, top, right - left, bottom - top);
  context.fill("evenodd");
  context.restore();
  for (const other of others) {
    context.lineWidth = 3;
    context.strokeStyle = colours.bg;
    context.strokeRect(other.left, other.top, other.right - other.left, other.bottom - other.top);
    context.lineWidth = 1.5;
    context.strokeStyle = colours.selection;
    context.strokeRect(other.left, other.top, other.right - other.left, other.bottom - other.top);
  }
  context.lineWidth = 4;
  context.strokeStyle = colours.bg;
  context.strokeRect(left, top, right - left, bottom - top);
  context.lineWidth = 2;
  context.strokeStyle = colours.selection;
  context.strokeRect(left, top, right - left, bottom - top);
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
  const handles: [number, number][] = [];
  if (!hasRows || bottom - top > LONG) handles.push([left, middle.y], [right, middle.y]);
  if (hasRows) handles.push([left, top], [right, top], [left, bottom], [right, bottom]);
  if (hasRows && right - left > LONG) handles.push([middle.x, top], [middle.x, bottom]);
  for (const [x, y] of handles) {
    context.fillStyle = colours.bg;
    context.fillRect(Math.round(x - HANDLE / 2) - 1, Math.round(y - HANDLE / 2) - 1, HANDLE + 2, HANDLE + 2);
    context.fillStyle = colours.selection;
    context.fillRect(Math.round(x - HANDLE / 2), Math.round(y - HANDLE / 2), HANDLE, HANDLE);
  }
}
