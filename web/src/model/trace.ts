import { slotsOfServices } from "./groups";
import { withHeads } from "./heads";
import type { Note } from "./notes";

/** The parts of a trace's skeleton that are drawn, as the API names them. Index n of each list is the n-th line, depth first. */
export interface TraceAnswer {
  trace_id: string;
  start_ns: string;
  duration_ns: string;
  span_count: number;
  error_count: number;
  missing_root: boolean;
  unattached: number;
  /** Whether rows of the trace may be missing; the notes say why. */
  partial: boolean;
  notes: readonly Note[];
  names: string[];
  services: string[];
  hosts: string[];
  kinds: string[];
  spans: {
    parent: number[];
    id: string[];
    start: number[];
    duration: number[];
    self: number[];
    name: number[];
    service: number[];
    host: number[];
    kind: number[];
    flags: number[];
  };
  marks: { span: number[]; at: number[]; kind: number[]; is_error: boolean[]; name: number[] };
}

export const ERROR = 1;
export const MISSING = 2;
export const DUPLICATE = 4;
export const CYCLE = 8;
export const UNFINISHED = 16;
/** A line of ours over spans that are kept though something is wrong with them; the flags beside it say what. */
export const HEAD = 32;

/** Marks on a span, by kind; their letters are shown beside the bar. */
export const MARKS = ["span_event", "link", "log", "error", "other"] as const;

/** A trace as columns: index n is the n-th span depth first; times are nanoseconds from the trace's start, exact to 104 days. */
export interface Trace {
  id: string;
  /** Nanoseconds since 1970. */
  start: bigint;
  /** Nanoseconds. */
  length: number;
  count: number;
  spans: number;
  errors: number;
  missingRoot: boolean;
  parent: Int32Array;
  depth: Int32Array;
  childCount: Int32Array;
  below: Int32Array;
  errorsBelow: Int32Array;
  from: Float64Array;
  duration: Float64Array;
  self: Float64Array;
  flags: Uint8Array;
  name: Int32Array;
  service: Int32Array;
  host: Int32Array;
  kind: Int32Array;
  names: string[];
  services: string[];
  /** The colour of each service. */
  slots: number[];
  hosts: string[];
  kinds: string[];
  ids: string[];
  /** Marks of span n are those from `markStart[n]` to `markStart[n + 1]`. */
  markStart: Int32Array;
  markAt: Float64Array;
  markKind: Uint8Array;
  markError: Uint8Array;
  markName: Int32Array;
  /** By how much the times of each line were moved to align clocks; nothing while they are as received. */
  moved: Float64Array | undefined;
  /** How many log lines and others name no span. */
  unattached: number;
  /** Whether rows may be missing; the notes say why. */
  partial: boolean;
  notes: readonly Note[];
}

/** An answer as columns, with what follows from the parents: depths, children, what is below. */
export function traceOf(received: TraceAnswer): Trace {
  const answer = withHeads(received);
  const { spans, marks } = answer;
  const count = spans.parent.length;
  const parent = new Int32Array(spans.parent);
  const flags = new Uint8Array(spans.flags);
  const depth = new Int32Array(count);
  const childCount = new Int32Array(count);
  const below = new Int32Array(count);
  const errorsBelow = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    const above = parent[n] ?? -1;
    if (above < 0) continue;
    depth[n] = (depth[above] ?? 0) + 1;
    childCount[above] = (childCount[above] ?? 0) + 1;
  }
  // A child's line follows its parent's: from the last on, each is whole when its parent takes it.
  for (let n = count - 1; n >= 0; n--) {
    const above = parent[n] ?? -1;
    if (above < 0) continue;
    below[above] = (below[above] ?? 0) + (below[n] ?? 0) + 1;
    errorsBelow[above] = (errorsBelow[above] ?? 0) + (errorsBelow[n] ?? 0) + ((flags[n] ?? 0) & ERROR);
  }
  const from = new Float64Array(spans.start);
  const duration = new Float64Array(spans.duration);
  for (let n = 0; n < count; n++) {
    if ((duration[n] ?? 0) >= 0) continue;
    duration[n] = 0;
    if (!((flags[n] ?? 0) & MISSING)) flags[n] = (flags[n] ?? 0) | UNFINISHED;
  }
  const trace: Trace = {
    id: answer.trace_id,
    start: BigInt(answer.start_ns),
    length: Math.max(1, Number(answer.duration_ns)),
    count,
    spans: answer.span_count,
    errors: answer.error_count,
    missingRoot: answer.missing_root,
    parent,
    depth,
    childCount,
    below,
    errorsBelow,
    from,
    duration,
    self: new Float64Array(spans.self),
    flags,
    name: new Int32Array(spans.name),
    service: new Int32Array(spans.service),
    host: new Int32Array(spans.host),
    kind: new Int32Array(spans.kind),
    names: answer.names,
    services: answer.services,
    slots: slotsOfServices(answer.services, spansBy(spans.service, answer.services.length)),
    hosts: answer.hosts,
    kinds: answer.kinds,
    ids: spans.id,
    markStart: starts(marks.span, count),
    markAt: new Float64Array(marks.at),
    markKind: new Uint8Array(marks.kind),
    markError: Uint8Array.from(marks.is_error, Number),
    markName: new Int32Array(marks.name),
    moved: undefined,
    unattached: answer.unattached,
    partial: answer.partial,
    notes: answer.notes,
  };
  placeMissing(trace);
  return trace;
}

/** How many spans each service has. */
function spansBy(service: readonly number[], services: number): Int32Array {
  const spans = new Int32Array(services);
  for (const one of service) spans[one] = (spans[one] ?? 0) + 1;
  return spans;
}

/** Where the marks of each span begin, of marks that lie by span. */
function starts(spans: readonly number[], count: number): Int32Array {
  const found = new Int32Array(count + 1);
  for (const span of spans) found[span + 1] = (found[span + 1] ?? 0) + 1;
  for (let n = 0; n < count; n++) found[n + 1] = (found[n + 1] ?? 0) + (found[n] ?? 0);
  return found;
}

/** What stands for a parent that never came lies where its children do. Changes the trace it is given. */
export function placeMissing(trace: Trace): void {
  for (let n = trace.count - 1; n >= 0; n--) {
    if (!has(trace, n, MISSING)) continue;
    let [low, high] = [Number.POSITIVE_INFINITY, 0];
    for (let child = n + 1; child <= n + (trace.below[n] ?? 0); child++) {
      low = Math.min(low, trace.from[child] ?? 0);
      high = Math.max(high, endOf(trace, child));
    }
    if (Number.isFinite(low)) {
      trace.from[n] = low;
      trace.duration[n] = high - low;
    }
  }
}

export const has = (trace: Trace, span: number, flag: number): boolean => ((trace.flags[span] ?? 0) & flag) !== 0;
/** What a line is called. */
export function nameOf(trace: Trace, span: number): string {
  if (has(trace, span, HEAD)) return has(trace, span, CYCLE) ? "its own ancestor" : `once more ${shortId(trace.ids[span + 1] ?? "")}`;
  return has(trace, span, MISSING) ? `missing parent ${shortId(trace.ids[span] ?? "")}` : (trace.names[trace.name[span] ?? 0] ?? "");
}

/** What is wrong with a line that stands for more than a span: with one of ours, or with a parent that never came. */
export function wrongText(trace: Trace, span: number): string {
  if (!has(trace, span, HEAD)) return "not received, sampled out, or still on its way";
  return has(trace, span, CYCLE) ? "these spans name one another as parents; shown from the earliest" : "another span has this id too, with other contents; both are kept";
}

/** Spans that were received below a line: what stands there for others is none. */
export function spansBelow({ below, flags }: Trace, span: number): number {
  return flags.subarray(span + 1, span + 1 + (below[span] ?? 0)).reduce((sum, one) => sum + Number(!(one & MISSING)), 0);
}

/** When a span began as its sender said, nanoseconds since 1970, whether clocks are aligned or not. */
export const receivedAt = (trace: Trace, span: number): bigint => trace.start + BigInt(Math.round((trace.from[span] ?? 0) - (trace.moved?.[span] ?? 0)));

const shortId = (id: string) => `${id.slice(0, 8)}…`;
export const serviceOf = (trace: Trace, span: number): string => trace.services[trace.service[span] ?? 0] ?? "";
export const endOf = (trace: Trace, span: number): number => (trace.from[span] ?? 0) + (trace.duration[span] ?? 0);

/** Whether two readings of a trace say the same. A trace changes only by growing. */
export function isSame(one: Trace, other: Trace): boolean {
  return readingOf(one) === readingOf(other);
}

/** What one reading of a trace says: another one when spans came, or when one that ran has ended. */
export function readingOf({ id, start, length, count, spans, errors, unattached, partial, markAt, duration, flags }: Trace): string {
  const took = duration.reduce((sum, one) => sum + one, 0);
  const running = flags.reduce((sum, one) => sum + Number((one & UNFINISHED) !== 0), 0);
  return [id, start, length, count, spans, errors, unattached, partial, markAt.length, took, running].join();
}

/** How an address calls a span: by its id, and where others had that before, by how many as well. */
export function addressOf({ ids, flags }: Trace, span: number): string {
  const id = ids[span] ?? "";
  if (!((flags[span] ?? 0) & DUPLICATE)) return id;
  return `${id}~${ids.reduce((before, other, n) => before + Number(n < span && other === id && !((flags[n] ?? 0) & HEAD)), 0)}`;
}

/** The span that an address calls so; -1 when there is none. The first of an id is the one that others hang on. */
export function spanOfId({ ids, flags }: Trace, address: string): number {
  const [id = "", nth] = address.split("~");
  if (nth === undefined) {
    const own = ids.findIndex((other, n) => other === id && !((flags[n] ?? 0) & DUPLICATE));
    return own < 0 ? ids.indexOf(id) : own;
  }
  let left = Number(nth);
  return ids.findIndex((other) => other === id && left-- === 0);
}

/** The span of each id: the first of several, as others hang on it. */
export function placesOfIds({ ids, flags }: Trace): Map<string, number> {
  const places = new Map<string, number>();
  ids.forEach((id, span) => {
    if (!((flags[span] ?? 0) & DUPLICATE) || !places.has(id)) places.set(id, span);
  });
  return places;
}

/** The lines at the top that were received, or stand for a parent: what is there twice is no part of its own. */
export const partsOf = (trace: Trace): number[] => topsOf(trace).filter((span) => !(has(trace, span, HEAD) && has(trace, span, DUPLICATE)));

function topsOf({ count, below }: Trace): number[] {
  const tops: number[] = [];
  for (let span = 0; span < count; span += 1 + (below[span] ?? 0)) tops.push(span);
  return tops;
}

/** The span that a trace is called after: the longest of those at the top; where none of them was received, the longest below them. -1 when there is none. */
export function mainOf(trace: Trace): number {
  const longest = (spans: readonly number[]) => spans.reduce((best, span) => (has(trace, span, MISSING) || (best >= 0 && (trace.duration[best] ?? 0) >= (trace.duration[span] ?? 0)) ? best : span), -1);
  const tops = longest(topsOf(trace));
  if (tops >= 0) return tops;
  const below: number[] = [];
  for (let span = 0; span < trace.count; span++) if (has(trace, trace.parent[span] ?? -1, MISSING)) below.push(span);
  return longest(below);
}
