/** The group so many places further down the list; the first, or from below the last, where none is chosen. Of one alone there is nothing to choose. */
export function groupBeside(groups: readonly number[], from: number | undefined, by: number): number | undefined {
  if (by === 0 || groups.length < 2) return from;
  const at = from === undefined ? -1 : groups.indexOf(from);
  if (at < 0) return by > 0 ? groups[0] : groups.at(-1);
  return groups[Math.min(groups.length - 1, Math.max(0, at + by))];
}

/** Colours that are told apart; further groups take them again. */
export const SLOTS = 12;

/**
 * Which colour each of these groups has, the first in rank first. One that is known keeps its own; another takes the one it wishes for,
 * or the lowest that no known group has, or that none of these has: then a known group that is not among them loses it.
 */
export function slotsOf(known: ReadonlyMap<string, number>, groups: readonly string[], wish: (group: string) => number | undefined = () => undefined): Map<string, number> {
  const slots = new Map(known);
  const taken = new Set(groups.flatMap((group) => slots.get(group) ?? []));
  const lowest = (isFree: (slot: number) => boolean) => Array.from({ length: SLOTS }, (_, slot) => slot).find(isFree);
  const give = (group: string, slot: number) => {
    for (const [other, of] of slots) if (of === slot) slots.delete(other);
    slots.set(group, slot);
    taken.add(slot);
  };
  const others = groups.filter((group) => {
    const wanted = slots.has(group) ? undefined : wish(group);
    if (wanted !== undefined && !taken.has(wanted)) give(group, wanted);
    return !slots.has(group);
  });
  // Whoever has to move does so when all others stand.
  for (const group of others) {
    const held = new Set(slots.values());
    const slot = lowest((one) => !held.has(one)) ?? lowest((one) => !taken.has(one));
    if (slot === undefined) slots.set(group, wish(group) ?? slots.size % SLOTS);
    else give(group, slot);
  }
  return slots;
}

/** The colour that a service has wherever it is seen, unless another one of the same view has it: by its name. */
export function slotOfService(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  return hash % SLOTS;
}

/** The colours of a view's services; where two have the same, the one with fewer spans takes the lowest that is free. */
export function slotsOfServices(names: readonly string[], spans: ArrayLike<number>): number[] {
  const bySpans = names.map((name, n) => ({ name, spans: spans[n] ?? 0 })).sort((a, b) => b.spans - a.spans || (a.name < b.name ? -1 : 1));
  const slots = slotsOf(new Map(), bySpans.map(({ name }) => name), slotOfService);
  return names.map((name) => slots.get(name) ?? 0);
}
