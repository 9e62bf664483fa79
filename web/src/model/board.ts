import { type Condition, printQuery, readQuery, withCondition } from "./query";

/** A rectangle of a board's grid. */
export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed extends Place {
  id: string;
}

/** Columns of a board's grid, as the server has it. */
export const COLUMNS = 12;
const ROWS_MOST = 100;

const overlaps = (a: Place, b: Place) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** A place within the grid. */
export function within({ x, y, width, height }: Place): Place {
  const wide = Math.min(COLUMNS, Math.max(1, width));
  return { x: Math.min(COLUMNS - wide, Math.max(0, x)), y: Math.max(0, y), width: wide, height: Math.min(ROWS_MOST, Math.max(1, height)) };
}

/** Panels by rows, then by columns: the order in which they are read. */
export function inOrder<T extends Placed>(panels: readonly T[]): T[] {
  return [...panels].sort((a, b) => a.y - b.y || a.x - b.x);
}

/** Lets each panel, in this order, fall up as far as there is room. */
function fallen<T extends Placed>(order: readonly T[]): T[] {
  const set: T[] = [];
  for (const panel of order) {
    const below = set.filter((other) => other.x < panel.x + panel.width && panel.x < other.x + other.width);
    set.push({ ...panel, y: Math.max(0, ...below.map((other) => other.y + other.height)) });
  }
  return set;
}

const inListOf = <T extends Placed>(panels: readonly T[], list: readonly Placed[]): T[] => list.flatMap(({ id }) => panels.find((panel) => panel.id === id) ?? []);

/** The panels with one at another place: it goes before those whose middle it has not passed, and all move up as far as there is room. */
export function moved<T extends Placed>(panels: readonly T[], id: string, to: Place): T[] {
  const own = panels.find((panel) => panel.id === id);
  if (!own) return [...panels];
  const place = within(to);
  const line = place.y > own.y ? place.y + place.height : place.y;
  const isBefore = (other: T) => (other.x < place.x + place.width && place.x < other.x + other.width ? other.y + other.height / 2 < line : other.y < place.y);
  const others = inOrder(panels.filter((other) => other.id !== id));
  const order = [...others.filter(isBefore), { ...own, ...place }, ...others.filter((other) => !isBefore(other))];
  return inListOf(fallen(order), panels);
}

/** The panels with one a step further; down and up are as far as something changes. */
export function nudged<T extends Placed>(panels: readonly T[], id: string, by: Partial<Place>): T[] {
  const own = panels.find((panel) => panel.id === id);
  if (!own) return [...panels];
  const { x = 0, y = 0, width = 0, height = 0 } = by;
  const text = JSON.stringify(panels);
  for (let times = 1; times <= (y === 0 ? 1 : ROWS_MOST); times++) {
    const after = moved(panels, id, { x: own.x + x, y: own.y + y * times, width: own.width + width, height: own.height + height });
    if (JSON.stringify(after) !== text) return after;
  }
  return [...panels];
}

/** Takes out the empty room above each panel. The order of the list stays. */
export function compact<T extends Placed>(panels: readonly T[]): T[] {
  return inListOf(fallen(inOrder(panels)), panels);
}

/** Where a new panel of this size goes: beside the last ones where there is room, else below all. */
export function freePlace(panels: readonly Placed[], width: number, height: number): Place {
  const bottom = Math.max(0, ...panels.map((panel) => panel.y + panel.height));
  const tops = [...new Set(panels.map(({ y }) => y))].sort((a, b) => b - a);
  for (const y of tops.slice(0, 1)) {
    for (let x = 0; x + width <= COLUMNS; x++) {
      const place = { x, y, width, height };
      if (!panels.some((panel) => overlaps(panel, place))) return place;
    }
  }
  return { x: 0, y: bottom, width, height };
}

/** A name that no panel has yet. */
export function freeId(panels: readonly Placed[]): string {
  for (let n = panels.length + 1; ; n++) if (!panels.some(({ id }) => id === `p${n}`)) return `p${n}`;
}

/** The conditions of a board, out of its text. */
export function conditionsOf(filter: string): Condition[] {
  return filter.trim() ? readQuery(`COUNT WHERE ${filter}`).where : [];
}

export function printConditions(conditions: readonly Condition[]): string {
  return conditions.map(({ text, off }) => (off ? `#off ${text}` : text)).join(" AND ");
}

/** A panel's query with the board's conditions added, as the server reads it. */
export function withBoard(query: string, conditions: readonly Condition[]): string {
  const own = readQuery(query);
  const added = conditions.filter(({ off, text }) => !off && text).map(({ text }) => text);
  return printQuery(added.reduce(withCondition, { ...own, where: own.where.filter(({ off }) => !off) }), true);
}
