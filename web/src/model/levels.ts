import type { Query } from "./query";
import { conditionParts, valueText } from "./words";

const isLevels = (text: string): boolean => {
  const parts = conditionParts(text);
  return parts?.column === "severity" && (parts.op === "=" || parts.op === "in");
};

/** The levels that a query asks for; none when it asks for all. */
export function levelsOf(query: Query): string[] {
  const found = query.where.find(({ text, off }) => !off && isLevels(text));
  return found ? (conditionParts(found.text)?.values.map(({ text }) => text) ?? []) : [];
}

/** The query with a level more, or less: several are one list, as no line has two. */
export function withLevel(query: Query, level: string): Query {
  const known = levelsOf(query);
  const next = known.includes(level) ? known.filter((one) => one !== level) : [...known, level];
  const rest = query.where.filter(({ text, off }) => off || !isLevels(text));
  if (next.length === 0) return { ...query, where: rest };
  const text = next.length === 1 ? `severity = ${valueText(next[0])}` : `severity in (${next.map(valueText).join(", ")})`;
  return { ...query, where: [...rest, { text, off: false }] };
}
