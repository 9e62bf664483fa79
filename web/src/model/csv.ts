import { printJson } from "../lib/json";

/** A table as CSV (RFC 4180): values as they are, absent ones empty, lists and maps as JSON. */
export function csvOf(header: readonly string[], rows: Iterable<readonly unknown[]>): string {
  const lines = [header.map(cellOf).join(",")];
  for (const row of rows) lines.push(row.map(cellOf).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null || (typeof value === "number" && Number.isNaN(value))) return "";
  const text = typeof value === "string" ? value : printJson(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Every name that occurs in these, in order of first sight. */
export function namesOf(rows: readonly Record<string, unknown>[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name in row) names.add(name);
  return [...names];
}
