import { useMemo } from "react";
import { useColumnFigures, useValues } from "../../api/hooks";
import { CALCULATIONS, OPERATORS, type Place, orderChoices } from "../../model/complete";
import { type Proposal, aboutColumn, shareOf, valueProposals } from "../../model/propose";
import type { Clause } from "../../model/query";
import { best, histogramMetrics } from "../../model/rank";

const SHOWN = 12;
/** How much it weighs that all events have a column. */
const FREQUENT = 8;
/** Columns that people ask for most, before anything is known of their use. */
export const WELL_KNOWN = ["service.name", "name", "duration_ms", "http.route", "http.response.status_code", "error", "exception.type", "user.id", "service.version", "trace.trace_id"];
const RELATIONS = [
  { text: "root.", about: "of the trace's first span" },
  { text: "parent.", about: "of the span above" },
  { text: "child.", about: "of a span below" },
  { text: "any.", about: "of any span of the trace" },
  { text: "none.", about: "of no span of the trace" },
];

interface Wanted {
  env: string;
  clause: Clause;
  place: Place;
  range: string;
  calcs: readonly string[];
  groupBy: readonly string[];
  /** Of which events values are proposed. */
  filter: string;
  enabled: boolean;
}

/** What may stand at a place. Columns come from memory at once, values from the server when they are there. */
export function useProposals({ env, clause, place, range, calcs, groupBy, filter, enabled }: Wanted): Proposal[] {
  const columns = useColumnFigures(env);
  const known = columns.data?.columns;
  const looked = columns.data?.events ?? 0;
  const values = useValues(env, enabled && place.kind === "value" ? place.column : undefined, place.typed, range, filter);
  return useMemo(() => {
    if (!enabled) return [];
    const names = known?.map(({ name }) => name) ?? [];
    const byName = new Map(known?.map((column) => [column.name, column]));
    const typeOf = (name: string) => byName.get(name)?.type ?? "";
    const metrics = new Set(histogramMetrics(names));
    if (place.kind === "column") {
      const isNumeric = clause === "calcs" || clause === "having";
      const weight = (name: string) => {
        const rank = WELL_KNOWN.indexOf(name);
        const used = groupBy.includes(name) ? 20 : 0;
        const column = byName.get(name);
        return used + (column ? FREQUENT * shareOf(column, looked) : 0) + (rank < 0 ? 0 : WELL_KNOWN.length - rank) + (isNumeric && /integer|float/.test(typeOf(name)) ? 15 : 0) - (name.startsWith("meta.") ? 1 : 0);
      };
      // Of a metric's columns the metric itself comes first: calculations look at its buckets.
      const offered = isNumeric ? [...metrics, ...names.filter((name) => !metrics.has(name))] : names;
      const found = best(place.typed, offered, (name) => weight(name) + (isNumeric && metrics.has(name) ? 20 : 0), SHOWN).map((name) => ({ text: name, label: name, about: aboutColumn(byName.get(name), looked, metrics.has(name) && isNumeric ? "histogram" : typeOf(name)) }));
      const relations = clause === "where" || clause === "groupBy" ? RELATIONS.filter(({ text }) => place.typed && text.startsWith(place.typed.toLowerCase())) : [];
      return [...relations.map(({ text, about }) => ({ text, label: text, about })), ...found];
    }
    if (place.kind === "operator") {
      const type = typeOf(place.column ?? "");
      const fitting = OPERATORS.filter(({ types }) => !types || !type || types.includes(type));
      return fitting.filter(({ text }) => text.startsWith(place.typed.toLowerCase())).map(({ text, about }) => ({ text, label: text, about }));
    }
    if (place.kind === "value") {
      return values.data && values.data.column === place.column ? valueProposals(values.data, place.typed, typeOf(place.column ?? "") === "float", SHOWN) : [];
    }
    if (place.kind === "direction") return ["desc", "asc"].filter((word) => word.startsWith(place.typed.toLowerCase())).map((word) => ({ text: word, label: word, about: word === "desc" ? "largest first" : "smallest first" }));
    if (place.kind === "number") return [];
    const typed = place.typed.toLowerCase();
    if (clause === "orderBy") return orderChoices(calcs, groupBy).filter((choice) => choice.toLowerCase().startsWith(typed)).map((choice) => ({ text: choice, label: choice, about: "" }));
    if (clause === "having") return calcs.filter((calc) => calc.toLowerCase().startsWith(typed)).map((calc) => ({ text: calc, label: calc, about: "" }));
    return CALCULATIONS.filter(({ text }) => text.toLowerCase().startsWith(typed)).slice(0, SHOWN).map(({ text, about }) => ({ text, label: text, about }));
  }, [enabled, known, looked, place.kind, place.typed, place.column, clause, calcs, groupBy, values.data]);
}
