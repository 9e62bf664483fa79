import { ERROR, MISSING, type Trace, has, nameOf, serviceOf } from "./trace";

/** Spans of one or two traces that were called alike on the same way down: service and name, below service and name, and so on. */
export interface Path {
  name: string;
  service: string;
  /** The path above; -1 for the tops. A path's place is behind its parent's. */
  parent: number;
  depth: number;
  children: number[];
  /** Of each trace: how many spans, their time, the time they did not hand down, nanoseconds, and their errors. */
  sides: Side[];
  /** The first span of each trace; -1 for none. */
  first: number[];
}

export interface Side {
  count: number;
  total: number;
  self: number;
  errors: number;
}

/** The paths of these traces, merged. Parents stand before their children. */
export function pathsOf(traces: readonly Trace[]): { paths: Path[]; pathOf: Int32Array[] } {
  const paths: Path[] = [];
  const places = new Map<string, number>();
  const pathOf = traces.map((trace, side) => {
    const own = new Int32Array(trace.count);
    for (let span = 0; span < trace.count; span++) {
      const above = trace.parent[span] ?? -1;
      const parent = above < 0 ? -1 : (own[above] ?? -1);
      // A parent that never came has no name to merge by.
      const isMissing = has(trace, span, MISSING);
      const [name, service] = [isMissing ? "missing parent" : nameOf(trace, span), serviceOf(trace, span)];
      const key = `${parent}\n${service}\n${name}`;
      let place = places.get(key);
      if (place === undefined) {
        place = paths.length;
        places.set(key, place);
        paths.push({ name, service, parent, depth: parent < 0 ? 0 : (paths[parent]?.depth ?? 0) + 1, children: [], sides: traces.map(() => ({ count: 0, total: 0, self: 0, errors: 0 })), first: traces.map(() => -1) });
        if (parent >= 0) paths[parent]?.children.push(place);
      }
      own[span] = place;
      const path = paths[place];
      const figures = path?.sides[side];
      if (!path || !figures) continue;
      if (path.first[side] === -1) path.first[side] = span;
      figures.count++;
      figures.total += trace.duration[span] ?? 0;
      figures.self += isMissing ? 0 : (trace.self[span] ?? 0);
      figures.errors += Number(has(trace, span, ERROR));
    }
    return own;
  });
  return { paths, pathOf };
}

/** Where paths lie side by side: as wide as their own time and that of all below, in nanoseconds. */
export interface Lane {
  from: Float64Array;
  width: Float64Array;
  depth: number;
}

/** Lays paths out as a flame graph. Work that ran beside other work is added up: children may be wider than the time that passed. */
export function lanesOf(paths: readonly Path[]): Lane {
  const width = Float64Array.from(paths, ({ sides }) => sides[0]?.self ?? 0);
  for (let n = paths.length - 1; n >= 0; n--) {
    const above = paths[n]?.parent ?? -1;
    if (above >= 0) width[above] = (width[above] ?? 0) + (width[n] ?? 0);
  }
  const from = new Float64Array(paths.length);
  let [tops, depth] = [0, 0];
  paths.forEach((path, n) => {
    depth = Math.max(depth, path.depth + 1);
    if (path.parent < 0) {
      from[n] = tops;
      tops += width[n] ?? 0;
    }
    let at = from[n] ?? 0;
    for (const child of path.children) {
      from[child] = at;
      at += width[child] ?? 0;
    }
  });
  return { from, width, depth };
}

/** The paths in order of rows: depth first. */
export function inOrder(paths: readonly Path[]): number[] {
  const order: number[] = [];
  const stack = paths.flatMap(({ parent }, n) => (parent < 0 ? [n] : [])).reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    order.push(next);
    const children = paths[next]?.children ?? [];
    for (let n = children.length - 1; n >= 0; n--) stack.push(children[n] ?? 0);
  }
  return order;
}

/** By how much the second trace's own time of a path is longer, nanoseconds. */
export const longerBy = ({ sides }: Path): number => (sides[1]?.self ?? 0) - (sides[0]?.self ?? 0);

/** The paths that made the second trace slower, or faster: the most telling first. */
export function causes(paths: readonly Path[], isSlower: boolean, most: number): Path[] {
  const sign = isSlower ? 1 : -1;
  const telling = paths.filter((path) => sign * longerBy(path) > 0).sort((a, b) => sign * (longerBy(b) - longerBy(a)));
  const largest = telling[0] ? Math.abs(longerBy(telling[0])) : 0;
  return telling.slice(0, most).filter((path) => Math.abs(longerBy(path)) >= largest * 0.1);
}
