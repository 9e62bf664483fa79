import { useMemo } from "react";
import type { QueryAnswer } from "../../api/hooks";
import { printJson } from "../../lib/json";
import { SLOTS, slotOfService, slotsOf } from "../../model/groups";

/** Colours that groups were given, by what they are groups of: as long as the page is open. */
const kept = new Map<string, ReadonlyMap<string, number>>();
/** Of so many questions. */
const KEPT = 50;
const NONE: ReadonlyMap<string, number> = new Map();
/** Services have the colours that they have everywhere. */
const SERVICE = "service.name";

/**
 * The colour of each group of an answer that has one, by its place in it. By rank at first; then a group keeps its own while the columns
 * that are grouped by stand, however it is filtered and sorted. `scope` tells apart what is grouped alike and shown apart.
 */
export function useSlots(scope: string, data: Pick<QueryAnswer, "breakdowns" | "results"> | undefined): readonly number[] {
  return useMemo(() => {
    if (!data) return [];
    const name = printJson([scope, data.breakdowns]);
    const keys = data.results.slice(0, SLOTS).map(({ group }) => printJson(group));
    const isOfServices = data.breakdowns.length === 1 && data.breakdowns[0] === SERVICE;
    const wishes = new Map(isOfServices ? data.results.slice(0, SLOTS).flatMap(({ group: [service] }, n) => (typeof service === "string" ? [[keys[n] ?? "", slotOfService(service)] as const] : [])) : []);
    const slots = slotsOf(kept.get(name) ?? NONE, keys, (key) => wishes.get(key));
    kept.delete(name);
    kept.set(name, slots);
    for (const oldest of kept.keys()) if (kept.size > KEPT) kept.delete(oldest);
    return keys.map((key) => slots.get(key) ?? 0);
  }, [scope, data]);
}
