import { type Folding, type Repetition, childrenOf } from "./rows";
import type { Trace } from "./trace";

/** How much of a trace is open, all at once. Repetitions stay folded unless they are asked for. */

export function allFolded(trace: Trace, repetitions: readonly Repetition[], open: boolean): Folding {
  return { open: new Uint8Array(trace.count).fill(open ? 1 : 0), openRepetitions: new Uint8Array(repetitions.length) };
}

/** Open down to a level, the top as 1. */
export function toLevel(trace: Trace, repetitions: readonly Repetition[], level: number): Folding {
  return { open: trace.depth.reduce((open, depth, span) => (open[span] = depth + 1 < level ? 1 : 0, open), new Uint8Array(trace.count)), openRepetitions: new Uint8Array(repetitions.length) };
}

/** The deepest level that is open goes, or the shallowest that is closed comes. */
export function byOneLevel(trace: Trace, { open, openRepetitions }: Folding, by: 1 | -1): Folding {
  const next = open.slice();
  const isCandidate = (span: number) => (trace.childCount[span] ?? 0) > 0 && (by > 0) === !open[span];
  let level: number | undefined;
  const found: number[] = [];
  for (let span = 0; span < trace.count; span += open[span] ? 1 : 1 + (trace.below[span] ?? 0)) {
    if (!isCandidate(span)) continue;
    const depth = trace.depth[span] ?? 0;
    if (level === undefined || (by > 0 ? depth < level : depth > level)) {
      level = depth;
      found.length = 0;
    }
    if (depth === level) found.push(span);
  }
  for (const span of found) next[span] = by > 0 ? 1 : 0;
  return { open: next, openRepetitions };
}

/** Only the ways to these spans are open; with `memberOf`, the repetitions that they are members of as well. */
export function waysTo(trace: Trace, repetitions: readonly Repetition[], spans: Iterable<number>, memberOf?: Int32Array): Folding {
  const { open, openRepetitions } = allFolded(trace, repetitions, false);
  for (const wanted of spans) {
    for (let span = wanted; span >= 0; span = trace.parent[span] ?? -1) {
      const member = memberOf?.[span] ?? -1;
      if (member >= 0) openRepetitions[member] = 1;
      if (span === wanted) continue;
      // What is above is open already.
      if (open[span]) break;
      open[span] = 1;
    }
  }
  return { open, openRepetitions };
}

/** Spans of a service, by its number. */
export function spansOfService(trace: Trace, service: number): number[] {
  const found: number[] = [];
  for (let span = 0; span < trace.count; span++) if (trace.service[span] === service) found.push(span);
  return found;
}

/** All that stand beside a span are opened as well. */
export function withSiblingsOpen(trace: Trace, { open, openRepetitions }: Folding, span: number): Folding {
  const next = open.slice();
  for (const sibling of childrenOf(trace, trace.parent[span] ?? -1)) next[sibling] = 1;
  return { open: next, openRepetitions };
}
