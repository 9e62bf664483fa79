import { childrenOf } from "./rows";
import type { Trace } from "./trace";

/** A part of a span that nothing ran beside: what has to get faster for the whole to get faster. Nanoseconds from the trace's start. */
export interface Section {
  span: number;
  from: number;
  to: number;
}

/** Clocks and rounding must not hide a predecessor: 1 ms, or a hundredth of a span. */
const slack = (length: number) => Math.min(1e6, length * 0.01);

/** The critical path of a root, in order of time: sections that touch, from its start to its end. */
export function criticalPath(trace: Trace, root: number): Section[] {
  const start = trace.from[root] ?? 0;
  const end = start + (trace.duration[root] ?? 0);
  const sections: Section[] = [];
  if (end <= start) return sections;
  interface Frame {
    span: number;
    /** Where its part begins. */
    from: number;
    /** Up to where it is not yet told. */
    at: number;
    /** Ends of the span, clipped to its parents'. */
    children: Child[];
    next: number;
    /** Where the part that was handed to a child begins. */
    resume: number | undefined;
  }
  const consumer = trace.kinds.findIndex((kind) => kind.toLowerCase() === "consumer");
  const open = (span: number, from: number, to: number, clipFrom: number, clipTo: number): Frame => {
    const children = childrenOf(trace, span)
      .filter((child) => trace.kind[child] !== consumer)
      .map((child) => {
        const begin = trace.from[child] ?? 0;
        return { span: child, from: Math.max(begin, clipFrom), to: Math.min(begin + (trace.duration[child] ?? 0), clipTo), used: false };
      })
      .filter((child) => child.to > child.from)
      .sort((a, b) => b.to - a.to);
    return { span, from, at: to, children, next: 0, resume: undefined };
  };
  const stack: Frame[] = [open(root, start, end, start, end)];
  while (stack.length > 0) {
    const frame = stack[stack.length - 1];
    if (!frame) break;
    if (frame.resume !== undefined) {
      frame.at = frame.resume;
      frame.resume = undefined;
      if (frame.at <= frame.from) {
        stack.pop();
        continue;
      }
    }
    const child = choose(trace, frame);
    if (!child) {
      if (frame.at > frame.from) sections.push({ span: frame.span, from: frame.from, to: frame.at });
      stack.pop();
      continue;
    }
    const reach = Math.min(child.to, frame.at);
    if (reach < frame.at) sections.push({ span: frame.span, from: reach, to: frame.at });
    const begin = Math.max(child.from, frame.from);
    frame.resume = begin;
    stack.push(open(child.span, begin, reach, child.from, child.to));
  }
  return sections.reverse();
}

interface Child extends Section {
  used: boolean;
}

interface Choosing {
  from: number;
  at: number;
  children: Child[];
  next: number;
}

/** The child that ended last before the present point: latest end, then longest, then smallest id. Those passed over never fit again. */
function choose(trace: Trace, frame: Choosing): Child | undefined {
  const { children } = frame;
  let best: Child | undefined;
  for (let n = frame.next; n < children.length; n++) {
    const child = children[n];
    if (!child) break;
    if (child.used) {
      if (n === frame.next) frame.next++;
      continue;
    }
    if (best && Math.min(child.to, frame.at) < Math.min(best.to, frame.at)) break;
    const fits = child.to <= frame.at + slack(child.to - child.from) && child.to > frame.from && child.from < frame.at;
    if (!fits) {
      // The point only moves back: what ran past it, or began at or after it, stays off the path.
      if (n === frame.next) frame.next++;
      continue;
    }
    if (!best || better(trace, child, best)) {
      best = child;
    }
  }
  if (best) best.used = true;
  return best;
}

function better(trace: Trace, one: Child, other: Child): boolean {
  const [length, otherLength] = [one.to - one.from, other.to - other.from];
  return length !== otherLength ? length > otherLength : (trace.ids[one.span] ?? "") < (trace.ids[other.span] ?? "");
}

/** The sections of a path by span: those of span n are `sections[index[k]]` for k from `start[n]` to `start[n + 1]`. */
export interface BySpan {
  sections: readonly Section[];
  start: Int32Array;
  index: Int32Array;
}

export function bySpan(trace: Trace, sections: readonly Section[]): BySpan {
  const start = new Int32Array(trace.count + 1);
  for (const { span } of sections) start[span + 1] = (start[span + 1] ?? 0) + 1;
  for (let span = 0; span < trace.count; span++) start[span + 1] = (start[span + 1] ?? 0) + (start[span] ?? 0);
  const next = start.slice();
  const index = new Int32Array(sections.length);
  sections.forEach(({ span }, n) => {
    const at = next[span] ?? 0;
    index[at] = n;
    next[span] = at + 1;
  });
  return { sections, start, index };
}

/** How much of a path is each span's, nanoseconds. */
export function criticalShares(trace: Trace, sections: readonly Section[]): Float64Array {
  const shares = new Float64Array(trace.count);
  for (const { span, from, to } of sections) shares[span] = (shares[span] ?? 0) + to - from;
  return shares;
}
