import { count, duration, plural } from "../lib/format";
import { equals } from "./query";

/** A fact as the API tells it. */
export interface Change {
  kind: "refused" | "slower" | "new_error";
  service: string;
  name: string;
  count: number;
  now_ms?: number | null;
  before_ms?: number | null;
  week_ms?: number | null;
}

/** A fact in words, with its numbers. */
export function changeText({ kind, service, name, count: events, now_ms: now, before_ms: before, week_ms: week }: Change): string {
  const of = service ? ` in ${service}` : "";
  if (kind === "refused") return `Refused ${plural(events, "request")}: ${name}`;
  if (kind === "new_error") return `New: ${name}${of}, ${events === 1 ? "once" : `${count(events)} times`}`;
  const times = now && before ? ` ×${count(Number((now / before).toPrecision(2)))}` : "";
  return `P95 of ${name}${of}${times}: ${duration(now ?? 0)}, ${duration(before ?? 0)} before${week ? `, ${duration(week)} a week ago` : ""}`;
}

/** The page that a fact leads to, and what is set up there. */
export function changeDoor({ kind, service, name }: Change): { page: string; params: Record<string, string> } {
  const of = service ? ` AND ${equals("service.name", service)}` : "";
  if (kind === "refused") return { page: "/connect", params: {} };
  if (kind === "new_error") return { page: "/query", params: { q: `COUNT WHERE ${equals("exception.type", name)}${of} GROUP BY name` } };
  return { page: "/query", params: { q: `P95(duration_ms), HEATMAP(duration_ms), COUNT WHERE ${equals("name", name)}${of} AND trace.span_id exists`, cmp: "previous" } };
}
