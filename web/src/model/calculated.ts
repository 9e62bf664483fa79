import type { Query } from "./query";
import { columnText, renameColumn, bareName } from "./words";

/** A calculated field: a name, and the expression that is computed of each event. */
export interface Definition {
  name: string;
  expression: string;
}

const HEAD = /^\s*(`(?:``|[^`])*`|[\p{L}\p{N}_.\-/@]+)\s*=\s*/u;

/** A piece of WITH as its parts; what has no name is an expression alone. */
export function definitionOf(piece: string): Definition {
  const head = HEAD.exec(piece);
  return head?.[1] === undefined ? { name: "", expression: piece.trim() } : { name: bareName(head[1]), expression: piece.slice(head[0].length).trim() };
}

export const definitionText = ({ name, expression }: Definition): string => `${columnText(name)} = ${expression.trim()}`;

const REFERENCE = /"(?:\\.|[^"\\])*"|\$"((?:\\.|[^"\\])*)"|\$`([^`]*)`|`[^`]*`|\$([\p{L}\p{N}_./:=+?-]+)/gu;

/** The columns that an expression reads, in order of first sight. */
export function columnsRead(expression: string): string[] {
  const names = [...expression.matchAll(REFERENCE)].map(([, quoted, raw, bare]) => quoted ?? raw ?? bare ?? "");
  return [...new Set(names.filter(Boolean))];
}

/** The expression with another name for a column. */
export function withColumn(expression: string, from: string, to: string): string {
  return expression.replace(REFERENCE, (whole: string, quoted?: string, raw?: string, bare?: string) => ((quoted ?? raw ?? bare) === from ? columnReference(to) : whole));
}

/** A column as expressions name it. */
export const columnReference = (name: string): string => (/^[\p{L}\p{N}_./:=+?-]+$/u.test(name) ? `$${name}` : `$"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);

/** The query with a definition in the place of the one that was called `before`, or behind the others. Where it has another name now, the clauses say so too. */
export function withDefinition(query: Query, definition: Definition, before?: string): Query {
  const text = definitionText(definition);
  const isKnown = query.fields.some((piece) => definitionOf(piece).name === (before ?? definition.name));
  const fields = isKnown ? query.fields.map((piece) => (definitionOf(piece).name === (before ?? definition.name) ? text : piece)) : [...query.fields, text];
  const next = { ...query, fields };
  return before !== undefined && before !== definition.name ? renamed(next, before, definition.name) : next;
}

/** The query without a definition. Clauses that name it stay: they say that it is gone. */
export function withoutDefinition(query: Query, name: string): Query {
  return { ...query, fields: query.fields.filter((piece) => definitionOf(piece).name !== name) };
}

/** The query with another name for a column, wherever it stands. */
export function renamed(query: Query, from: string, to: string): Query {
  const inText = (text: string) => renameColumn(text, from, to, false);
  return {
    ...query,
    fields: query.fields.map((piece) => {
      const { name, expression } = definitionOf(piece);
      return name === "" ? piece : definitionText({ name, expression: withColumn(expression, from, to) });
    }),
    calcs: query.calcs.map(inText),
    groupBy: query.groupBy.map(inText),
    orderBy: query.orderBy.map(inText),
    having: query.having.map(inText),
    where: query.where.map((condition) => ({ ...condition, text: renameColumn(condition.text, from, to, true) })),
  };
}

/** What an expression may call, with its arguments and a word on each. */
export const FUNCTIONS: readonly { name: string; takes: string; about: string }[] = [
  { name: "IF", takes: "condition, value, …, else", about: "the value behind the first condition that holds" },
  { name: "SWITCH", takes: 'text, "key", value, …, else', about: "the value behind the key that the text is" },
  { name: "COALESCE", takes: "a, b, …", about: "the first that is neither absent nor empty" },
  { name: "BUCKET", takes: "number, size, min, max", about: "the range that a number lies in, as text" },
  { name: "EXISTS", takes: "value", about: "whether it is there" },
  { name: "IN", takes: "value, a, b, …", about: "whether it is one of these" },
  { name: "NOT", takes: "value", about: "whether it does not hold" },
  { name: "AND", takes: "a, b, …", about: "all hold" },
  { name: "OR", takes: "a, b, …", about: "one holds" },
  { name: "EQUALS", takes: "a, b", about: "same type and value" },
  { name: "LT", takes: "a, b", about: "less" },
  { name: "LTE", takes: "a, b", about: "less or equal" },
  { name: "GT", takes: "a, b", about: "greater" },
  { name: "GTE", takes: "a, b", about: "greater or equal" },
  { name: "MIN", takes: "a, b, …", about: "the least" },
  { name: "MAX", takes: "a, b, …", about: "the greatest" },
  { name: "SUM", takes: "a, b, …", about: "sum" },
  { name: "SUB", takes: "a, b", about: "difference" },
  { name: "MUL", takes: "a, b, …", about: "product" },
  { name: "DIV", takes: "a, b", about: "quotient; absent where b is 0" },
  { name: "MOD", takes: "a, b", about: "what is left of the division" },
  { name: "LOG10", takes: "number", about: "logarithm to the base 10" },
  { name: "INT", takes: "value", about: "an integer, cut towards zero" },
  { name: "FLOAT", takes: "value", about: "a number" },
  { name: "BOOL", takes: "value", about: "whether it holds" },
  { name: "STRING", takes: "value", about: "its text" },
  { name: "CONCAT", takes: "a, b, …", about: "texts, one after the other" },
  { name: "STARTS_WITH", takes: "text, start", about: "whether it begins so" },
  { name: "ENDS_WITH", takes: "text, end", about: "whether it ends so" },
  { name: "CONTAINS", takes: "text, part", about: "whether it has that within" },
  { name: "TO_LOWER", takes: "text", about: "in lower case" },
  { name: "LENGTH", takes: 'text, "bytes"', about: "how many characters, or bytes" },
  { name: "REG_MATCH", takes: "text, `pattern`", about: "whether a regular expression is found" },
  { name: "REG_VALUE", takes: "text, `pattern`", about: "what its first group holds" },
  { name: "REG_COUNT", takes: "text, `pattern`", about: "how often it is found" },
  { name: "UNIX_TIMESTAMP", takes: "text", about: "a time as seconds since 1970" },
  { name: "EVENT_TIMESTAMP", takes: "", about: "when the event was, seconds since 1970" },
  { name: "INGEST_TIMESTAMP", takes: "", about: "when it arrived, seconds since 1970" },
  { name: "FORMAT_TIME", takes: 'format, time', about: "a time as text" },
];

/** What is being typed at a place of an expression: a column behind its `$`, or the name of a function. */
export interface Typed {
  kind: "column" | "function";
  typed: string;
  from: number;
}

export function typedAt(expression: string, caret: number): Typed | undefined {
  const before = expression.slice(0, caret);
  // Within a text nothing is named.
  if ((before.replace(/\\./g, "").match(/(?<!\$)"/g)?.length ?? 0) % 2 === 1) return undefined;
  const column = /\$([\p{L}\p{N}_./:=+?-]*)$/u.exec(before);
  if (column) return { kind: "column", typed: column[1] ?? "", from: column.index };
  const name = /(?<![\p{L}\p{N}_$."`])[A-Za-z][A-Za-z0-9_]*$/u.exec(before);
  return name ? { kind: "function", typed: name[0], from: name.index } : undefined;
}
