import { ERROR, MISSING, type Trace, has } from "./trace";

/** A span with all below it, as a trace of its own that begins and ends with them: every view draws it as it draws any other. */
export function subtreeOf(trace: Trace, root: number): Trace {
  const count = 1 + (trace.below[root] ?? 0);
  const end = root + count;
  let [low, high, spans, errors] = [Number.POSITIVE_INFINITY, 0, 0, 0];
  for (let span = root; span < end; span++) {
    low = Math.min(low, trace.from[span] ?? 0);
    high = Math.max(high, (trace.from[span] ?? 0) + (trace.duration[span] ?? 0));
    spans += Number(!has(trace, span, MISSING));
    errors += Number(has(trace, span, ERROR));
  }
  const firstMark = trace.markStart[root] ?? 0;
  const lastMark = trace.markStart[end] ?? firstMark;
  return {
    ...trace,
    start: trace.start + BigInt(Math.round(low)),
    length: Math.max(1, high - low),
    count,
    spans,
    errors,
    missingRoot: false,
    parent: trace.parent.slice(root, end).map((parent) => (parent < root ? -1 : parent - root)),
    depth: trace.depth.slice(root, end).map((depth) => depth - (trace.depth[root] ?? 0)),
    childCount: trace.childCount.slice(root, end),
    below: trace.below.slice(root, end),
    errorsBelow: trace.errorsBelow.slice(root, end),
    from: trace.from.slice(root, end).map((at) => at - low),
    duration: trace.duration.slice(root, end),
    self: trace.self.slice(root, end),
    flags: trace.flags.slice(root, end),
    name: trace.name.slice(root, end),
    service: trace.service.slice(root, end),
    host: trace.host.slice(root, end),
    kind: trace.kind.slice(root, end),
    ids: trace.ids.slice(root, end),
    markStart: trace.markStart.slice(root, end + 1).map((mark) => mark - firstMark),
    markAt: trace.markAt.slice(firstMark, lastMark).map((at) => at - low),
    markKind: trace.markKind.slice(firstMark, lastMark),
    markError: trace.markError.slice(firstMark, lastMark),
    markName: trace.markName.slice(firstMark, lastMark),
    moved: trace.moved?.slice(root, end),
  };
}

/** A span and those above it, the top first. */
export function waysOf(trace: Trace, span: number): number[] {
  const way: number[] = [];
  for (let at = span; at >= 0; at = trace.parent[at] ?? -1) way.unshift(at);
  return way;
}
