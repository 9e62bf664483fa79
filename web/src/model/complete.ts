import { type Clause, calcParts, columnText, valueText } from "./query";

/** What a half-typed piece wants next. `from` is where the part that a proposal replaces begins. */
export interface Place {
  kind: "calculation" | "column" | "operator" | "value" | "direction" | "number";
  typed: string;
  from: number;
  /** In value place: the column whose values are wanted. */
  column?: string;
}

/** Calculations, with a word on each. Those that take a column end in a bracket. */
export const CALCULATIONS: { text: string; about: string }[] = [
  { text: "COUNT", about: "events" },
  { text: "HEATMAP(", about: "distribution over time" },
  { text: "P50(", about: "median" },
  { text: "P95(", about: "95 % lie below" },
  { text: "P99(", about: "99 % lie below" },
  { text: "AVG(", about: "mean" },
  { text: "MAX(", about: "largest" },
  { text: "MIN(", about: "smallest" },
  { text: "SUM(", about: "sum" },
  { text: "COUNT_DISTINCT(", about: "different values" },
  { text: "CONCURRENCY", about: "spans in progress at once" },
  ...["P001", "P01", "P05", "P10", "P20", "P25", "P75", "P80", "P90", "P999"].map((op) => ({ text: `${op}(`, about: "percentile" })),
  { text: "RATE_SUM(", about: "change of the sum from step to step" },
  { text: "RATE_AVG(", about: "change of the mean" },
  { text: "RATE_MAX(", about: "change of the largest" },
  { text: "HISTOGRAM_COUNT(", about: "values that a metric's histogram measured" },
];

/** Operators, with the column types for which they are proposed: all when left out. */
export const OPERATORS: { text: string; about: string; types?: string[] }[] = [
  { text: "=", about: "equals" },
  { text: "!=", about: "differs" },
  { text: ">", about: "greater than", types: ["integer", "float"] },
  { text: ">=", about: "at least", types: ["integer", "float"] },
  { text: "<", about: "less than", types: ["integer", "float"] },
  { text: "<=", about: "at most", types: ["integer", "float"] },
  { text: "exists", about: "is there" },
  { text: "does-not-exist", about: "is absent" },
  { text: "contains", about: "has this text within", types: ["string", "json"] },
  { text: "starts-with", about: "begins so", types: ["string"] },
  { text: "ends-with", about: "ends so", types: ["string"] },
  { text: "in", about: "one of a list (a, b)" },
  { text: "not-in", about: "none of a list" },
  { text: "does-not-contain", about: "has not", types: ["string", "json"] },
  { text: "does-not-start-with", about: "begins otherwise", types: ["string"] },
  { text: "does-not-end-with", about: "ends otherwise", types: ["string"] },
];

const WITHOUT_VALUE = new Set(["exists", "does-not-exist", "?", "!?"]);
const COLUMN = /^\s*=?(`(?:``|[^`])*`|[A-Za-z0-9_.\-/@]+)/;
const SYMBOL = /^(?:!=|>=|<=|!~|\^=|\$=|!\?|=|>|<|~|\?)/;
const WORD = /^(?:in|not-in|contains|does-not-contain|starts-with|does-not-start-with|ends-with|does-not-end-with|exists|does-not-exist)(?=[\s(]|$)/i;

/** Reads where a half-typed condition stands. */
export function conditionPlace(text: string): Place {
  const column = COLUMN.exec(text);
  const after = column ? column[0].length : 0;
  const rest = text.slice(after);
  if (!column || rest === "") {
    const from = text.length - text.trimStart().length;
    return { kind: "column", typed: text.trim().replace(/^`/, ""), from };
  }
  const name = unquote(column[1] ?? "");
  const gap = rest.length - rest.trimStart().length;
  const operator = SYMBOL.exec(rest.trimStart()) ?? WORD.exec(rest.trimStart());
  const tail = rest.trimStart();
  if (!operator) {
    // Letters that begin no operator are a value, as if `=` had been typed.
    const begins = OPERATORS.some(({ text: known }) => known.startsWith(tail.toLowerCase()));
    return begins ? { kind: "operator", typed: tail, from: after + gap, column: name } : { kind: "value", typed: bareValue(tail), from: after + gap, column: name };
  }
  const end = after + gap + operator[0].length;
  const value = text.slice(end);
  if (WITHOUT_VALUE.has(operator[0].toLowerCase())) return { kind: "operator", typed: operator[0], from: after + gap, column: name };
  if (value === "" && /[a-z]$/i.test(operator[0])) return { kind: "operator", typed: operator[0], from: after + gap, column: name };
  // Within a list, the last entry is being typed.
  const entry = /^\s*\(/.test(value) ? (/[^,(]*$/.exec(value)?.[0] ?? "") : value;
  const start = text.length - entry.trimStart().length;
  return { kind: "value", typed: bareValue(entry.trim()), from: start, column: name };
}

const bareValue = (text: string) => text.replace(/^"/, "").replace(/"$/, "");
const unquote = (name: string) => (name.startsWith("`") ? name.slice(1, name.endsWith("`") ? -1 : undefined).replaceAll("``", "`") : name);

/** Reads where a half-typed piece of a clause stands. */
export function placeOf(clause: Clause, text: string): Place {
  const lead = text.length - text.trimStart().length;
  if (clause === "where") return conditionPlace(text);
  if (clause === "limit" || clause === "step" || clause === "fields") return { kind: "number", typed: text.trim(), from: lead };
  if (clause === "groupBy") return { kind: "column", typed: text.trim().replace(/^`/, ""), from: lead };
  const open = text.indexOf("(");
  if (open >= 0 && !text.includes(")")) return { kind: "column", typed: text.slice(open + 1).trim().replace(/^`/, ""), from: open + 1 };
  if (clause === "orderBy" && /\S\s+[a-z]*$/i.test(text)) {
    const typed = /[a-z]*$/i.exec(text)?.[0] ?? "";
    return { kind: "direction", typed, from: text.length - typed.length };
  }
  return { kind: "calculation", typed: text.trim(), from: lead };
}

/** A condition as it is kept: `route /api/home` says `route = /api/home`. */
export function finishCondition(text: string): string {
  const trimmed = text.trim();
  const column = COLUMN.exec(trimmed);
  if (!column) return trimmed;
  const rest = trimmed.slice(column[0].length);
  const tail = rest.trim();
  if (!tail) return trimmed;
  const operator = SYMBOL.exec(tail) ?? WORD.exec(tail);
  if (!operator) return `${column[0]} = ${quoted(tail)}`;
  const value = tail.slice(operator[0].length).trim();
  const isPlain = value === quoted(value) || WITHOUT_VALUE.has(operator[0].toLowerCase());
  return isPlain ? trimmed : `${column[0]} ${operator[0]} ${quoted(value)}`;
}

/** A value of several words is one text, as nobody means anything else; unless it is quoted, a list, or goes on with another condition. */
function quoted(value: string): string {
  return !/\s/.test(value) || /^["(]/.test(value) || /\s(?:and|or)\s/i.test(value) ? value : valueText(value);
}

/** Words that name no column of those that are known, as a search of texts: `could not render` is sought whole. Nothing where they are a condition. */
export function searchOf(text: string, isColumn: (name: string) => boolean): string | undefined {
  const words = text.trim();
  const column = COLUMN.exec(words);
  const rest = column ? words.slice(column[0].length).trim() : "";
  if (!words || (column && (SYMBOL.test(rest) || isColumn(unquote(column[1] ?? "")) || WORD.test(rest)))) return undefined;
  return `body contains ${valueText(/^".*"$/s.test(words) ? words.slice(1, -1) : words)}`;
}

/** A piece that is whole as it is, so that Enter can keep it. */
export function finishPiece(clause: Clause, text: string): string {
  const trimmed = text.trim();
  if (clause === "where") return finishCondition(trimmed);
  if (clause === "calcs" || clause === "having") {
    const opened = trimmed.split("(").length - trimmed.split(")").length;
    const closed = trimmed + ")".repeat(Math.max(0, opened));
    return closed.replace(/^[a-z0-9_]+(?=\(|$)/i, (op) => op.toUpperCase());
  }
  if (clause === "orderBy") return trimmed;
  return trimmed;
}

/** The text after a proposal was taken, and whether the piece is then whole. */
export function take(clause: Clause, text: string, place: Place, proposal: string): { text: string; whole: boolean } {
  const head = text.slice(0, place.from);
  if (place.kind === "column") {
    const column = columnText(proposal);
    if (clause === "where") return { text: `${head}${column} `, whole: false };
    if (clause === "groupBy") return { text: head + column, whole: true };
    return { text: `${head}${column})`, whole: clause === "calcs" };
  }
  if (place.kind === "operator") return { text: `${head}${/\s$/.test(head) ? "" : " "}${proposal} `, whole: WITHOUT_VALUE.has(proposal) };
  if (place.kind === "value") return { text: head + proposal, whole: !head.includes("(") };
  if (place.kind === "direction") return { text: head + proposal, whole: true };
  if (clause === "orderBy") return { text: `${head}${proposal} `, whole: false };
  if (clause === "having") return { text: proposal.endsWith("(") ? head + proposal : `${head}${proposal} `, whole: false };
  return { text: head + proposal, whole: !proposal.endsWith("(") };
}

/** What a calculation can be ordered by, and the columns of its groups. */
export function orderChoices(calcs: readonly string[], groupBy: readonly string[]): string[] {
  return [...calcs.filter((calc) => calcParts(calc).op !== "HEATMAP"), ...groupBy];
}
