import { MISSING, type Trace, endOf, has, placeMissing, serviceOf } from "./trace";

/** A host whose clock is off, as far as calls tell. */
export interface Skew {
  service: string;
  host: string;
  /** The host that called it. */
  caller: string;
  /** What has to be added to its times, nanoseconds: more than none when its clock is behind. */
  offset: number;
}

/** How clocks differ: what each line has to be moved by, and the sentences that say so, the largest first. */
export interface Skews {
  moves: Float64Array;
  told: readonly Skew[];
}

/** Less than that lies outside of a caller by rounding and by what a network card does. */
const LEAST_NS = 1e6;

/**
 * Where a server's span of another host lies outside of the client's span that called it, though it is no longer, that host's clock is off
 * by what centres it: all below moves along, but for spans of a host that stands above, which keep that one's clock. Nothing where no pair
 * says so.
 */
export function skewsOf(trace: Trace): Skews | undefined {
  const [client, server] = ["client", "server"].map((kind) => trace.kinds.findIndex((word) => word.toLowerCase() === kind));
  if ((client ?? -1) < 0 || (server ?? -1) < 0 || trace.hosts.filter(Boolean).length < 2) return undefined;
  const moves = new Float64Array(trace.count);
  const told = new Map<string, Skew>();
  const hostOf = (span: number) => trace.hosts[trace.host[span] ?? 0] ?? "";
  for (let span = 0; span < trace.count; span++) {
    const parent = trace.parent[span] ?? -1;
    if (parent < 0) continue;
    moves[span] = moves[parent] ?? 0;
    if (has(trace, span, MISSING) || has(trace, parent, MISSING)) continue;
    const [host, caller] = [hostOf(span), hostOf(parent)];
    if (!host || !caller || host === caller) continue;
    const above = ancestorOn(trace, parent, trace.host[span] ?? 0);
    if (above >= 0) {
      moves[span] = moves[above] ?? 0;
      continue;
    }
    if (trace.kind[span] !== server || trace.kind[parent] !== client) continue;
    const [from, to] = [(trace.from[parent] ?? 0) + (moves[parent] ?? 0), endOf(trace, parent) + (moves[parent] ?? 0)];
    const isOutside = (trace.from[span] ?? 0) + (moves[span] ?? 0) < from - LEAST_NS || endOf(trace, span) + (moves[span] ?? 0) > to + LEAST_NS;
    if (!isOutside || (trace.duration[span] ?? 0) > (trace.duration[parent] ?? 0)) continue;
    moves[span] = Math.round(from + ((trace.duration[parent] ?? 0) - (trace.duration[span] ?? 0)) / 2 - (trace.from[span] ?? 0));
    const offset = moves[span] ?? 0;
    const known = told.get(host);
    if (!known || Math.abs(known.offset) < Math.abs(offset)) told.set(host, { service: serviceOf(trace, span), host, caller, offset });
  }
  if (told.size === 0) return undefined;
  return { moves, told: [...told.values()].sort((a, b) => Math.abs(b.offset) - Math.abs(a.offset)) };
}

/** The nearest span from one upwards that ran on a host; -1 when none did. */
function ancestorOn(trace: Trace, from: number, host: number): number {
  let span = from;
  while (span >= 0 && (trace.host[span] !== host || has(trace, span, MISSING))) span = trace.parent[span] ?? -1;
  return span;
}

/** The trace with its clocks aligned: bars, marks and own times are moved, received times are `from` less `moved`. */
export function aligned(trace: Trace, { moves }: Skews): Trace {
  const placed: Trace = { ...trace, from: trace.from.map((at, span) => at + (moves[span] ?? 0)), duration: trace.duration.slice() };
  // What stands for a parent that never came lies where those below it do now.
  placeMissing(placed);
  const { from, duration } = placed;
  const markAt = trace.markAt.slice();
  for (let span = 0; span < trace.count; span++) {
    for (let mark = trace.markStart[span] ?? 0; mark < (trace.markStart[span + 1] ?? 0); mark++) markAt[mark] = (markAt[mark] ?? 0) + (moves[span] ?? 0);
  }
  const first = from.reduce((least, at) => Math.min(least, at), from[0] ?? 0);
  const start = from.map((at) => at - first);
  const end = start.reduce((most, at, span) => Math.max(most, at + (duration[span] ?? 0)), 1);
  const next: Trace = { ...trace, start: trace.start + BigInt(Math.round(first)), length: end, from: start, duration, moved: moves.map((by) => by), markAt: markAt.map((at) => at - first) };
  return { ...next, self: selfOf(next) };
}

/** The part of each span in which no child ran. */
function selfOf(trace: Trace): Float64Array {
  const self = trace.duration.slice();
  const reach = new Float64Array(trace.count).fill(Number.NEGATIVE_INFINITY);
  const byStart = Array.from({ length: trace.count }, (_, span) => span).sort((a, b) => (trace.from[a] ?? 0) - (trace.from[b] ?? 0));
  for (const span of byStart) {
    const parent = trace.parent[span] ?? -1;
    if (parent < 0) continue;
    const from = Math.max(trace.from[span] ?? 0, trace.from[parent] ?? 0, reach[parent] ?? 0);
    const to = Math.min(endOf(trace, span), endOf(trace, parent));
    if (to <= from) continue;
    self[parent] = (self[parent] ?? 0) - (to - from);
    reach[parent] = to;
  }
  for (let span = 0; span < trace.count; span++) if (has(trace, span, MISSING)) self[span] = 0;
  return self;
}
