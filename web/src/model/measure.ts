import type { Section } from "./critical";
import { MISSING, type Trace, endOf, has } from "./trace";

/** A part of a trace's time that was measured, nanoseconds from its start. */
export interface Measure {
  from: number;
  to: number;
}

/** The time within a part in which no span without children ran: nothing that is told of was at work. */
export function idleWithin(trace: Trace, { from, to }: Measure): number {
  const leaves: [number, number][] = [];
  for (let span = 0; span < trace.count; span++) {
    if ((trace.childCount[span] ?? 0) > 0 || has(trace, span, MISSING)) continue;
    const [start, end] = [Math.max(from, trace.from[span] ?? 0), Math.min(to, endOf(trace, span))];
    if (end > start) leaves.push([start, end]);
  }
  leaves.sort((a, b) => a[0] - b[0]);
  let [idle, reach] = [to - from, from];
  for (const [start, end] of leaves) {
    idle -= Math.max(0, end - Math.max(start, reach));
    reach = Math.max(reach, end);
  }
  return Math.max(0, idle);
}

/** What two spans have between them, from the beginning of the one to the end of the other. */
export function between(trace: Trace, one: number, other: number): Measure {
  const [from, to] = [trace.from[one] ?? 0, endOf(trace, other)];
  return to > from ? { from, to } : { from: trace.from[other] ?? 0, to: endOf(trace, one) };
}

/** The section of a critical path after (1) or before (-1) the one that was last, or the first of the selected span; round at the ends. -1 when there is none. */
export function nextSection(sections: readonly Section[], last: number, selected: number, by: 1 | -1): number {
  if (sections.length === 0) return -1;
  const here = sections[last]?.span === selected ? last : sections.findIndex(({ span }) => span === selected);
  if (here < 0) return by > 0 ? 0 : sections.length - 1;
  return (here + by + sections.length) % sections.length;
}
