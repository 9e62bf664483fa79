/**
 * JSON whose integers stay what they are: beyond 2^53 they are read as `bigint` and written as plain digits. A browser's own reader rounds
 * them, and a rounded id finds nothing.
 */
export function parseJson(text: string): unknown {
  if (!mayHaveLong(text)) return JSON.parse(text);
  const isMember = MEMBER.test(text);
  const isElsewhere = ELSEWHERE.test(text);
  if (!isMember && !isElsewhere) return JSON.parse(text);
  let mark = MARK;
  while (text.includes(mark)) mark += MARK;
  const marked = isElsewhere
    ? text.replace(TOKEN, (token) => (LONG.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token))
    : text.replace(MEMBERS, (whole, digits: string) => (Number.isSafeInteger(Number(digits)) ? whole : `":"${mark}${digits}"`));
  return unmarked(JSON.parse(marked), mark);
}

/** Digits that an integer beyond 2^53 has at least. */
const LEAST = 16;
const isDigit = (code: number) => code >= 48 && code <= 57;

/** Whether so many digits stand in a row where a number may: every row of so many has one at a multiple of them, so the others are passed over. */
function mayHaveLong(text: string): boolean {
  for (let at = LEAST - 1; at < text.length; at += LEAST) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let first = at;
    while (first > 0 && isDigit(text.charCodeAt(first - 1))) first--;
    let last = at;
    while (isDigit(text.charCodeAt(last + 1))) last++;
    // Behind a quote, a letter or a point they are a name's, an id's or a fraction's.
    if (last - first + 1 >= LEAST && (first === 0 || BEFORE.includes(text.charAt(first - 1)))) return true;
  }
  return false;
}
const BEFORE = ":[,- \n\r\t";

const MARK = "\u{e000}";
/** A member's long integer. Within a string a quote has a backslash before it, so this finds none there. */
const MEMBER = /(?<!\\)":-?\d{16,}[,}]/;
const MEMBERS = /(?<!\\)":(-?\d{16,})(?=[,}])/g;
/** A long integer in a list, or spaced out, or behind a name that ends in a backslash, or something like these within a string. */
const ELSEWHERE = /(?:^|[[,\s])-?\d{16}|\\":-?\d{16}/;
/** A string, or a number, whole. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG = /^-?\d{16,}$/;

/** Puts the marked integers in place, within the value it is given. */
function unmarked(value: unknown, mark: string): unknown {
  if (typeof value === "string") return value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value;
  if (Array.isArray(value)) {
    for (let n = 0; n < value.length; n++) {
      const part: unknown = value[n];
      if (typeof part === "object" || typeof part === "string") value[n] = unmarked(part, mark);
    }
  } else if (typeof value === "object" && value !== null) {
    const members = value as Record<string, unknown>;
    for (const name in members) {
      const part = members[name];
      if (typeof part === "object") unmarked(part, mark);
      else if (typeof part === "string" && part.startsWith(mark)) members[name] = BigInt(part.slice(mark.length));
    }
  }
  return value;
}

const WRITTEN = "\u{e001}int";

/** The text of a value; `undefined` members are left out, as `JSON.stringify` does. */
export function printJson(value: unknown, indent?: number): string {
  let hasLong = false;
  const text = JSON.stringify(
    value,
    (_, part: unknown) => {
      if (typeof part !== "bigint") return part;
      hasLong = true;
      return `${WRITTEN}${part}`;
    },
    indent,
  );
  return hasLong ? text.replace(new RegExp(`"${WRITTEN}(-?\\d+)"`, "g"), "$1") : text;
}
