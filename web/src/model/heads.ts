import type { TraceAnswer } from "./trace";

// The flags of a trace's lines: `trace.ts` has them all.
const MISSING = 2;
const DUPLICATE = 4;
const CYCLE = 8;
const HEAD = 32;

/**
 * The answer with a line of ours over each span that is kept though something is wrong with it: one that another span had the id of
 * before, or one that was its own ancestor. The line says so, has no bar of its own, and stands where the span stood.
 */
export function withHeads(answer: TraceAnswer): TraceAnswer {
  const { spans, marks } = answer;
  const wrong = DUPLICATE | CYCLE;
  if (!spans.flags.some((flags) => flags & wrong)) return answer;
  const next: TraceAnswer["spans"] = { parent: [], id: [], start: [], duration: [], self: [], name: [], service: [], host: [], kind: [], flags: [] };
  /** Where each line has come to. */
  const place: number[] = [];
  const add = (parent: number, id: string, flags: number, n: number, isOurs: boolean) => {
    next.parent.push(parent);
    next.id.push(id);
    next.start.push(spans.start[n] ?? 0);
    next.duration.push(isOurs ? -1 : (spans.duration[n] ?? -1));
    next.self.push(isOurs ? 0 : (spans.self[n] ?? 0));
    next.name.push(spans.name[n] ?? 0);
    next.service.push(spans.service[n] ?? 0);
    next.host.push(spans.host[n] ?? 0);
    next.kind.push(spans.kind[n] ?? 0);
    next.flags.push(flags);
  };
  spans.flags.forEach((flags, n) => {
    const above = spans.parent[n] ?? -1;
    let parent = above < 0 ? -1 : (place[above] ?? -1);
    if (flags & wrong) {
      // No id of a span has a letter like this: our line is never taken for the span.
      add(parent, `head-${spans.id[n] ?? ""}`, HEAD | MISSING | (flags & wrong), n, true);
      parent = next.parent.length - 1;
    }
    place[n] = next.parent.length;
    add(parent, spans.id[n] ?? "", flags, n, false);
  });
  return { ...answer, spans: next, marks: { ...marks, span: marks.span.map((span) => place[span] ?? 0) } };
}
