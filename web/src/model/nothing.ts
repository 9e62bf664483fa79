/** What an answer says of how it came about, as far as is asked here. */
interface Told {
  cost: { rows_matched: number; rows_kept: number };
  results: { values: unknown[] }[];
}

/** No value, no event, or a heatmap without any. */
const isNothing = (value: unknown): boolean => value === null || value === undefined || value === 0 || (typeof value === "object" && Object.values(value).flat().every((part) => part === 0));

/** Whether no event met the conditions. What an earlier question found in files was kept and is not counted as matched: then the values say it. */
export function hasNothing({ cost, results }: Told): boolean {
  if (results.length === 0) return true;
  if (cost.rows_matched > 0) return false;
  return cost.rows_kept === 0 || results.every(({ values }) => values.every(isNothing));
}
