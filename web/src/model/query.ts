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
export type Clause = "calcs" | "where" | "groupBy" | "having" | "orderBy" | "limit" | "step";

interface Token {
  /** `word`, `comma`, or a bracket. */
  text: string;
  start: number;
  end: number;
  quoted: boolean;
}

/** Cuts a text at blanks, commas and brackets, leaving quotes and back-quotes whole. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = /"(?:\\.|[^"\\])*"?|`(?:``|[^`])*`?|[(),]|[^\s(),"`]+/g;
  for (const match of text.matchAll(pattern)) {
    found.push({ text: match[0], start: match.index, end: match.index + match[0].length, quoted: /^["`]/.test(match[0]) });
  }
  return found;
}

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
      query.where = pieces.map((piece) => ({ text: piece.replace(OFF, ""), off: OFF.test(piece) }));
      query.join = used[0] === "OR" ? "OR" : "AND";
    } else if (clause === "having") query.having = cut(part, ["AND"]).pieces;
    else if (clause === "limit") query.limit = part;
    else if (clause === "step") query.step = part;
    else if (clause !== "join") query[clause] = cut(part, [","]).pieces;
  });
  // A calculated field's definition ends where the first calculation begins only in the server's reading; text with WITH is kept whole.
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

const BARE = /^[A-Za-z0-9_.\-/@]+$/;
const RESERVED = new Set(["AND", "OR", "WHERE", "GROUP", "BY", "HAVING", "ORDER", "LIMIT", "STEP", "IN", "LAST", "FROM", "TO", "SINCE", "WITH"]);

/** A column's name as it stands in a text. */
export function columnText(name: string): string {
  return BARE.test(name) && !RESERVED.has(name.toUpperCase()) ? name : `\`${name.replaceAll("`", "``")}\``;
}

/** A value as it stands in a text. */
export function valueText(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const looksBare = /^[A-Za-z_][A-Za-z0-9_.\-/@:]*$|^\/[A-Za-z0-9_.\-/@:{}]*$/.test(text) && !RESERVED.has(text.toUpperCase()) && !/^(true|false|null)$/i.test(text);
  return looksBare ? text : JSON.stringify(text).replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => `\\u{${hex}}`);
}

/** `column = value`, or that the column is absent. */
export function equals(column: string, value: unknown, negated = false): string {
  if (value === null || value === undefined) return `${columnText(column)} ${negated ? "exists" : "does-not-exist"}`;
  return `${columnText(column)} ${negated ? "!=" : "="} ${valueText(value)}`;
}

/** The query with one more condition, unless it is there; a condition says `AND`, so a list joined by OR is left alone. */
export function withCondition(query: Query, text: string): Query {
  const known = query.where.find((condition) => condition.text === text);
  if (known) return { ...query, where: query.where.map((condition) => (condition === known ? { text, off: false } : condition)) };
  return { ...query, where: [...query.where, { text, off: false }] };
}

/** The columns that a query's conditions fix by `=`. */
export function columnOfCondition(text: string): string | undefined {
  const first = tokens(text)[0];
  if (!first) return undefined;
  const name = /^(.*?)(?:!=|>=|<=|=|>|<|!~|~|\^=|\$=|!\?|\?)/.exec(first.quoted ? "" : first.text)?.[1] || first.text;
  return name.startsWith("`") ? name.slice(1, -1).replaceAll("``", "`") : name;
}
