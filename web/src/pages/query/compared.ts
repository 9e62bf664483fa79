import { type Extent, expressionOf } from "../../charts/box";
import { printJson } from "../../lib/json";
import { msToNs } from "../../lib/time";
import { columnReference, definitionText } from "../../model/calculated";
import { type Query, asking, columnText } from "../../model/query";
import type { Window } from "../../model/range";

/** What is selected: boxes of a graph, or a group of the table. */
export interface Selected {
  extents?: readonly Extent[] | undefined;
  /** The column of the boxes' values. */
  column?: string | undefined;
  group?: { column: string; value: unknown }[] | undefined;
}

/** What the selected events are compared with: the query's others, all of its events in the period before, or those in the other boxes. */
export type Base = "rest" | "previous" | "box";

/** Which bases there are for a selection. */
export function basesOf({ extents = [] }: Selected): Base[] {
  return extents.length > 1 ? ["rest", "previous", "box"] : ["rest", "previous"];
}

export function readBase(text: string | null, selected: Selected): Base {
  return basesOf(selected).find((base) => base === text) ?? "rest";
}

/** The question of both sides, without its time. */
interface Sides {
  text: string;
  selection: {
    start_ns?: string;
    end_ns?: string;
    ranges?: { column: string; low?: number; high?: number }[];
    equals?: { column: string; value: unknown }[];
  };
  window: Window;
}

/** Says which side an event is on, where a time, a range and values do not. */
const SIDE = "compared_side";

/** Which events are compared: those of the query; for a box of values only those that have the value, as only they could lie in it. */
export function sidesOf(ran: Query, selected: Selected, base: Base, window: Window): Sides {
  const { extents = [], column, group } = selected;
  const has = column === undefined ? [] : [`${columnText(column)} exists`];
  const one = extents[0];
  if (base === "rest" && extents.length < 2) {
    return { text: asking(ran, ["COUNT"], {}, ...has), selection: { ...(one ? withinOne(one, column) : {}), ...(group ? { equals: group } : {}) }, window };
  }
  const reference = columnReference(column ?? "");
  const own = group ? groupExpression(group) : expressionOf(base === "box" ? extents.slice(-1) : extents, reference);
  const start = window.start / 1000;
  const sides = {
    rest: own,
    previous: `IF(AND(EVENT_TIMESTAMP() >= ${start}, ${own}), "selected", EVENT_TIMESTAMP() < ${start}, "base")`,
    box: `IF(${own}, "selected", ${expressionOf(extents.slice(0, -1), reference)}, "base")`,
  };
  const fields = [...ran.fields, definitionText({ name: SIDE, expression: sides[base] })];
  return {
    text: asking({ ...ran, fields }, ["COUNT"], {}, ...has, ...(base === "rest" ? [] : [`${SIDE} exists`])),
    selection: { equals: [{ column: SIDE, value: base === "rest" ? true : "selected" }] },
    window: base === "previous" ? { start: window.start - (window.end - window.start), end: window.end } : window,
  };
}

function withinOne({ start, end, low, high }: Extent, column: string | undefined): Sides["selection"] {
  const finite = (value: number | undefined) => (value === undefined || !Number.isFinite(value) ? undefined : value);
  const [least, most] = [finite(low), finite(high)];
  return {
    start_ns: String(msToNs(start)),
    end_ns: String(msToNs(end)),
    ...(column !== undefined && low !== undefined ? { ranges: [{ column, ...(least === undefined ? {} : { low: least }), ...(most === undefined ? {} : { high: most }) }] } : {}),
  };
}

/** Whether an event is of a group. */
function groupExpression(group: readonly { column: string; value: unknown }[]): string {
  const parts = group.map(({ column, value }) => {
    const reference = columnReference(column);
    if (value === null || value === undefined) return `NOT(EXISTS(${reference}))`;
    if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return `EQUALS(${reference}, ${String(value)})`;
    return `EQUALS(${reference}, ${JSON.stringify(typeof value === "string" ? value : printJson(value))})`;
  });
  return parts.length === 1 ? (parts[0] ?? "true") : `AND(${parts.join(", ")})`;
}
