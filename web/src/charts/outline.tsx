import type { Grid, Heat } from "../model/series";
import type { Cell } from "./TimeChart";
import type { Box } from "./box";
import type { Place } from "./handles";

/** A cell whose chosen group stands where its name does now; none is chosen where that is gone. */
export function inNames(cell: Cell, names: readonly string[]): Cell {
  if (cell.group === undefined || cell.groupName === undefined || names[cell.group] === cell.groupName) return cell;
  const group = names.indexOf(cell.groupName);
  return { ...cell, group: group < 0 ? undefined : group };
}

/** Where keys act before a cell is chosen: the middle of the box, or the newest step. */
export function usualPlace(box: Box | undefined, grid: Grid, heat: Heat | undefined): Cell {
  const row = heat && Math.floor(((box?.firstRow ?? 0) + (box?.lastRow ?? heat.rows)) / 2);
  return { step: box ? Math.floor((box.firstStep + box.lastStep) / 2) : grid.steps - 1, row };
}

/** Room that a box's menu takes. */
const MENU = { width: 490, height: 48 };

/** Right of the box, or left of it, or under it, or above: where there is room; else over it. */
export function besideBox(place: Place | undefined, width: number, height: number): { left?: number; right?: number; top: number } {
  if (!place) return { left: 8, top: 8 };
  if (place.right <= width - MENU.width) return { left: place.right + 8, top: 8 };
  if (place.left > MENU.width) return { right: width - place.left + 8, top: 8 };
  const isUnder = place.bottom + MENU.height < height;
  return { right: 12, top: isUnder ? place.bottom + 10 : place.top > MENU.height ? place.top - MENU.height : 8 };
}

/** The box while it is drawn stands in the document: moving it paints nothing again. */
export function Outline({ place: { left, right, top, bottom }, colour }: { place: Place; colour: string }) {
  return <div style={{ position: "absolute", pointerEvents: "none", left, top, width: right - left, height: bottom - top, outline: `2px solid ${colour}`, background: `color-mix(in srgb, ${colour} 12%, transparent)` }} />;
}
