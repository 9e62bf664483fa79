import { foldedOr } from "./either";
import { splitFields } from "./expression";
import { columnOfCondition, columnText, equals, tokens, valueText } from "./words";

export { columnOfCondition, columnText, equals, tokens, valueText };

/** The clauses of a query's text, each a list of pieces as they were typed. The server reads them; here they are only kept apart. */
export interface Query {
  /** `WITH name = expression` definitions, by `,`. */
  fields: string[];
  calcs: string[];
  where: Condition[];
  /** How conditions are joined. */
  join: "AND" | "OR";
  groupBy: string[];
  having: string[];
  orderBy: string[];
  limit: string;
  step: string;
  datasets: string[];
}

/** A condition; one that is off stays in the address behind a `!-` mark. */
export interface Condition {
  text: string;
  off: boolean;
}

export const EMPTY: Query = { fields: [], calcs: [], where: [], join: "AND", groupBy: [], having: [], orderBy: [], limit: "", step: "", datasets: [] };

/** Names of clauses that hold pieces. */
export type Clause = "fields" | "calcs" | "where" | "groupBy" | "having" | "orderBy" | "limit" | "step";

const KEYWORDS: { words: string[]; clause: keyof Query | "time" }[] = [
  { words: ["WITH"], clause: "fields" },
  { words: ["WHERE"], clause: "where" },
  { words: ["GROUP", "BY"], clause: "groupBy" },
  { words: ["HAVING"], clause: "having" },
  { words: ["ORDER", "BY"], clause: "orderBy" },
  { words: ["LIMIT"], clause: "limit" },
  { words: ["STEP"], clause: "step" },
  { words: ["IN"], clause: "datasets" },
  { words: ["LAST"], clause: "time" },
  { words: ["FROM"], clause: "time" },
  { words: ["SINCE"], clause: "time" },
];

/** Where each clause begins: keywords outside of brackets and quotes. `IN` within WHERE and after a column is an operator. */
function clausesOf(text: string): { clause: keyof Query | "time"; start: number; body: number }[] {
  const all = tokens(text);
  const found: { clause: keyof Query | "time"; start: number; body: number }[] = [{ clause: "calcs", start: 0, body: 0 }];
  let depth = 0;
  for (let at = 0; at < all.length; at++) {
    const token = all[at];
    if (!token) break;
    if (token.text === "(") depth++;
    else if (token.text === ")") depth = Math.max(0, depth - 1);
    if (depth > 0 || token.quoted) continue;
    const keyword = KEYWORDS.find(({ words }) => words.every((word, n) => all[at + n]?.text.toUpperCase() === word));
    if (!keyword) continue;
    const isList = keyword.clause === "datasets" && all[at + 1]?.text === "(";
    if (isList) continue;
    const last = all[at + keyword.words.length - 1] ?? token;
    found.push({ clause: keyword.clause, start: token.start, body: last.end });
    at += keyword.words.length - 1;
  }
  return found;
}

/** Cuts at a separator outside of brackets and quotes. */
function cut(text: string, separators: string[]): { pieces: string[]; used: string[] } {
  const pieces: string[] = [];
  const used: string[] = [];
  let depth = 0;
  let start = 0;
  for (const token of tokens(text)) {
    if (token.text === "(") depth++;
    else if (token.text === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0 && !token.quoted && separators.includes(token.text.toUpperCase())) {
      pieces.push(text.slice(start, token.start).trim());
      used.push(token.text.toUpperCase());
      start = token.end;
    }
  }
  pieces.push(text.slice(start).trim());
  return { pieces: pieces.filter(Boolean), used };
}

const OFF = /^#off\s+/;

/** A query's text as clauses. Never fails: what cannot be understood stays a piece for the server to judge. Times are left out. */
export function readQuery(text: string): Query {
  const query: Query = { ...EMPTY };
  const starts = clausesOf(text);
  starts.forEach(({ clause, body }, index) => {
    const part = text.slice(body, starts[index + 1]?.start ?? text.length).trim();
    if (!part || clause === "time") return;
    if (clause === "where") {
      const { pieces, used } = cut(part, ["AND", "OR"]);
      // Joined in both ways, it has no meaning to keep apart: it stays whole, and the server says what is wrong with it.
      if (new Set(used).size > 1) {
        query.where = [{ text: part, off: false }];
        return;
      }
      query.where = pieces.map((piece) => ({ text: piece.replace(OFF, ""), off: OFF.test(piece) }));
      query.join = used[0] === "OR" ? "OR" : "AND";
    } else if (clause === "having") query.having = cut(part, ["AND"]).pieces;
    else if (clause === "limit") query.limit = part;
    else if (clause === "step") query.step = part;
    else if (clause === "fields") {
      const { fields, rest } = splitFields(part);
      query.fields = fields;
      query.calcs = cut(rest, [","]).pieces;
    } else if (clause !== "join") query[clause] = cut(part, [","]).pieces;
  });
  return query;
}

/** The text of a query, in the canonical order of clauses. With `forServer`, conditions that are off are left out. */
export function printQuery(query: Query, forServer = false): string {
  const parts: string[] = [];
  if (query.fields.length) parts.push(`WITH ${query.fields.join(", ")}`);
  if (query.calcs.length) parts.push(query.calcs.join(", "));
  const where = query.where.filter(({ off, text }) => text && !(forServer && off)).map(({ text, off }) => (off ? `#off ${text}` : text));
  if (where.length) parts.push(`WHERE ${where.join(` ${query.join} `)}`);
  if (query.groupBy.length) parts.push(`GROUP BY ${query.groupBy.join(", ")}`);
  if (query.having.length) parts.push(`HAVING ${query.having.join(" AND ")}`);
  if (query.orderBy.length) parts.push(`ORDER BY ${query.orderBy.join(", ")}`);
  if (query.limit) parts.push(`LIMIT ${query.limit}`);
  if (query.step) parts.push(`STEP ${query.step}`);
  if (query.datasets.length) parts.push(`IN ${query.datasets.join(", ")}`);
  return parts.join(" ");
}

/** A calculation's parts: `P95(duration_ms)` is `P95` of `duration_ms`. */
export function calcParts(calc: string): { op: string; column: string } {
  const match = /^\s*([A-Za-z0-9_]+)\s*(?:\(\s*(.*?)\s*\))?\s*$/.exec(calc);
  return { op: (match?.[1] ?? calc).toUpperCase(), column: match?.[2] ?? "" };
}

export const isHeatmap = (calc: string): boolean => calcParts(calc).op === "HEATMAP";

/** The query with one more condition, unless it is there. Conditions that are joined by OR become one first: another narrows, never widens. */
export function withCondition(query: Query, text: string): Query {
  const active = query.where.filter(({ off }) => !off);
  const known = query.where.find((condition) => condition.text === text);
  if (known && (query.join === "AND" || active.length === 0 || (active.length === 1 && active[0] === known))) {
    return { ...query, join: "AND", where: query.where.map((condition) => (condition === known ? { text, off: false } : condition)) };
  }
  const all = query.join === "OR" && active.length > 1 ? foldedOr(query) : { ...query, join: "AND" as const };
  return { ...all, where: [...all.where, { text, off: false }] };
}

/** The conditions, datasets and definitions of a query alone, as the server reads them; with more conditions where they are given. */
export function whereText(query: Query, ...more: string[]): string {
  const narrowed = more.reduce(withCondition, { ...query, where: query.where.filter(({ off }) => !off) });
  return printQuery({ ...narrowed, calcs: [], groupBy: [], having: [], orderBy: [], limit: "", step: "" }, true);
}

/** The same conditions, datasets and definitions under other calculations and clauses. */
export function asking(query: Query, calcs: string[], clauses: Partial<Pick<Query, "groupBy" | "orderBy" | "limit" | "step">> = {}, ...more: string[]): string {
  const narrowed = more.reduce(withCondition, { ...query, where: query.where.filter(({ off }) => !off) });
  return printQuery({ ...narrowed, calcs, groupBy: [], having: [], orderBy: [], limit: "", step: "", ...clauses }, true);
}

/** The text of a query's own time clause, such as `LAST 1h`; empty when it has none. */
export function timeClause(text: string): string {
  const starts = clausesOf(text);
  const index = starts.findIndex(({ clause }) => clause === "time");
  const found = starts[index];
  return found ? text.slice(found.start, starts[index + 1]?.start ?? text.length).trim() : "";
}
