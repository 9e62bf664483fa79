/** The parts of a trace's answer that are drawn, as the API names them. */
export interface TraceAnswer {
  trace_id: string;
  start_ns: string;
  duration_ns: string;
  span_count: number;
  error_count: number;
  missing_root: boolean;
  nodes: NodeAnswer[];
  unattached: AnnotationAnswer[];
}

export interface NodeAnswer {
  kind: string;
  parent?: number | null;
  depth: number;
  child_count: number;
  descendant_count: number;
  descendant_error_count: number;
  span_id: string;
  offset_ns: string;
  duration_ns?: string | null;
  self_ns: string;
  name: string;
  service: string;
  span_kind: string;
  source: string;
  is_error: boolean;
  problem?: string | null;
  annotations: AnnotationAnswer[];
}

export interface AnnotationAnswer {
  kind: string;
  offset_ns: string;
  name: string;
  is_error: boolean;
}

export const ERROR = 1;
export const MISSING = 2;
export const DUPLICATE = 4;
export const CYCLE = 8;
export const UNFINISHED = 16;

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
  kind: Int32Array;
  names: string[];
  services: string[];
  kinds: string[];
  ids: string[];
  /** Marks of span n are those from `markStart[n]` to `markStart[n + 1]`. */
  markStart: Int32Array;
  markAt: Float64Array;
  markKind: Uint8Array;
  markError: Uint8Array;
  markName: string[];
  /** How many log lines and others name no span. */
  unattached: number;
}

/** Words that are counted on first sight. */
class Words {
  readonly list: string[] = [];
  private readonly known = new Map<string, number>();

  of(word: string): number {
    let at = this.known.get(word);
    if (at === undefined) {
      at = this.list.length;
      this.list.push(word);
      this.known.set(word, at);
    }
    return at;
  }
}

/** An answer as columns. */
export function traceOf(answer: TraceAnswer): Trace {
  const { nodes } = answer;
  const count = nodes.length;
  const [names, services, kinds] = [new Words(), new Words(), new Words()];
  const marks = nodes.reduce((sum, node) => sum + node.annotations.length, 0);
  const trace: Trace = {
    id: answer.trace_id,
    start: BigInt(answer.start_ns),
    length: Math.max(1, Number(answer.duration_ns)),
    count,
    spans: answer.span_count,
    errors: answer.error_count,
    missingRoot: answer.missing_root,
    parent: new Int32Array(count),
    depth: new Int32Array(count),
    childCount: new Int32Array(count),
    below: new Int32Array(count),
    errorsBelow: new Int32Array(count),
    from: new Float64Array(count),
    duration: new Float64Array(count),
    self: new Float64Array(count),
    flags: new Uint8Array(count),
    name: new Int32Array(count),
    service: new Int32Array(count),
    kind: new Int32Array(count),
    names: names.list,
    services: services.list,
    kinds: kinds.list,
    ids: new Array<string>(count),
    markStart: new Int32Array(count + 1),
    markAt: new Float64Array(marks),
    markKind: new Uint8Array(marks),
    markError: new Uint8Array(marks),
    markName: new Array<string>(marks),
    unattached: answer.unattached.length,
  };
  let mark = 0;
  nodes.forEach((node, n) => {
    trace.parent[n] = node.parent ?? -1;
    trace.depth[n] = node.depth;
    trace.childCount[n] = node.child_count;
    trace.below[n] = node.descendant_count;
    trace.errorsBelow[n] = node.descendant_error_count;
    trace.from[n] = Number(node.offset_ns);
    trace.duration[n] = Number(node.duration_ns ?? 0);
    trace.self[n] = Number(node.self_ns);
    trace.flags[n] =
      (node.is_error ? ERROR : 0) |
      (node.kind === "missing_parent" ? MISSING : 0) |
      (node.problem === "duplicate_id" ? DUPLICATE : 0) |
      (node.problem === "cycle" ? CYCLE : 0) |
      (node.kind === "span" && node.duration_ns == null ? UNFINISHED : 0);
    trace.name[n] = names.of(node.name);
    trace.service[n] = services.of(node.service);
    trace.kind[n] = kinds.of(node.span_kind);
    trace.ids[n] = node.span_id;
    trace.markStart[n] = mark;
    for (const annotation of node.annotations) {
      trace.markAt[mark] = Number(annotation.offset_ns);
      trace.markKind[mark] = Math.max(0, (MARKS as readonly string[]).indexOf(annotation.kind));
      trace.markError[mark] = Number(annotation.is_error);
      trace.markName[mark] = annotation.name;
      mark++;
    }
  });
  trace.markStart[count] = mark;
  // What stands for a parent that never came lies where its children do.
  for (let n = count - 1; n >= 0; n--) {
    if (!((trace.flags[n] ?? 0) & MISSING)) continue;
    let [low, high] = [Number.POSITIVE_INFINITY, 0];
    for (let child = n + 1; child <= n + (trace.below[n] ?? 0); child++) {
      low = Math.min(low, trace.from[child] ?? 0);
      high = Math.max(high, (trace.from[child] ?? 0) + (trace.duration[child] ?? 0));
    }
    if (Number.isFinite(low)) {
      trace.from[n] = low;
      trace.duration[n] = high - low;
    }
  }
  return trace;
}

export const has = (trace: Trace, span: number, flag: number): boolean => ((trace.flags[span] ?? 0) & flag) !== 0;
export const nameOf = (trace: Trace, span: number): string => (has(trace, span, MISSING) ? `missing parent ${(trace.ids[span] ?? "").slice(0, 8)}…` : (trace.names[trace.name[span] ?? 0] ?? ""));
export const serviceOf = (trace: Trace, span: number): string => trace.services[trace.service[span] ?? 0] ?? "";
export const endOf = (trace: Trace, span: number): number => (trace.from[span] ?? 0) + (trace.duration[span] ?? 0);

/** The span of an id; -1 when there is none. */
export const spanOfId = (trace: Trace, id: string): number => trace.ids.indexOf(id);
