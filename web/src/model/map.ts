/** The service map: how it is layered, where its nodes stand, what of it is shown. Without drawing. */

export interface Bin {
  seconds: number;
  count: number;
}

export interface Figures {
  total: number;
  ok: number;
  errors: number;
  throttles: number;
  faults: number;
  seconds: number;
  response_times: readonly Bin[];
}

export interface Node {
  id: string;
  name: string;
  type?: string | null | undefined;
  is_root: boolean;
  is_received: boolean;
  figures?: Figures | null | undefined;
  position?: Place | null | undefined;
  /** Nodes that this one stands for. */
  members?: readonly Node[] | undefined;
}

export interface Edge {
  from: string;
  to: string;
  figures: Figures;
}

export interface Graph {
  nodes: readonly Node[];
  edges: readonly Edge[];
}

export interface Place {
  x: number;
  y: number;
  pinned?: boolean | undefined;
}

/** Distances of layers and of nodes in one, in the map's own units. */
export const COLUMN = 210;
export const ROW = 96;
/** Nodes that stand above each other before a layer gets another column. */
const ROWS = 14;
/** From so many nodes on, leaves of one caller are folded. */
export const MANY = 40;
/** From so many on, only what is round one node is shown at first. */
export const TOO_MANY = 200;
/** Leaves of one sort that are worth folding. */
const FOLDED = 3;
/** The share of new nodes from which all are placed anew. */
const MANY_NEW = 0.3;

export type Sort = "client" | "service" | "database" | "queue" | "aws" | "remote";

/** What a node is drawn as. */
export function sortOf({ type, is_received }: Pick<Node, "type" | "is_received">): Sort {
  if (type === "client") return "client";
  if (is_received || !type) return "service";
  if (type.startsWith("Database::") || /DynamoDB|RDS|Redshift|ElastiCache/.test(type)) return "database";
  if (/SQS|SNS|Kinesis|Events|messaging/i.test(type)) return "queue";
  return type.startsWith("AWS::") ? "aws" : "remote";
}

const PLURALS: Record<Sort, string> = { client: "clients", service: "services", database: "databases", queue: "queues", aws: "AWS services", remote: "remote hosts" };
const WORDS: Record<Sort, string> = { client: "client", service: "service", database: "database", queue: "queue", aws: "AWS service", remote: "remote host" };
export const wordOf = (node: Node): string => (node.members ? PLURALS[sortOf(node)] : WORDS[sortOf(node)]);

/** Requests of a node; of a client those that it sent. */
export function requestsOf(graph: Graph, node: Node): number {
  if (node.figures) return node.figures.total;
  return graph.edges.reduce((sum, edge) => (edge.from === node.id ? sum + edge.figures.total : sum), 0);
}

/** How a node or an edge is, by its worst ratio that counts: faults from 1 % on, else what there is most of. */
export type Health = "ok" | "error" | "throttle" | "fault" | "none";
export function healthOf(figures: Figures | null | undefined): Health {
  if (!figures || figures.total === 0) return "none";
  const share = (count: number) => count / figures.total;
  if (share(figures.faults) > 0.01) return "fault";
  if (share(figures.throttles) > 0.01) return "throttle";
  return share(figures.errors) > 0.01 ? "error" : "ok";
}

/** The time that a share of requests did not pass, in seconds. */
export function percentile(bins: readonly Bin[], share: number): number | undefined {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const { seconds, count } of bins) {
    seen += count;
    if (seen >= share * total) return seconds;
  }
  return bins.at(-1)?.seconds;
}

/** Figures of several together. */
export function sum(all: readonly Figures[]): Figures {
  const times = new Map<number, number>();
  const result: Figures = { total: 0, ok: 0, errors: 0, throttles: 0, faults: 0, seconds: 0, response_times: [] };
  for (const one of all) {
    for (const name of ["total", "ok", "errors", "throttles", "faults", "seconds"] as const) result[name] += one[name];
    for (const { seconds, count } of one.response_times) times.set(seconds, (times.get(seconds) ?? 0) + count);
  }
  result.response_times = [...times].sort(([a], [b]) => a - b).map(([seconds, count]) => ({ seconds, count }));
  return result;
}

/** Edges without those that would close a circle: of each circle the one with the least traffic is left out. */
export function withoutCircles(graph: Graph): Edge[] {
  let edges = graph.edges.filter(({ from, to }) => from !== to);
  for (;;) {
    const circle = findCircle(graph.nodes, edges);
    if (!circle) return edges;
    const least = circle.reduce((a, b) => (b.figures.total < a.figures.total ? b : a));
    edges = edges.filter((edge) => edge !== least);
  }
}

function findCircle(nodes: readonly Node[], edges: readonly Edge[]): Edge[] | undefined {
  const out = new Map<string, Edge[]>();
  for (const edge of edges) out.set(edge.from, [...(out.get(edge.from) ?? []), edge]);
  const done = new Set<string>();
  for (const { id: start } of nodes) {
    if (done.has(start)) continue;
    const path: Edge[] = [];
    const onPath = new Set([start]);
    const stack: { id: string; next: number }[] = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (!top) break;
      const edge = out.get(top.id)?.[top.next++];
      if (!edge) {
        done.add(top.id);
        onPath.delete(top.id);
        stack.pop();
        path.pop();
      } else if (onPath.has(edge.to)) {
        const from = path.findIndex((before) => before.from === edge.to);
        return from < 0 ? [edge] : [...path.slice(from), edge];
      } else if (!done.has(edge.to)) {
        onPath.add(edge.to);
        path.push(edge);
        stack.push({ id: edge.to, next: 0 });
      }
    }
  }
  return undefined;
}

/** Of each node how many calls lie before it at most, from a client on. */
export function layersOf(graph: Graph): Map<string, number> {
  const edges = withoutCircles(graph);
  const layers = new Map<string, number>();
  const into = new Map<string, number>(graph.nodes.map(({ id }) => [id, 0]));
  for (const { to } of edges) into.set(to, (into.get(to) ?? 0) + 1);
  const hasClients = graph.nodes.some((node) => sortOf(node) === "client");
  const ready = graph.nodes.filter(({ id }) => into.get(id) === 0);
  for (const node of ready) layers.set(node.id, hasClients && sortOf(node) !== "client" ? 1 : 0);
  const queue = ready.map(({ id }) => id);
  for (let at = 0; at < queue.length; at++) {
    const id = queue[at] ?? "";
    for (const { from, to } of edges) {
      if (from !== id) continue;
      layers.set(to, Math.max(layers.get(to) ?? 0, (layers.get(id) ?? 0) + 1));
      const left = (into.get(to) ?? 1) - 1;
      into.set(to, left);
      if (left === 0) queue.push(to);
    }
  }
  return layers;
}

/** Places of all nodes from nothing: layers from the left, in each the order with few crossings. */
export function arranged(graph: Graph): Map<string, Place> {
  const layers = layersOf(graph);
  const columns: string[][] = [];
  const weight = new Map(graph.nodes.map((node) => [node.id, requestsOf(graph, node)]));
  for (const { id } of graph.nodes) (columns[layers.get(id) ?? 0] ??= []).push(id);
  for (let at = 0; at < columns.length; at++) columns[at] ??= [];
  const heavier = (a: string, b: string) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0) || (a < b ? -1 : 1);
  for (const column of columns) column.sort(heavier);
  const near = new Map<string, { other: string; weight: number }[]>();
  for (const { from, to, figures } of graph.edges) {
    const weight = Math.log2(figures.total + 2);
    near.set(from, [...(near.get(from) ?? []), { other: to, weight }]);
    near.set(to, [...(near.get(to) ?? []), { other: from, weight }]);
  }
  const rank = new Map<string, number>();
  const rerank = (column: string[]) => column.forEach((id, at) => rank.set(id, at - (column.length - 1) / 2));
  columns.forEach(rerank);
  for (let sweep = 0; sweep < 8; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const column of isDown ? columns : [...columns].reverse()) {
      const wanted = new Map<string, number>();
      for (const id of column) {
        const own = layers.get(id) ?? 0;
        const sides = (near.get(id) ?? []).filter(({ other }) => (isDown ? (layers.get(other) ?? 0) < own : (layers.get(other) ?? 0) > own));
        const total = sides.reduce((sum, { weight }) => sum + weight, 0);
        wanted.set(id, total > 0 ? sides.reduce((sum, { other, weight }) => sum + (rank.get(other) ?? 0) * weight, 0) / total : (rank.get(id) ?? 0));
      }
      column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0) || heavier(a, b));
      rerank(column);
    }
  }
  return placed(columns);
}

/** Columns that are too tall stand beside each other, one step further down each, so that edges find a way through. */
function placed(columns: readonly (readonly string[])[]): Map<string, Place> {
  const places = new Map<string, Place>();
  let x = 0;
  for (const column of columns) {
    const wide = Math.max(1, Math.ceil(column.length / ROWS));
    const rows = Math.ceil(column.length / wide);
    column.forEach((id, at) => {
      const side = at % wide;
      const row = Math.floor(at / wide);
      const used = Math.min(rows, Math.ceil((column.length - side) / wide));
      places.set(id, { x: x + side * COLUMN * 0.8, y: Math.round((row - (used - 1) / 2) * ROW + (wide > 1 ? (side / wide - 0.5) * ROW : 0)) });
    });
    x += COLUMN + (wide - 1) * COLUMN * 0.8;
  }
  return places;
}

/**
 * Places of all nodes: known ones keep theirs, new ones take a free cell of their layer next to their heaviest neighbour. Only where many
 * are new, and nobody is at it, all are placed anew, but for those that somebody put where they are.
 */
export function layout(graph: Graph, known: ReadonlyMap<string, Place>, mayMove: boolean): Map<string, Place> {
  const fresh = graph.nodes.filter(({ id }) => !known.has(id));
  const places = new Map<string, Place>();
  const isPinned = (id: string) => known.get(id)?.pinned === true;
  const pinned = graph.nodes.filter(({ id }) => isPinned(id)).length;
  if (fresh.length === graph.nodes.length - pinned || (mayMove && fresh.length > MANY_NEW * graph.nodes.length)) {
    const all = arranged(graph);
    for (const { id } of graph.nodes) {
      const place = isPinned(id) ? known.get(id) : all.get(id);
      if (place) places.set(id, place);
    }
    return places;
  }
  for (const { id } of graph.nodes) {
    const place = known.get(id);
    if (place) places.set(id, place);
  }
  const layers = layersOf(graph);
  for (const node of [...fresh].sort((a, b) => requestsOf(graph, b) - requestsOf(graph, a) || (a.id < b.id ? -1 : 1))) places.set(node.id, freeCell(graph, node, layers, places));
  return places;
}

function freeCell(graph: Graph, { id }: Node, layers: ReadonlyMap<string, number>, places: ReadonlyMap<string, Place>): Place {
  const around = graph.edges
    .filter(({ from, to }) => from !== to && (from === id || to === id))
    .map((edge) => ({ other: places.get(edge.from === id ? edge.to : edge.from), isCaller: edge.to === id, weight: edge.figures.total }))
    .filter((side): side is { other: Place; isCaller: boolean; weight: number } => side.other !== undefined)
    .sort((a, b) => b.weight - a.weight);
  const own = layers.get(id) ?? 0;
  const beside = [...places].filter(([other]) => layers.get(other) === own).map(([, { x }]) => x);
  const heaviest = around[0];
  const x = heaviest ? heaviest.other.x + (heaviest.isCaller ? COLUMN : -COLUMN) : beside.length > 0 ? Math.min(...beside) : own * COLUMN;
  // In line with the layer where that is near.
  const column = beside.filter((other) => Math.abs(other - x) < COLUMN).sort((a, b) => Math.abs(a - x) - Math.abs(b - x))[0] ?? x;
  const isFree = (y: number) => [...places.values()].every((other) => Math.abs(other.x - column) >= COLUMN * 0.6 || Math.abs(other.y - y) >= ROW * 0.9);
  const wanted = heaviest?.other.y ?? 0;
  for (let step = 0; ; step++) {
    for (const y of [wanted + step * ROW, wanted - step * ROW]) if (isFree(y)) return { x: column, y };
  }
}

/** Leaves that send nothing themselves, of one sort and called by one alone, as one node. */
export function folded(graph: Graph): Graph {
  const callers = new Map<string, Set<string>>();
  const calls = new Set(graph.edges.map(({ from }) => from));
  for (const { from, to } of graph.edges) callers.set(to, (callers.get(to) ?? new Set()).add(from));
  const groups = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    const from = callers.get(node.id);
    const sort = sortOf(node);
    if (calls.has(node.id) || from?.size !== 1 || sort === "service" || sort === "client") continue;
    const key = `fold|${sort}|${[...from][0]}`;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const into = new Map<string, string>();
  const added: Node[] = [];
  for (const [key, members] of groups) {
    if (members.length < FOLDED) continue;
    for (const { id } of members) into.set(id, key);
    const first = members[0];
    const figures = members.flatMap((member) => (member.figures ? [member.figures] : []));
    if (first) added.push({ id: key, name: `${members.length} ${PLURALS[sortOf(first)]}`, type: first.type, is_root: false, is_received: false, figures: sum(figures), members });
  }
  if (added.length === 0) return graph;
  const joined = new Map<string, Edge[]>();
  for (const edge of graph.edges) {
    const to = into.get(edge.to) ?? edge.to;
    const key = JSON.stringify([edge.from, to]);
    joined.set(key, [...(joined.get(key) ?? []), { ...edge, to }]);
  }
  const edges = [...joined.values()].flatMap((list) => {
    const first = list[0];
    return first ? [list.length === 1 ? first : { ...first, figures: sum(list.map(({ figures }) => figures)) }] : [];
  });
  return { nodes: [...graph.nodes.filter(({ id }) => !into.has(id)), ...added], edges };
}

/** What is so many calls away from a node, in either direction, with the edges between. */
export function around(graph: Graph, focus: string, hops: number): Graph {
  let near = new Set([focus]);
  for (let hop = 0; hop < hops; hop++) {
    const next = new Set(near);
    for (const { from, to } of graph.edges) {
      if (near.has(from)) next.add(to);
      if (near.has(to)) next.add(from);
    }
    near = next;
  }
  return { nodes: graph.nodes.filter(({ id }) => near.has(id)), edges: graph.edges.filter(({ from, to }) => near.has(from) && near.has(to)) };
}

/** The service with the most requests. */
export function busiest(graph: Graph): Node | undefined {
  let found: Node | undefined;
  for (const node of graph.nodes) if (sortOf(node) === "service" && (node.figures?.total ?? 0) > (found?.figures?.total ?? -1)) found = node;
  return found ?? graph.nodes[0];
}

/** Edges that carry less than a hundredth of what their caller sends out. */
export function faint(graph: Graph): Set<Edge> {
  const sent = new Map<string, number>();
  for (const { from, figures } of graph.edges) sent.set(from, (sent.get(from) ?? 0) + figures.total);
  return new Set(graph.edges.filter(({ from, figures }) => figures.total < (sent.get(from) ?? 0) / 100));
}

/** Where an arrow key leads from a node: along the heaviest edge, or to the next one that stands above or below in its layer. */
export function step(graph: Graph, places: ReadonlyMap<string, Place>, id: string, key: string): string | undefined {
  const at = places.get(id);
  if (!at) return undefined;
  if (key === "ArrowRight" || key === "ArrowLeft") {
    const side = (edge: Edge) => (key === "ArrowRight" ? { own: edge.from, other: edge.to } : { own: edge.to, other: edge.from });
    const along = graph.edges.filter((edge) => side(edge).own === id && side(edge).other !== id && places.has(side(edge).other));
    const heaviest = along.sort((a, b) => b.figures.total - a.figures.total)[0];
    return heaviest && side(heaviest).other;
  }
  const isUp = key === "ArrowUp";
  const beside = graph.nodes
    .map((node) => ({ id: node.id, place: places.get(node.id) }))
    .filter(({ id: other, place }) => place && other !== id && Math.abs(place.x - at.x) < COLUMN * 0.9 && (isUp ? place.y < at.y : place.y > at.y));
  return beside.sort((a, b) => Math.abs((a.place?.y ?? 0) - at.y) - Math.abs((b.place?.y ?? 0) - at.y))[0]?.id;
}

/** The corners of what is drawn, with room for labels. */
export function extentOf(places: Iterable<Place>): { x: number; y: number; width: number; height: number } {
  const all = [...places];
  if (all.length === 0) return { x: 0, y: 0, width: 1, height: 1 };
  const [xs, ys] = [all.map(({ x }) => x), all.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs) - COLUMN / 2, Math.min(...ys) - ROW / 2];
  return { x: left, y: top, width: Math.max(...xs) + COLUMN / 2 - left, height: Math.max(...ys) + ROW * 0.75 - top };
}

/** A bar of a histogram of times, its bounds in seconds. */
export interface Bar {
  from: number;
  to: number;
  count: number;
}

/** Bars whose bounds grow alike, from just below the least time to just above the greatest. */
export function barsOf(bins: readonly Bin[], most: number): Bar[] {
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last) return [];
  const low = Math.max(0.001, first.seconds);
  const high = Math.max(low * 1.1, last.seconds);
  const count = Math.min(most, Math.max(1, Math.ceil(Math.log(high / low) / Math.log(1.1))));
  const bounds = Array.from({ length: count + 1 }, (_, at) => (at === 0 ? Math.min(first.seconds, low) : low * (high / low) ** (at / count)));
  const bars = bounds.slice(0, -1).map((from, at) => ({ from, to: bounds[at + 1] ?? high, count: 0 }));
  for (const { seconds, count } of bins) {
    const bar = bars.findLast(({ from }) => seconds >= from) ?? bars[0];
    if (bar) bar.count += count;
  }
  const end = bars.at(-1);
  // The greatest time is within the last bar: bounds are rounded to milliseconds where they are written.
  if (end) end.to = Math.max(end.to, last.seconds) + 0.001;
  return bars;
}
