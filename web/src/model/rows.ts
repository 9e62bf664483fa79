import { duration } from "../lib/format";
import { MISSING, type Trace, has, nameOf, serviceOf, ERROR } from "./trace";

/** Siblings of one name, or of two or three in turn, that stand together, first to last, neighbours in start order. */
export interface Repetition {
  first: number;
  /** How many names take turns: one where all are alike. */
  turn: number;
  /** The members, in order. */
  members: Int32Array;
  errors: number;
  /** Time in which at least one member ran, nanoseconds. */
  wall: number;
  sum: number;
  median: number;
  longest: number;
  /** Members run one after another and take at least a fifth of their parent. */
  isSerial: boolean;
  share: number;
}

/** Siblings, or turns, from which on they fold. */
const LEAST = 5;
/** Names that take turns at most. */
const MOST_TURN = 3;

/** Which rows are open: a span's by its index, a repetition's by its number. */
export interface Folding {
  open: Uint8Array;
  openRepetitions: Uint8Array;
}

/** A row: span n as n, repetition r as -r - 1. */
export type RowList = Int32Array;

export const repetitionOf = (row: number): number => -row - 1;

/** The children of a span, or the tops for -1. */
export function childrenOf(trace: Trace, span: number): number[] {
  const children: number[] = [];
  const end = span < 0 ? trace.count : span + 1 + (trace.below[span] ?? 0);
  for (let child = span + 1; child < end; child += 1 + (trace.below[child] ?? 0)) children.push(child);
  return children;
}

/** Whether two spans are called alike, and so are their children: most spans are told apart by their own names, without looking further. */
function isAlike(trace: Trace, one: number, other: number): boolean {
  if (!isCalledAlike(trace, one, other) || trace.kind[one] !== trace.kind[other] || trace.childCount[one] !== trace.childCount[other]) return false;
  if (trace.childCount[one] === 0) return true;
  const others = childrenOf(trace, other);
  return childrenOf(trace, one).every((child, n) => isCalledAlike(trace, child, others[n] ?? -1));
}

const isCalledAlike = (trace: Trace, one: number, other: number): boolean => trace.name[one] === trace.name[other] && trace.service[one] === trace.service[other];

/** Runs of at least five siblings of one shape, or of five turns of two or three; of one parent, in one pass over the trace. */
export function repetitionsOf(trace: Trace): Repetition[] {
  const found: Repetition[] = [];
  for (let span = -1; span < trace.count; span++) {
    if (span >= 0 && (trace.childCount[span] ?? 0) < LEAST) continue;
    const children = childrenOf(trace, span);
    if (children.length < LEAST) continue;
    for (let start = 0; start < children.length; ) {
      const [turn, times] = runAt(trace, children, start);
      if (times >= LEAST) found.push(repetition(trace, span, children.slice(start, start + turn * times), turn));
      start += times >= LEAST ? turn * times : 1;
    }
  }
  return found;
}

/** How many names take turns from one of some siblings on, and how many times: the fewest names that make a run. */
function runAt(trace: Trace, children: readonly number[], start: number): [turn: number, times: number] {
  for (let turn = 1; turn <= MOST_TURN; turn++) {
    let end = start + turn;
    while (end < children.length && isSame(trace, children[end - turn] ?? -1, children[end] ?? -1)) end++;
    const times = Math.floor((end - start) / turn);
    if (times >= LEAST) return [turn, times];
  }
  return [1, 1];
}

const isSame = (trace: Trace, one: number, other: number): boolean => !has(trace, one, MISSING) && !has(trace, other, MISSING) && isAlike(trace, one, other);

function repetition(trace: Trace, parent: number, members: number[], turn: number): Repetition {
  const lengths = members.map((span) => trace.duration[span] ?? 0).sort((a, b) => a - b);
  const sum = lengths.reduce((total, length) => total + length, 0);
  let [wall, reach] = [0, Number.NEGATIVE_INFINITY];
  for (const span of members) {
    const [from, end] = [trace.from[span] ?? 0, (trace.from[span] ?? 0) + (trace.duration[span] ?? 0)];
    wall += Math.max(0, end - Math.max(from, reach));
    reach = Math.max(reach, end);
  }
  const whole = parent < 0 ? trace.length : (trace.duration[parent] ?? 0);
  const share = whole > 0 ? wall / whole : 0;
  return {
    first: members[0] ?? 0,
    turn,
    members: Int32Array.from(members),
    errors: members.reduce((total, span) => total + Number(has(trace, span, ERROR)) + (trace.errorsBelow[span] ?? 0), 0),
    wall,
    sum,
    median: lengths[Math.floor(lengths.length / 2)] ?? 0,
    longest: lengths.at(-1) ?? 0,
    isSerial: sum > 0 && (sum - wall) / sum < 0.1 && share >= 0.2,
    share,
  };
}

/** Which repetition each span is a member of, by number; -1 for none. */
export function membershipsOf(trace: Trace, repetitions: readonly Repetition[]): Int32Array {
  const found = new Int32Array(trace.count).fill(-1);
  repetitions.forEach(({ members }, n) => {
    for (const member of members) found[member] = n;
  });
  return found;
}

/** Rows shown at once without asking. */
const ALL_OPEN = 500;
const FIRST_ROWS = 200;
const FIRST_ERRORS = 20;

/** All open when the trace is small; else the first level, then levels until 200 rows, and the ways to the first errors and to `focus`. */
export function firstFolding(trace: Trace, repetitions: readonly Repetition[], focus: number): Folding {
  const open = new Uint8Array(trace.count);
  const openRepetitions = new Uint8Array(repetitions.length);
  if (trace.count <= ALL_OPEN) open.fill(1);
  else {
    let rows = childrenOf(trace, -1).length;
    const byDepth: number[] = [];
    for (let span = 0; span < trace.count; span++) byDepth[trace.depth[span] ?? 0] = (byDepth[trace.depth[span] ?? 0] ?? 0) + (trace.childCount[span] ?? 0);
    let depth = 0;
    // One level below the top is always open: a single row says nothing.
    while (depth < byDepth.length && (depth === 0 || rows + (byDepth[depth] ?? 0) <= FIRST_ROWS)) {
      rows += byDepth[depth] ?? 0;
      depth++;
    }
    for (let span = 0; span < trace.count; span++) if ((trace.depth[span] ?? 0) < depth) open[span] = 1;
    let errors = 0;
    for (let span = 0; span < trace.count && errors < FIRST_ERRORS; span++) {
      if (!has(trace, span, ERROR)) continue;
      reveal(trace, { open, openRepetitions }, repetitions, span);
      errors++;
    }
  }
  if (focus >= 0) reveal(trace, { open, openRepetitions }, repetitions, focus);
  return { open, openRepetitions };
}

/** Opens everything above a span, so that it has a row. Changes the folding it is given. */
export function reveal(trace: Trace, folding: Folding, repetitions: readonly Repetition[], span: number): void {
  const chain: number[] = [];
  for (let above = span; above >= 0; above = trace.parent[above] ?? -1) {
    if (above !== span) folding.open[above] = 1;
    chain.push(above);
  }
  repetitions.forEach(({ members }, n) => {
    if (chain.some((member) => within(members, member))) folding.openRepetitions[n] = 1;
  });
}

/** Whether a sorted list has a number. */
function within(list: Int32Array, wanted: number): boolean {
  let [low, high] = [0, list.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = list[middle] ?? 0;
    if (value === wanted) return true;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** The rows that show, top down. With `only`, spans outside of it and not above any of it have none. */
export function rowsOf(trace: Trace, repetitions: readonly Repetition[], { open, openRepetitions }: Folding, only?: Uint8Array): RowList {
  const rows = new Int32Array(trace.count + repetitions.length);
  const startsAt = new Map(repetitions.map(({ first }, n) => [first, n]));
  let length = 0;
  let span = 0;
  while (span < trace.count) {
    const below = trace.below[span] ?? 0;
    if (only && !only[span]) {
      span += 1 + below;
      continue;
    }
    const repeated = only ? undefined : startsAt.get(span);
    if (repeated !== undefined) {
      rows[length++] = -repeated - 1;
      if (!openRepetitions[repeated]) {
        const members = repetitions[repeated]?.members;
        const last = members?.at(-1) ?? span;
        span = last + 1 + (trace.below[last] ?? 0);
        continue;
      }
    }
    rows[length++] = span;
    span += open[span] || only ? 1 : 1 + below;
  }
  return rows.slice(0, length);
}

/** Spans of these, and all above them: what a filter leaves. */
export function withAncestors(trace: Trace, hits: readonly number[]): Uint8Array {
  const kept = new Uint8Array(trace.count);
  for (const hit of hits) for (let span = hit; span >= 0 && !kept[span]; span = trace.parent[span] ?? -1) kept[span] = 1;
  return kept;
}

/** Spans whose name, service or id has the text, or that are longer or shorter than `duration>50ms` says. */
export function find(trace: Trace, typed: string): number[] {
  const text = typed.trim().toLowerCase();
  if (!text) return [];
  const length = /^duration\s*(>=|<=|>|<)\s*([\d.]+)\s*(ns|us|µs|ms|s|m)?$/.exec(text);
  const hits: number[] = [];
  if (length) {
    const unit = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10 }[length[3] ?? "ms"] ?? 1e6;
    const limit = Number(length[2]) * unit;
    const test = { ">": (a: number) => a > limit, ">=": (a: number) => a >= limit, "<": (a: number) => a < limit, "<=": (a: number) => a <= limit }[length[1] ?? ">"];
    for (let span = 0; span < trace.count; span++) if (test?.(trace.duration[span] ?? 0)) hits.push(span);
    return hits;
  }
  if (text === "error") {
    for (let span = 0; span < trace.count; span++) if (has(trace, span, ERROR)) hits.push(span);
    return hits;
  }
  const names = trace.names.map((name) => name.toLowerCase().includes(text));
  const services = trace.services.map((service) => service.toLowerCase().includes(text));
  for (let span = 0; span < trace.count; span++) {
    if (names[trace.name[span] ?? 0] || services[trace.service[span] ?? 0] || trace.ids[span]?.startsWith(text)) hits.push(span);
  }
  return hits;
}

/** What repeated spans are called: by their name, or by those that take turns. */
export const repetitionName = (trace: Trace, { members, turn }: Repetition): string => [...members.slice(0, turn)].map((span) => nameOf(trace, span)).join(", ");
/** How many times they repeat. */
export const timesOf = ({ members, turn }: Repetition): number => members.length / turn;

/** Which of its siblings each line is, the first as 1. */
export function placesOf(trace: Trace): Int32Array {
  const places = new Int32Array(trace.count);
  const next = new Int32Array(trace.count + 1);
  for (let span = 0; span < trace.count; span++) {
    const above = (trace.parent[span] ?? -1) + 1;
    next[above] = (next[above] ?? 0) + 1;
    places[span] = next[above] ?? 1;
  }
  return places;
}

/** How many lines stand beside a line, itself among them. */
export const siblingsOf = (trace: Trace, span: number): number => ((trace.parent[span] ?? -1) < 0 ? childrenOf(trace, -1).length : (trace.childCount[trace.parent[span] ?? 0] ?? 1));

/** The line beside one, so many after it; nothing past the ends. */
export function siblingOf(trace: Trace, span: number, by: 1 | -1): number | undefined {
  const siblings = childrenOf(trace, trace.parent[span] ?? -1);
  return siblings[siblings.indexOf(span) + by];
}

/** How far the spans below each line reach, itself left out: what a closed one hides. */
export function reachesOf(trace: Trace): { from: Float64Array; to: Float64Array } {
  const from = new Float64Array(trace.count).fill(Number.POSITIVE_INFINITY);
  const to = new Float64Array(trace.count).fill(Number.NEGATIVE_INFINITY);
  for (let span = trace.count - 1; span >= 0; span--) {
    const above = trace.parent[span] ?? -1;
    if (above < 0) continue;
    from[above] = Math.min(from[above] ?? 0, from[span] ?? 0, trace.from[span] ?? 0);
    to[above] = Math.max(to[above] ?? 0, to[span] ?? 0, (trace.from[span] ?? 0) + (trace.duration[span] ?? 0));
  }
  return { from, to };
}

/** What a row says to those who do not see it. */
export function rowLabel(trace: Trace, span: number): string {
  const parts = [
    `level ${(trace.depth[span] ?? 0) + 1}`,
    nameOf(trace, span),
    serviceOf(trace, span),
    duration((trace.duration[span] ?? 0) / 1e6),
    `starts at ${duration((trace.from[span] ?? 0) / 1e6)}`,
    has(trace, span, ERROR) ? "error" : "",
    `${childrenOf(trace, trace.parent[span] ?? -1).indexOf(span) + 1} of ${siblingsOf(trace, span)}`,
  ];
  return parts.filter(Boolean).join(", ");
}
