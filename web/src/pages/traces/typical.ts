import { ask, client } from "../../api/client";
import { nsToMs } from "../../lib/time";
import { equals } from "../../model/query";
import { numberOf } from "../../model/series";
import { MISSING, type Trace, has, nameOf, serviceOf } from "../../model/trace";

const HOUR_MS = 3_600_000;

/** The trace in the middle of those that begin alike, within an hour on both sides; nothing when there is no other. */
export async function typicalTrace(env: string, trace: Trace): Promise<string | undefined> {
  if (trace.count === 0 || has(trace, 0, MISSING)) return undefined;
  const start = nsToMs(trace.start);
  const time = `FROM ${new Date(start - HOUR_MS).toISOString()} TO ${new Date(start + HOUR_MS).toISOString()}`;
  const alike = `WHERE is_root = true AND ${equals("service.name", serviceOf(trace, 0))} AND ${equals("name", nameOf(trace, 0))}`;
  const query = async (text: string) => ask(client.POST("/hive/v1/e/{env}/query", { params: { path: { env } }, body: { text: `${text} ${time}`, want: [] } }));
  const median = numberOf((await query(`P50(duration_ms) ${alike}`)).results[0]?.values[0]);
  if (!Number.isFinite(median)) return undefined;
  for (const [order, limit] of [["MAX", `duration_ms <= ${median}`], ["MIN", `duration_ms > ${median}`]] as const) {
    const direction = order === "MAX" ? "desc" : "asc";
    const found = await query(`${order}(duration_ms) ${alike} AND ${limit} GROUP BY trace.trace_id ORDER BY ${order}(duration_ms) ${direction} LIMIT 2`);
    const other = found.results.map(({ group }) => group[0]).find((id) => typeof id === "string" && id !== trace.id);
    if (typeof other === "string") return other;
  }
  return undefined;
}
