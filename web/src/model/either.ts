import type { Query } from "./query";
import { type ConditionParts, columnText, conditionParts, valueText } from "./words";

/**
 * A query whose conditions are joined by OR, saying the same with conditions joined by AND: as one list where all ask for values of one
 * column, else as a calculated field. What cannot be read is left as it is.
 */
export function foldedOr(query: Query): Query {
  const active = query.where.filter(({ off }) => !off);
  const parts = active.map(({ text }) => conditionParts(text));
  if (!parts.every((part) => part !== undefined)) return query;
  const rest = query.where.filter(({ off }) => off);
  const list = asList(parts);
  if (list) return { ...query, join: "AND", where: [{ text: list, off: false }, ...rest] };
  const taken = new Set(query.fields.map((field) => field.split("=")[0]?.trim()));
  let name = "either";
  for (let n = 2; taken.has(name); n++) name = `either_${n}`;
  const field = `${name} = ${parts.map(expressionOf).join(" OR ")}`;
  return { ...query, join: "AND", fields: [...query.fields, field], where: [{ text: `${name} = true`, off: false }, ...rest] };
}

function asList(parts: readonly ConditionParts[]): string | undefined {
  const column = parts[0]?.column ?? "";
  if (!parts.every((part) => part.column === column && (part.op === "=" || part.op === "in"))) return undefined;
  const values = parts.flatMap(({ values: own }) => own.map(({ text, quoted }) => (quoted ? valueText(text) : text)));
  return `${columnText(column)} in (${[...new Set(values)].join(", ")})`;
}

/** A condition in the language of calculated fields, which converts nothing: each reading of a value is tried. */
export function expressionOf({ column, op, values }: ConditionParts): string {
  const name = /^[\p{L}\p{N}_./:]+$/u.test(column) ? `$${column}` : `$${JSON.stringify(column)}`;
  const negated = op.startsWith("does-not") || op === "!=" || op === "not-in";
  const positive = { "!=": "=", "not-in": "in", "does-not-exist": "exists", "does-not-contain": "contains", "does-not-start-with": "starts-with", "does-not-end-with": "ends-with" }[op] ?? op;
  const says = positiveOf(name, column, positive, values);
  return negated ? `!(${says})` : `(${says})`;
}

function positiveOf(name: string, column: string, op: string, values: ConditionParts["values"]): string {
  if (op === "exists") return `EXISTS(${name})`;
  const call = { contains: "CONTAINS", "starts-with": "STARTS_WITH", "ends-with": "ENDS_WITH" }[op];
  if (call) return `EXISTS(${name}) AND ${call}(STRING(${name}), ${JSON.stringify(values[0]?.text ?? "")})`;
  const sign = op === "in" ? "=" : op;
  return values.flatMap((value) => readings(column, value.text).map((literal) => `${name} ${sign} ${literal}`)).join(" OR ");
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 };

/** What a value may be: text, and a number or a truth value where it is written as one. */
function readings(column: string, text: string): string[] {
  const quoted = JSON.stringify(text);
  if (/^-?\d+(\.\d+)?$/.test(text)) return [text, quoted];
  if (text === "true" || text === "false") return [text, quoted];
  const own = /_(ns|us|ms|s|seconds)$/.exec(column)?.[1];
  if (own && /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w))+$/.test(text)) {
    let ms = 0;
    for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/g)) ms += Number(number) * (UNIT_MS[unit ?? ""] ?? 0);
    return [String(ms / (UNIT_MS[own === "seconds" ? "s" : own] ?? 1)), quoted];
  }
  return [quoted];
}
