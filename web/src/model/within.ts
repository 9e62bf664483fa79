import { readQuery, whereText } from "./query";
import type { Trace } from "./trace";
import { conditionParts, renameColumn } from "./words";

/** A column as it is known of an environment. */
interface Known {
  name: string;
  type: string;
  computed: boolean;
  events?: number;
}

/** An expression may have so many characters; a little is kept for what stands around its columns. */
const EXPRESSION = 4_095;
/** The calculated field that says whether an event has the text. */
const FOUND = "found_within";
/** Told of the trace's shape already, or equal in all of it. */
const ELSEWHERE = new Set(["name", "service.name", "trace.trace_id", "trace.span_id", "trace.parent_id"]);

/**
 * The questions that find a text in the fields of a trace's events, in the query language without a time: conditions are asked as they
 * are, other words are sought in every field that may hold them. None where the trace itself answers.
 */
export function questionsWithin(trace: string, typed: string, columns: readonly Known[]): string[] {
  const text = typed.trim();
  if (text.length < 2 || text.toLowerCase() === "error" || isLength(text)) return [];
  const own = `trace.trace_id = ${trace}`;
  const conditions = conditionsOf(text);
  if (conditions) return [whereText(conditions, own)];
  return [...chunks(columns.filter((column) => mayHold(column, text)).map(({ name }) => `$${JSON.stringify(name)}`), text)].map((expression) => `WITH ${FOUND} = ${expression} WHERE ${own} AND ${FOUND} = true`);
}

/** `duration > 50ms` alone is answered by the trace. */
const isLength = (text: string) => /^duration\s*(>=|<=|>|<)\s*[\d.]+\s*(ns|us|µs|ms|s|m)?$/i.test(text);

/** The text as conditions; nothing when it is other words. `duration` and `error` are said as they are elsewhere in the field. */
function conditionsOf(text: string): ReturnType<typeof readQuery> | undefined {
  const query = readQuery(`WHERE ${text}`);
  const isAlone = query.calcs.length + query.groupBy.length + query.having.length + query.orderBy.length + query.datasets.length === 0 && !query.limit && !query.step;
  if (!isAlone) return undefined;
  const where = query.where.map(({ text: one, off }) => ({ text: one.toLowerCase() === "error" ? "error = true" : renameColumn(one, "duration", "duration_ms", true), off }));
  // Joined in both ways they mean nothing: the server says so.
  const isMixed = where.length === 1 && readQuery(`WHERE ${text.replace(/\sOR\s/gi, " AND ")}`).where.filter(({ text: one }) => conditionParts(one)).length > 1;
  return isMixed || (where.length > 0 && where.every(({ text: one }) => conditionParts(one))) ? { ...query, where } : undefined;
}

/** Text and lists hold anything, numbers what is written as one. */
function mayHold({ name, type, computed, events }: Known, text: string): boolean {
  if (computed || events === 0 || ELSEWHERE.has(name)) return false;
  return type === "string" || type === "json" || ((type === "integer" || type === "float") && /^[-+.\de]+$/i.test(text)) || (type === "boolean" && /^(true|false)$/i.test(text));
}

/** Expressions that say whether one of the columns has the text, each short enough. */
function* chunks(columns: readonly string[], text: string): Generator<string> {
  const wrap = (names: readonly string[]) => `CONTAINS(TO_LOWER(CONCAT(${names.join(', "\\n", ')})), ${JSON.stringify(text.toLowerCase())})`;
  let part: string[] = [];
  for (const column of columns) {
    if (part.length > 0 && wrap([...part, column]).length > EXPRESSION) {
      yield wrap(part);
      part = [];
    }
    part.push(column);
  }
  if (part.length > 0) yield wrap(part);
}

/** The spans that events are of: their own, or those they happened within. In order of rows. */
export function spansOf(trace: Trace, rows: readonly { fields: Record<string, unknown> }[]): number[] {
  if (rows.length === 0) return [];
  const places = new Map(trace.ids.map((id, span) => [id, span]));
  const found = new Set<number>();
  for (const { fields } of rows) {
    const isWithin = fields["meta.annotation_type"] !== undefined && fields["meta.annotation_type"] !== null;
    const id = isWithin ? fields["trace.parent_id"] : (fields["trace.span_id"] ?? fields["trace.parent_id"]);
    const span = typeof id === "string" ? places.get(id) : undefined;
    if (span !== undefined) found.add(span);
  }
  return [...found].sort((a, b) => a - b);
}

/** Two sorted lists as one. */
export function united(one: number[], other: readonly number[]): number[] {
  return other.length === 0 ? one : [...new Set([...one, ...other])].sort((a, b) => a - b);
}
