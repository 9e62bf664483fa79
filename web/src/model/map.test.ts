import { describe, expect, it } from "vitest";
import { type Edge, type Figures, type Graph, type Node, type Place, ROW, around, arranged, barsOf, busiest, faint, folded, healthOf, layersOf, layout, percentile, step, sum, withoutCircles } from "./map";

const figures = (total: number, faults = 0): Figures => ({ total, ok: total - faults, errors: 0, throttles: 0, faults, seconds: total * 0.1, response_times: [{ seconds: 0.1, count: total }] });
const node = (id: string, type?: string): Node => ({ id, name: id, type, is_root: false, is_received: type === undefined, figures: type === "client" ? undefined : figures(10) });
const edge = (from: string, to: string, total = 10): Edge => ({ from, to, figures: figures(total) });
const chain: Graph = { nodes: [node("c", "client"), node("web"), node("api"), node("db", "Database::SQL")], edges: [edge("c", "web"), edge("web", "api"), edge("api", "db"), edge("web", "db", 1)] };

describe("layers", () => {
  it("are the longest way from a client", () => {
    expect(Object.fromEntries(layersOf(chain))).toEqual({ c: 0, web: 1, api: 2, db: 3 });
  });
  it("begin with services beside clients' callees where nobody calls them", () => {
    expect(layersOf({ nodes: [...chain.nodes, node("worker")], edges: chain.edges }).get("worker")).toBe(1);
  });
  it("break a circle where the least goes through", () => {
    const circle: Graph = { nodes: ["a", "b", "d"].map((id) => node(id)), edges: [edge("a", "b", 9), edge("b", "d", 2), edge("d", "a", 5), edge("a", "a")] };
    expect(withoutCircles(circle).map(({ from, to }) => from + to)).toEqual(["ab", "da"]);
    expect(Object.fromEntries(layersOf(circle))).toEqual({ d: 0, a: 1, b: 2 });
  });
});

describe("places", () => {
  const known = (graph: Graph) => new Map<string, Place>(layout(graph, new Map(), true));
  it("of known nodes stay when others come, go, or change", () => {
    const before = known(chain);
    const more: Graph = { nodes: [...chain.nodes, node("cache", "remote")].reverse(), edges: [...chain.edges.map((one) => ({ ...one, figures: figures(999) })), edge("api", "cache")] };
    const after = layout(more, before, true);
    for (const [id, place] of before) expect(after.get(id)).toEqual(place);
    const less: Graph = { nodes: chain.nodes.slice(0, 2), edges: chain.edges.slice(0, 1) };
    expect(layout(less, before, true).get("web")).toEqual(before.get("web"));
  });
  it("of new nodes are free cells beside their heaviest neighbour", () => {
    const before = known(chain);
    const more: Graph = { nodes: [...chain.nodes, node("cache", "remote")], edges: [...chain.edges, edge("api", "cache", 50), edge("web", "cache", 1)] };
    const [api, cache] = [before.get("api"), layout(more, before, true).get("cache")];
    expect(cache?.x).toBe(before.get("db")?.x);
    expect(Math.abs((cache?.y ?? 0) - (api?.y ?? 0))).toBe(ROW);
  });
  it("are all new where many are, unless somebody is at it; pinned ones never", () => {
    const before = known(chain);
    before.set("web", { x: 900, y: 900, pinned: true });
    const names = Array.from({ length: 8 }, (_, n) => `s${n}`);
    const more: Graph = { nodes: [...chain.nodes, ...names.map((id) => node(id))], edges: [...chain.edges, ...names.map((id) => edge("web", id))] };
    const after = layout(more, before, true);
    expect(after.get("web")).toEqual({ x: 900, y: 900, pinned: true });
    expect(after.get("api")).not.toEqual(before.get("api"));
    expect(layout(more, before, false).get("api")).toEqual(before.get("api"));
  });
  it("do not depend on the order in which nodes and edges come, and no two are one", () => {
    const nodes = [node("c", "client"), ...Array.from({ length: 200 }, (_, n) => node(`s${n}`))];
    const edges = [edge("c", "s0"), ...Array.from({ length: 199 }, (_, n) => edge(`s${Math.floor(n / 3)}`, `s${n + 1}`, n + 1))];
    const one = arranged({ nodes, edges });
    const other = arranged({ nodes: [...nodes].reverse(), edges: [...edges].reverse() });
    expect([...other].sort()).toEqual([...one].sort());
    expect(new Set([...one.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(201);
  });
});

describe("what is shown", () => {
  it("folds leaves of one sort and one caller", () => {
    const leaves = Array.from({ length: 12 }, (_, n) => node(`db${n}`, "Database::SQL"));
    const graph: Graph = { nodes: [...chain.nodes, ...leaves], edges: [...chain.edges, ...leaves.map(({ id }) => edge("web", id, 2))] };
    const shown = folded(graph);
    expect(shown.nodes.map(({ name }) => name)).toEqual(["c", "web", "api", "db", "12 databases"]);
    expect(shown.edges.at(-1)).toMatchObject({ from: "web", to: "fold|database|web", figures: { total: 24, response_times: [{ seconds: 0.1, count: 24 }] } });
    expect(folded(chain)).toBe(chain);
  });
  it("is what is near the one in focus", () => {
    expect(around(chain, "c", 1).nodes.map(({ id }) => id)).toEqual(["c", "web"]);
    expect(around(chain, "c", 2).edges).toHaveLength(4);
    expect(busiest({ nodes: [node("a"), { ...node("b"), figures: figures(11) }], edges: [] })?.id).toBe("b");
  });
  it("tells faint edges, health and percentiles", () => {
    expect([...faint({ nodes: [], edges: [edge("a", "b", 1), edge("a", "d", 400)] })].map(({ to }) => to)).toEqual(["b"]);
    expect([healthOf(figures(100, 1)), healthOf(figures(100, 2)), healthOf(undefined)]).toEqual(["ok", "fault", "none"]);
    const bins = [{ seconds: 0.1, count: 50 }, { seconds: 0.2, count: 49 }, { seconds: 3, count: 1 }];
    expect([0.5, 0.95, 0.99, 1].map((share) => percentile(bins, share))).toEqual([0.1, 0.2, 0.2, 3]);
    expect(percentile([], 0.5)).toBeUndefined();
    expect(sum([figures(2), figures(3, 1)])).toMatchObject({ total: 5, faults: 1, response_times: [{ seconds: 0.1, count: 5 }] });
  });
  it("has every request in one bar of its histogram", () => {
    const bins = [{ seconds: 0, count: 1 }, { seconds: 0.002, count: 4 }, { seconds: 0.1, count: 2 }, { seconds: 30, count: 3 }];
    const bars = barsOf(bins, 30);
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(10);
    expect([bars[0]?.from, bars[0]?.count, bars.at(-1)?.count, (bars.at(-1)?.to ?? 0) > 30]).toEqual([0, 1, 3, true]);
    expect(barsOf([{ seconds: 0.5, count: 2 }], 30)).toMatchObject([{ from: 0.5, count: 2 }]);
    expect(barsOf([], 30)).toEqual([]);
  });
  it("is walked along its edges and layers", () => {
    const places = arranged(chain);
    const walk = (id: string, key: string) => step(chain, places, id, key);
    expect([walk("c", "ArrowRight"), walk("web", "ArrowRight"), walk("db", "ArrowLeft"), walk("c", "ArrowLeft"), walk("web", "ArrowUp")]).toEqual(["web", "api", "api", undefined, undefined]);
  });
});
