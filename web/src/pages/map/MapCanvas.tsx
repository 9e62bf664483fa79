import { type PointerEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { duration, count } from "../../lib/format";
import { type Graph, type Node, type Place, COLUMN, MANY, extentOf, faint, requestsOf, step } from "../../model/map";
import { MapEdge } from "./MapEdge";
import { MapNode } from "./MapNode";
import type { Look, Places } from "./state";

interface MapCanvasProps {
  graph: Graph;
  places: Places;
  extent: ReturnType<typeof extentOf>;
  size: Look["size"];
  minutes: number;
  selected: string;
  selectedEdge: Look["edge"];
  /** What is looked for: the id of the node that was found, or nothing of it. */
  found: string | undefined;
  onSelect: (id: string | null) => void;
  onEdge: (from: string, to: string) => void;
  onFocus: (id: string) => void;
}

/** What is seen: the place of the map's origin on the screen, and how large a unit is. */
interface Sight {
  x: number;
  y: number;
  scale: number;
}

/** Below this, figures are left out; below the other, names but of what is pointed at. */
const NEAR = 0.7;
const FAR = 0.3;
const [SMALLEST, LARGEST] = [0.08, 2.5];
/** Pixels by which a press moves before it is a drag. */
const SLACK = 4;

export function radiusOf(share: number): number {
  return 14 + 14 * Math.sqrt(share);
}

/** The graph, drawn; walked by arrows, dragged by hand. */
export function MapCanvas({ graph, places, extent, size, minutes, selected, selectedEdge, found, onSelect, onEdge, onFocus }: MapCanvasProps) {
  const frame = useRef<SVGSVGElement>(null);
  const [sight, setSight] = useState<Sight>();
  const [hovered, setHovered] = useState<string>();
  const [at, setAt] = useState<string>();
  const [moved, setMoved] = useState<{ id: string; place: Place }>();
  const drag = useRef<{ id: string | undefined; from: { x: number; y: number }; sight: Sight; place: Place | undefined; isMoved: boolean }>(undefined);
  const id = useId();
  const fit = () => {
    const box = frame.current?.getBoundingClientRect();
    if (!box) return;
    const scale = Math.min(1.2, Math.max(SMALLEST, Math.min(box.width / extent.width, box.height / extent.height)));
    setSight({ scale, x: box.width / 2 - (extent.x + extent.width / 2) * scale, y: box.height / 2 - (extent.y + extent.height / 2) * scale });
  };
  // What is shown is fitted once; after that it stays where somebody has it, until something else is shown.
  const shown = useMemo(() => graph.nodes.map(({ id: one }) => one).sort().join("\n"), [graph]);
  const fitted = useRef("");
  useEffect(() => {
    const overlap = (a: string, b: string) => {
      const [one, other] = [new Set(a.split("\n")), b.split("\n")];
      return other.filter((name) => one.has(name)).length / Math.max(one.size, other.length);
    };
    if (fitted.current === "" || overlap(fitted.current, shown) < 0.5) fit();
    fitted.current = shown;
  }, [shown]);
  const { scale } = sight ?? { scale: 1 };
  const weights = useMemo(() => new Map(graph.nodes.map((node) => [node.id, requestsOf(graph, node)])), [graph]);
  const most = Math.max(1, ...weights.values());
  const thin = useMemo(() => (graph.nodes.length > MANY ? faint(graph) : new Set()), [graph]);
  const busiest = Math.max(1, ...graph.edges.map(({ figures }) => figures.total));
  const near = useMemo(() => {
    if (hovered === undefined) return undefined;
    const ids = new Set([hovered]);
    for (const { from, to } of graph.edges) {
      if (from === hovered) ids.add(to);
      if (to === hovered) ids.add(from);
    }
    return ids;
  }, [hovered, graph]);
  const placeOf = (node: string): Place => (moved?.id === node ? moved.place : (places.of.get(node) ?? { x: 0, y: 0 }));
  const worst = (node: Node) => (node.figures && node.figures.total > 0 ? (node.figures.faults + node.figures.errors + node.figures.throttles) / node.figures.total : 0);
  const shareOf = (node: Node) => (size === "none" ? 0.35 : size === "health" ? Math.min(1, worst(node) * 5) : (weights.get(node.id) ?? 0) / most);
  const radii = new Map(graph.nodes.map((node) => [node.id, node.type === "client" ? 14 : radiusOf(shareOf(node))]));
  const zoom = (factor: number, about?: { x: number; y: number }) => {
    const box = frame.current?.getBoundingClientRect();
    setSight((now) => {
      if (!now || !box) return now;
      const next = Math.min(LARGEST, Math.max(SMALLEST, now.scale * factor));
      const [x, y] = [about?.x ?? box.width / 2, about?.y ?? box.height / 2];
      return { scale: next, x: x - ((x - now.x) / now.scale) * next, y: y - ((y - now.y) / now.scale) * next };
    });
  };
  // React listens to wheels without being able to hold them back.
  useEffect(() => {
    const svg = frame.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = svg?.getBoundingClientRect();
      if (box) zoom(Math.exp(-event.deltaY / 500), { x: event.clientX - box.left, y: event.clientY - box.top });
    };
    svg?.addEventListener("wheel", wheel, { passive: false });
    return () => svg?.removeEventListener("wheel", wheel);
  }, []);
  const down = (event: PointerEvent<SVGSVGElement>) => {
    if (event.button !== 0 || !sight) return;
    const node = (event.target as Element).closest<SVGGElement>("[data-node]")?.dataset.node;
    drag.current = { id: node, from: { x: event.clientX, y: event.clientY }, sight, place: node === undefined ? undefined : placeOf(node), isMoved: false };
  };
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const now = drag.current;
    if (!now) return;
    const [dx, dy] = [event.clientX - now.from.x, event.clientY - now.from.y];
    if (!now.isMoved && Math.hypot(dx, dy) < SLACK) return;
    if (!now.isMoved) frame.current?.setPointerCapture(event.pointerId);
    now.isMoved = true;
    if (now.id !== undefined && now.place) setMoved({ id: now.id, place: { x: now.place.x + dx / now.sight.scale, y: now.place.y + dy / now.sight.scale, pinned: true } });
    else setSight({ ...now.sight, x: now.sight.x + dx, y: now.sight.y + dy });
  };
  const up = () => {
    const now = drag.current;
    drag.current = undefined;
    if (now?.isMoved && moved) places.pin(moved.id, { x: Math.round(moved.place.x), y: Math.round(moved.place.y) });
    setMoved(undefined);
  };
  const current = at !== undefined && graph.nodes.some(({ id: one }) => one === at) ? at : graph.nodes.some(({ id: one }) => one === selected) ? selected : graph.nodes[0]?.id;
  const press = (event: React.KeyboardEvent) => {
    const isOfMap = (event.target as Element).closest("svg") === frame.current;
    if (!isOfMap || event.ctrlKey || event.metaKey || event.altKey || current === undefined) return;
    const arrow = event.key.startsWith("Arrow");
    if (arrow && event.shiftKey) {
      const place = placeOf(current);
      const by = { ArrowLeft: [-20, 0], ArrowRight: [20, 0], ArrowUp: [0, -20], ArrowDown: [0, 20] }[event.key] ?? [0, 0];
      places.pin(current, { x: place.x + (by[0] ?? 0), y: place.y + (by[1] ?? 0) });
    } else if (arrow) {
      const next = step(graph, places.of, current, event.key);
      if (next !== undefined) {
        setAt(next);
        frame.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
      }
    } else if (event.key === "Enter" || event.key === " ") onSelect(current);
    else if (event.key === "f") onFocus(current);
    else if (event.key === "+") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="map-canvas" onKeyDown={press}>
      <svg
        ref={frame}
        className={sight && scale < NEAR ? (scale < FAR ? "far" : "middle") : undefined}
        role="application"
        aria-label={`Service map with ${graph.nodes.length} nodes: arrows walk along calls, Enter opens, f focuses, Shift and arrows move, t shows a table`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
      >
        <defs>
          <marker id={`${id}arrow`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
            <path d="M0 0 8 4 0 8z" fill="context-stroke" />
          </marker>
        </defs>
        {sight && (
          <g transform={`translate(${sight.x} ${sight.y}) scale(${scale})`}>
            {graph.edges.map((edge) => {
              const isSelected = selectedEdge?.[0] === edge.from && selectedEdge[1] === edge.to;
              const isNear = near !== undefined && (edge.from === hovered || edge.to === hovered);
              const label = scale > 1.2 || isNear || isSelected ? `${count(edge.figures.total / minutes)}/min · ${duration((edge.figures.seconds / Math.max(1, edge.figures.total)) * 1e3)}` : undefined;
              return (
                <MapEdge
                  key={`${edge.from}\n${edge.to}`}
                  edge={edge}
                  from={placeOf(edge.from)}
                  to={placeOf(edge.to)}
                  gaps={[(radii.get(edge.from) ?? 14) + 7, (radii.get(edge.to) ?? 14) + 8]}
                  width={1 + 3 * (Math.log1p(edge.figures.total) / Math.log1p(busiest))}
                  isFaint={thin.has(edge)}
                  isDim={near !== undefined && !isNear}
                  isSelected={isSelected}
                  label={label}
                  scale={scale}
                  marker={`url(#${id}arrow)`}
                  onPress={() => onEdge(edge.from, edge.to)}
                />
              );
            })}
            {graph.nodes.map((node) => (
              <MapNode
                key={node.id}
                node={node}
                place={placeOf(node.id)}
                radius={radii.get(node.id) ?? 14}
                room={COLUMN * 0.95 * scale}
                scale={scale}
                isNamed={scale >= FAR || near?.has(node.id) === true || node.id === selected || node.id === found || shareOf(node) > 0.5}
                hasFigures={scale >= NEAR || near?.has(node.id) === true}
                minutes={minutes}
                isDim={(near !== undefined && !near.has(node.id)) || (found !== undefined && found !== node.id)}
                isSelected={node.id === selected}
                isTabStop={node.id === current}
                onHover={setHovered}
                onFocus={() => setAt(node.id)}
                onPress={() => onSelect(node.id)}
                onDouble={() => onFocus(node.id)}
              />
            ))}
          </g>
        )}
      </svg>
      <div className="map-zoom">
        <button type="button" className="button square" aria-label="Nearer" title="Nearer (+)" onClick={() => zoom(1.25)}>
          +
        </button>
        <button type="button" className="button square" aria-label="Farther" title="Farther (-)" onClick={() => zoom(0.8)}>
          −
        </button>
        <button type="button" className="button" title="All of it (0)" onClick={fit}>
          Fit
        </button>
      </div>
      <ul className="map-legend" aria-label="Legend">
        {(["ok", "error", "fault", "throttle"] as const).map((health) => (
          <li key={health}>
            <i className={`ring-${health}`} /> {health}
          </li>
        ))}
        <li>
          <i className="dashed" /> sends nothing itself
        </li>
      </ul>
    </div>
  );
}
