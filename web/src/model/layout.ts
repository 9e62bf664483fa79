/** How a table's columns lie: their order, which are hidden, how wide some are. Kept in the address: `user.id*180;-COUNT` puts `user.id` first, 180 px wide, and hides `COUNT`. */
export interface Laid {
  name: string;
  isHidden: boolean;
  /** CSS pixels; as wide as what it holds when left out. */
  width?: number;
}

const LEAST_PX = 48;
const MOST_PX = 1_200;

/** A name that stands between the separators. */
const plain = (name: string) => name.replaceAll(";", ",");

/** The columns in the order that is kept; those it does not name follow in their own. */
export function readLayout(text: string | null, names: readonly string[]): Laid[] {
  const left = [...names];
  const kept = (text ?? "").split(";").flatMap((part): Laid[] => {
    const [, hidden, named = "", width] = /^(-?)(.*?)(?:\*(\d+))?$/s.exec(part) ?? [];
    const at = left.findIndex((name) => plain(name) === named);
    const name = left[at];
    if (name === undefined) return [];
    left.splice(at, 1);
    return [{ name, isHidden: hidden === "-", ...(width === undefined ? {} : { width: Math.min(MOST_PX, Math.max(LEAST_PX, Number(width))) }) }];
  });
  return [...kept, ...left.map((name) => ({ name, isHidden: false }))];
}

/** The text of a layout; empty where it is the usual one. */
export function printLayout(columns: readonly Laid[], names: readonly string[]): string {
  const isUsual = columns.every(({ name, isHidden, width }, n) => name === names[n] && !isHidden && width === undefined);
  return isUsual ? "" : columns.map(({ name, isHidden, width }) => `${isHidden ? "-" : ""}${plain(name)}${width === undefined ? "" : `*${Math.round(width)}`}`).join(";");
}

/** A column so many places further on, among those that are shown. */
export function movedBy(columns: readonly Laid[], name: string, by: number): Laid[] {
  const shown = columns.filter(({ isHidden }) => !isHidden);
  const at = shown.findIndex((column) => column.name === name);
  const target = shown[Math.min(shown.length - 1, Math.max(0, at + by))];
  return at < 0 || !target ? [...columns] : movedTo(columns, name, target.name);
}

/** A column in the place of another one: before it when it comes from behind, else behind it. */
export function movedTo(columns: readonly Laid[], name: string, target: string): Laid[] {
  const [from, to] = [columns.findIndex((column) => column.name === name), columns.findIndex((column) => column.name === target)];
  const moved = columns[from];
  if (!moved || to < 0 || from === to) return [...columns];
  const others = columns.filter((_, n) => n !== from);
  others.splice(to, 0, moved);
  return others;
}

export const withLaid = (columns: readonly Laid[], name: string, change: Partial<Laid>): Laid[] => columns.map((column) => (column.name === name ? { ...column, ...change } : column));

/** One key of an order: a column's name, largest first or smallest first. */
export interface SortKey {
  label: string;
  down: boolean;
}

/** `down:COUNT;up:user.id` in an address; columns that are not there are left out. */
export function readSort(text: string | null, labels: readonly string[]): SortKey[] {
  return (text ?? "").split(";").flatMap((part): SortKey[] => {
    const [, way, named] = /^(up|down):(.*)$/s.exec(part) ?? [];
    const label = labels.find((one) => plain(one) === named);
    return label === undefined ? [] : [{ label, down: way === "down" }];
  });
}

/** The order after a column's head was pressed: by it alone, or, with `adds`, by it after the others. Pressed again it turns round. */
export function pressedSort(keys: readonly SortKey[], label: string, usual: boolean, adds: boolean): string {
  const known = keys.find((key) => key.label === label);
  const next = { label, down: known ? !known.down : usual };
  const all = !adds ? [next] : known ? keys.map((key) => (key === known ? next : key)) : [...keys, next];
  return all.map((key) => `${key.down ? "down" : "up"}:${plain(key.label)}`).join(";");
}
