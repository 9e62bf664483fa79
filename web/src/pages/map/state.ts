import { useEffect, useMemo, useRef } from "react";
import type { Schema } from "../../api/client";
import { putLayout } from "../../api/xray";
import { useAddress } from "../../lib/address";
import { type Graph, MANY, type Node, type Place, TOO_MANY, around, arranged, busiest, folded, layout } from "../../model/map";

export type ServiceMap = Schema["Map"];

/** What of the map is looked at, as the address says. */
export interface Look {
  group: string;
  filter: string;
  /** A node that only what is near is shown of; `*` = all, however many. */
  focus: string;
  hops: number;
  size: "traffic" | "health" | "none";
  node: string;
  /** Two ids. */
  edge: readonly [from: string, to: string] | undefined;
  isTable: boolean;
  /** Leaves of one sort are put together where there are many nodes. */
  folds: boolean;
}

export function useLook(): Look {
  const { params } = useAddress();
  return useMemo(() => {
    const size = params.get("size");
    const edge = params.get("edge")?.split("→");
    return {
      group: params.get("group") ?? "",
      filter: params.get("filter") ?? "",
      focus: params.get("focus") ?? "",
      hops: Math.min(3, Math.max(1, Number(params.get("hops")) || 2)),
      size: size === "health" || size === "none" ? size : "traffic",
      node: params.get("node") ?? "",
      edge: edge?.[0] !== undefined && edge[1] !== undefined ? [edge[0], edge[1]] : undefined,
      isTable: params.get("as") === "table",
      folds: params.get("fold") !== "0",
    };
  }, [params]);
}

export const edgeParam = (from: string, to: string): string => `${from}→${to}`;

/** What is drawn: the whole graph, or what is near one node, leaves folded where there are many. */
export interface Shown {
  graph: Graph;
  /** The node that is in focus, maybe because there are too many. */
  focus: Node | undefined;
  /** Nobody chose it. */
  isForced: boolean;
  isFolded: boolean;
}

export function shownOf(graph: Graph, look: Pick<Look, "focus" | "hops" | "folds">): Shown {
  const isForced = look.focus === "" && graph.nodes.length > TOO_MANY;
  const focus = isForced ? busiest(graph) : graph.nodes.find(({ id }) => id === look.focus);
  const near = focus ? around(graph, focus.id, look.hops) : graph;
  const shown = look.folds && near.nodes.length > MANY ? folded(near) : near;
  return { graph: shown, focus, isForced, isFolded: shown !== near };
}

/** Places that are known: those that the server keeps, and what has been laid out here since. */
export interface Places {
  of: ReadonlyMap<string, Place>;
  /** Puts a node somewhere, for good. */
  pin: (id: string, place: Place) => void;
  unpin: (id: string) => void;
  /** All anew but what is pinned. Answers what brings the former places back. */
  tidy: () => () => void;
}

/** Where nodes stand. Whoever may change settings keeps it for everybody; for others it stays as it is while the page is open. */
export function usePlaces(env: string, map: ServiceMap | undefined, graph: Graph | undefined, mayKeep: boolean, redraw: () => void): Places {
  const own = useRef<{ env: string; known: Map<string, Place> }>({ env, known: new Map() });
  if (own.current.env !== env) own.current = { env, known: new Map() };
  const keep = (places: Iterable<[string, Place]>, replace = false) => {
    const positions = [...places].filter(([id]) => !id.startsWith("fold|")).map(([node, { x, y, pinned }]) => ({ node, x, y, pinned: pinned ?? false }));
    // What stays unkept is laid out alike the next time: nobody has to be told.
    if (mayKeep && positions.length > 0) void putLayout(env, positions, replace).catch(() => undefined);
  };
  const fresh = useRef<[string, Place][]>([]);
  const of = useMemo(() => {
    const { known } = own.current;
    for (const node of map?.nodes ?? []) if (node.position && !known.has(node.id)) known.set(node.id, node.position);
    if (!graph) return new Map<string, Place>();
    const placed = layout(graph, known, !document.querySelector(".map-canvas:focus-within"));
    fresh.current.push(...[...placed].filter(([id, place]) => known.get(id) !== place));
    for (const [id, place] of placed) known.set(id, place);
    return placed;
  }, [map, graph, env]);
  useEffect(() => keep(fresh.current.splice(0)), [of]);
  const put = (id: string, place: Place) => {
    own.current.known.set(id, place);
    (of as Map<string, Place>).set(id, place);
    keep([[id, place]]);
    redraw();
  };
  return {
    of,
    pin: (id, place) => put(id, { ...place, pinned: true }),
    unpin: (id) => {
      const place = of.get(id);
      if (place) put(id, { x: place.x, y: place.y, pinned: false });
    },
    tidy: () => {
      if (!graph) return () => undefined;
      const { known } = own.current;
      const before = new Map(known);
      const bring = (places: ReadonlyMap<string, Place>) => {
        for (const [id, place] of places) {
          known.set(id, place);
          if (of.has(id)) (of as Map<string, Place>).set(id, place);
        }
        keep(places);
        redraw();
      };
      const anew = arranged(graph);
      bring(new Map([...anew].filter(([id]) => known.get(id)?.pinned !== true)));
      return () => bring(before);
    },
  };
}
