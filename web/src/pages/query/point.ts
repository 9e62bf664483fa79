import { ask, client } from "../../api/client";
import { extentOf } from "../../charts/box";
import type { Touched } from "../../charts/TimeChart";
import { go } from "../../lib/address";
import { type Query, asking, columnText, equals } from "../../model/query";
import type { Calculation, Graphs } from "../../model/series";
import { announce } from "../../ui/announce";
import { pageAddress } from "../../ui/view";

/** A point of a graph that was touched. */
export interface Point extends Touched {
  calc: number;
  x: number;
  y: number;
}

/** Calculations whose value is one that an event may have. */
const OF_VALUES = /^(P\d+|AVG|MAX|MIN)$/;
/** Percentiles are estimates within a hundredth: the event that made one may lie a little above it. */
const ESTIMATE = 0.016;

/** The conditions of the events behind a point, the narrowest first: of a heatmap those of the touched cell, of a line those up to its value. */
export function pointConditions(ran: Query, source: Graphs, calculation: Calculation, groups: readonly (readonly unknown[])[], { step, row, group, value }: Touched): string[][] {
  const own = group === undefined ? [] : ran.groupBy.map((name, n) => equals(name.replaceAll("`", ""), groups[group]?.[n] ?? null));
  const heat = calculation.heat;
  const column = columnText(calculation.column);
  if (heat && row !== undefined) {
    const { low = Number.NaN, high = Number.NaN } = extentOf({ calc: 0, firstStep: step, lastStep: step, firstRow: row, lastRow: row }, source.grid, heat);
    const above = Number.isFinite(low) ? [`${column} >= ${low}`] : [];
    const below = Number.isFinite(high) ? [`${column} < ${high}`] : [];
    return [[...above, ...below], below];
  }
  if (value !== undefined && calculation.column && OF_VALUES.test(calculation.op)) {
    const reach = /^P/.test(calculation.op) ? value + Math.abs(value) * ESTIMATE : value;
    return [[...own, `${column} <= ${reach}`], own];
  }
  return [own];
}

/** Opens the slowest trace of a point, with a value up to the touched one, at the span that has it. */
export async function openTrace(env: string, ran: Query, source: Graphs, calculation: Calculation, groups: readonly (readonly unknown[])[], point: Touched): Promise<void> {
  const { start, end } = extentOf({ calc: 0, firstStep: point.step, lastStep: point.step }, source.grid, undefined);
  const isValue = calculation.column !== "" && calculation.op !== "COUNT_DISTINCT";
  const most = `MAX(${columnText(isValue ? calculation.column : "duration_ms")})`;
  try {
    for (const conditions of pointConditions(ran, source, calculation, groups, point)) {
      const text = asking(ran, [most], { groupBy: ["trace.trace_id", "trace.span_id"], orderBy: [`${most} desc`], limit: "1" }, ...conditions, "trace.trace_id exists", "trace.span_id exists");
      const time = `FROM ${new Date(start).toISOString()} TO ${new Date(end).toISOString()}`;
      const answer = await ask(client.POST("/hive/v1/e/{env}/query", { params: { path: { env } }, body: { text: `${text} ${time}`, want: [] } }));
      const [trace, span] = answer.results[0]?.group ?? [];
      if (typeof trace !== "string") continue;
      go(pageAddress(`/trace/${trace}`, { at: String(Math.round(start)), ...(typeof span === "string" ? { span } : {}) }));
      return;
    }
    announce("No event here belongs to a trace", true);
  } catch (error) {
    announce(error instanceof Error ? error.message : "The trace could not be looked up", true);
  }
}
