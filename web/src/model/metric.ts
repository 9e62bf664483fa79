import { columnText } from "./query";

/** The query that shows a metric over time, as fits its kind: how values are spread, how fast a counter grows, or how high a gauge stands. */
export function metricQuery({ name, kind, monotonic }: { name: string; kind: string; monotonic?: boolean | null }): string {
  const column = columnText(name);
  if (kind === "histogram" || kind === "exponential_histogram") return `P50(${column}), P95(${column}), HEATMAP(${column})`;
  if (kind === "summary") return `AVG(${columnText(`${name}.avg`)})`;
  return kind === "sum" && monotonic ? `RATE_MAX(${column}) GROUP BY service.name` : `AVG(${column}), MAX(${column})`;
}
