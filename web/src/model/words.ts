/** The words of the query language: how a text is cut into them, and how names and values are written. */
import { printJson } from "../lib/json";

export interface Token {
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

const BARE = /^[A-Za-z0-9_.\-/@]+$/;
const RESERVED = new Set(["AND", "OR", "WHERE", "GROUP", "BY", "HAVING", "ORDER", "LIMIT", "STEP", "IN", "LAST", "FROM", "TO", "SINCE", "WITH"]);

/** A column's name as it stands in a text. */
export function columnText(name: string): string {
  return BARE.test(name) && !RESERVED.has(name.toUpperCase()) ? name : `\`${name.replaceAll("`", "``")}\``;
}

/** A value as it stands in a text. */
export function valueText(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  const text = typeof value === "string" ? value : printJson(value);
  const looksBare = /^[A-Za-z_][A-Za-z0-9_.\-/@:]*$|^\/[A-Za-z0-9_.\-/@:{}]*$/.test(text) && !RESERVED.has(text.toUpperCase()) && !/^(true|false|null)$/i.test(text);
  return looksBare ? text : JSON.stringify(text).replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => `\\u{${hex}}`);
}

/** `column = value`, or that the column is absent. */
export function equals(column: string, value: unknown, negated = false): string {
  if (value === null || value === undefined) return `${columnText(column)} ${negated ? "exists" : "does-not-exist"}`;
  return `${columnText(column)} ${negated ? "!=" : "="} ${valueText(value)}`;
}

/** The column that a condition is about. */
export function columnOfCondition(text: string): string | undefined {
  const first = tokens(text)[0];
  if (!first) return undefined;
  const name = /^(.*?)(?:!=|>=|<=|=|>|<|!~|~|\^=|\$=|!\?|\?)/.exec(first.quoted ? "" : first.text)?.[1] || first.text;
  return name.startsWith("`") ? name.slice(1, -1).replaceAll("``", "`") : name;
}

const COLUMN = /^\s*=?(`(?:``|[^`])*`|[\p{L}\p{N}_.\-/@]+)\s*/u;
const SYMBOLS: [string, string][] = [["!=", "!="], ["!~", "does-not-contain"], ["!?", "does-not-exist"], [">=", ">="], ["<=", "<="], ["^=", "starts-with"], ["$=", "ends-with"], ["=", "="], [">", ">"], ["<", "<"], ["~", "contains"], ["?", "exists"]];
const OPERATOR_WORD = /^(?:does-not-[a-z-]+|starts-with|ends-with|contains|exists|not-in|in)(?=[\s(]|$)/i;

/** A condition's parts; values as they were meant, and whether each stood in quotes. */
export interface ConditionParts {
  column: string;
  op: string;
  values: { text: string; quoted: boolean }[];
}

/** Reads a condition; nothing when it is none. */
export function conditionParts(text: string): ConditionParts | undefined {
  const name = COLUMN.exec(text);
  if (!name?.[1]) return undefined;
  const rest = text.slice(name[0].length);
  const symbol = SYMBOLS.find(([sign]) => rest.startsWith(sign));
  const word = symbol ? undefined : OPERATOR_WORD.exec(rest)?.[0];
  if (!symbol && !word) return undefined;
  const op = symbol ? symbol[1] : (word ?? "").toLowerCase();
  const tail = rest.slice((symbol ? symbol[0] : (word ?? "")).length).trim();
  const column = bareName(name[1]);
  if (/exist/.test(op)) return tail === "" ? { column, op, values: [] } : undefined;
  const isList = op === "in" || op === "not-in";
  if (isList && !/^\(.*\)$/s.test(tail)) return undefined;
  const values = tokens(isList ? tail.slice(1, -1) : tail)
    .filter(({ text: one }) => one !== ",")
    .map(({ text: one, quoted }) => ({ text: quoted ? unquoted(one) : one, quoted }));
  return values.length === 0 || (!isList && values.length > 1) ? undefined : { column, op, values };
}

/** A name without its back-quotes. */
export const bareName = (name: string): string => (name.startsWith("`") ? name.slice(1, name.length > 1 && name.endsWith("`") ? -1 : undefined).replaceAll("``", "`") : name);

function unquoted(text: string): string {
  if (!text.startsWith('"')) return bareName(text);
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t" };
  return text.slice(1, -1).replace(/\\(?:u\{([0-9a-f]+)\}|(.))/gi, (_, hex: string | undefined, letter: string) => (hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : (escapes[letter] ?? letter)));
}

/** A piece of a clause with another name for a column; other words, and parts of words, stay. Of a condition only the column is looked at. */
export function renameColumn(text: string, from: string, to: string, isCondition: boolean): string {
  if (isCondition) {
    const name = COLUMN.exec(text)?.[1];
    return name !== undefined && bareName(name) === from ? text.replace(name, () => columnText(to)) : text;
  }
  const same = tokens(text).filter((token) => !token.text.startsWith('"') && bareName(token.text) === from);
  return same.reduceRight((known, { start, end }) => known.slice(0, start) + columnText(to) + known.slice(end), text);
}
