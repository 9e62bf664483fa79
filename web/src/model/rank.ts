/** How well a name answers what was typed: exact 4, prefix 3, prefix of a dotted part 2, letters in order 1, else 0. Case is overlooked. */
export function rank(typed: string, name: string): number {
  const needle = typed.trim().toLowerCase();
  const hay = name.toLowerCase();
  if (!needle) return 1;
  if (hay === needle) return 4;
  if (hay.startsWith(needle)) return 3;
  if (hay.split(/[._\-/ ]/).some((_, n, parts) => parts.slice(n).join(".").startsWith(needle.replace(/[._\-/ ]/g, ".")))) return 2;
  let at = 0;
  for (const letter of hay) if (letter === needle[at]) at++;
  return at === needle.length && needle.length > 1 ? 1 : 0;
}

/** The names nearest to what was typed, best first. Among equals those used often come first, then short ones. */
export function best(typed: string, names: readonly string[], weight: (name: string) => number, most: number): string[] {
  return names
    .map((name) => ({ name, score: rank(typed, name) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || weight(b.name) - weight(a.name) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** A known name within two slips of the typed one, for "did you mean". */
export function meant(typed: string, names: readonly string[]): string | undefined {
  const bare = (name: string) => name.toLowerCase().replace(/[._\-/]/g, "");
  const same = names.find((name) => bare(name) === bare(typed));
  if (same) return same;
  const near = names.map((name) => ({ name, slips: slips(typed.toLowerCase(), name.toLowerCase()) })).sort((a, b) => a.slips - b.slips)[0];
  return near && near.slips <= (typed.length > 4 ? 2 : 1) ? near.name : undefined;
}

/** Letters to insert, drop or replace between two words. */
export function slips(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return 3;
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(one[i - 1] !== other[j - 1]));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

const BUCKETS = ".histogram";

/** Metrics of which some event has buckets: calculations take their names, though no column is called so. */
export function histogramMetrics(columns: readonly string[]): string[] {
  return columns.filter((name) => name.endsWith(BUCKETS)).map((name) => name.slice(0, -BUCKETS.length));
}
