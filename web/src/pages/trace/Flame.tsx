import "../../charts/chart.css";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { prepare, useSize } from "../../charts/canvas";
import { useColours } from "../../charts/colours";
import { LANE_PX, paintFlame } from "../../charts/flame";
import { useParam } from "../../lib/address";
import { duration, percent, plural } from "../../lib/format";
import { nameOfSpan, spanOfName } from "../../model/fold";
import { type Path, lanesOf, pathsOf } from "../../model/paths";
import { announce } from "../../ui/announce";
import type { TraceState } from "./state";

/** Where the time went, merged by call path: as wide as the time that a path and all below it took. */
export function Flame({ state }: { state: TraceState }) {
  const { trace, hitMask, select, selected } = state;
  const [holder, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const [top, setTop] = useState(0);
  const [hovered, setHovered] = useState<number>();
  const [root, setRoot] = useParam("path");
  const [at, setAt] = useState({ x: 0, y: 0 });
  const { paths, pathOf } = useMemo(() => pathsOf([trace]), [trace]);
  const lane = useMemo(() => lanesOf(paths), [paths]);
  // What is zoomed to stands in the address by a span that took the path.
  const zoomed = useMemo(() => {
    const span = root === null ? -1 : spanOfName(trace, root);
    return span < 0 ? undefined : pathOf[0]?.[span];
  }, [root, trace, pathOf]);
  const setZoomed = (n: number | undefined) => setRoot(n === undefined ? null : nameOfSpan(trace, paths[n]?.first[0] ?? 0));
  const slots = useMemo(() => new Map(trace.services.map((service, n) => [service, trace.slots[n] ?? 0])), [trace]);
  const hits = useMemo(() => {
    if (!hitMask) return undefined;
    const mask = new Uint8Array(paths.length);
    for (let span = 0; span < trace.count; span++) if (hitMask[span]) mask[pathOf[0]?.[span] ?? 0] = 1;
    return mask;
  }, [hitMask, paths, pathOf, trace]);
  const tops = useMemo(() => paths.flatMap(({ parent }, n) => (parent < 0 ? [n] : [])), [paths]);
  const whole = tops.reduce((sum, n) => sum + (lane.width[n] ?? 0), 0) || 1;
  const shown = zoomed === undefined ? { from: 0, to: whole } : { from: lane.from[zoomed] ?? 0, to: (lane.from[zoomed] ?? 0) + Math.max(1, lane.width[zoomed] ?? 0) };
  // Where the selection of the other views stands here.
  const own = selected >= 0 ? pathOf[0]?.[selected] : undefined;
  const here = hovered ?? own;
  useEffect(() => {
    if (!canvas.current || size.width === 0) return;
    const context = prepare(canvas.current, size.width, size.height);
    if (context) paintFlame(context, size.width, top, size.height, { paths, lane, slots, shown, hovered: here, hits }, colours);
  });
  const choose = (n: number | undefined) => {
    setHovered(n);
    const path = n === undefined ? undefined : paths[n];
    // Its words stand under it, wherever the pointer was.
    if (path && n !== undefined) setAt({ x: Math.max(0, (((lane.from[n] ?? 0) - shown.from) / (shown.to - shown.from)) * size.width), y: path.depth * LANE_PX + 6 });
    if (path) announce(words(path, whole, lane.width[n ?? 0] ?? 0));
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = here ?? tops[0] ?? 0;
    const path = paths[now];
    const siblings = path && path.parent >= 0 ? (paths[path.parent]?.children ?? []) : tops;
    const place = siblings.indexOf(now);
    const actions: Record<string, () => void> = {
      ArrowUp: () => path && path.parent >= 0 && choose(path.parent),
      ArrowDown: () => path?.children[0] !== undefined && choose(path.children[0]),
      ArrowRight: () => siblings[place + 1] !== undefined && choose(siblings[place + 1]),
      ArrowLeft: () => siblings[place - 1] !== undefined && choose(siblings[place - 1]),
      Enter: () => (setZoomed(now), select(path?.first[0] ?? -1)),
      "0": () => setZoomed(undefined),
    };
    if (event.key === "Escape") {
      if (zoomed === undefined && selected < 0) return;
      event.preventDefault();
      if (zoomed !== undefined) setZoomed(undefined);
      else select(-1);
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  const pathAt = (event: { clientX: number; clientY: number }): number | undefined => {
    const bounds = holder.current?.getBoundingClientRect();
    if (!bounds) return undefined;
    const time = shown.from + ((event.clientX - bounds.left) / size.width) * (shown.to - shown.from);
    const depth = Math.floor((event.clientY - bounds.top + top) / LANE_PX);
    const found = paths.findIndex((path, n) => path.depth === depth && time >= (lane.from[n] ?? 0) && time < (lane.from[n] ?? 0) + (lane.width[n] ?? 0));
    return found < 0 ? undefined : found;
  };
  const pointed = hovered === undefined ? undefined : paths[hovered];
  return (
    <div
      ref={holder}
      className="flame"
      role="application"
      tabIndex={0}
      aria-roledescription="flame graph"
      aria-label={`Flame graph of ${plural(trace.spans, "span")}, merged to ${plural(paths.length, "path")}. Arrows move, Enter zooms in and shows the span, 0 shows all. The same figures stand under Statistics.`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={key}
      onPointerMove={(event) => {
        const bounds = holder.current?.getBoundingClientRect();
        setAt({ x: event.clientX - (bounds?.left ?? 0), y: event.clientY - (bounds?.top ?? 0) + top });
        setHovered(pathAt(event));
      }}
      onPointerLeave={() => setHovered(undefined)}
      onClick={(event) => {
        const found = pathAt(event);
        setZoomed(found === zoomed ? undefined : found);
        if (found !== undefined) select(paths[found]?.first[0] ?? -1);
      }}
    >
      <canvas ref={canvas} aria-hidden="true" style={{ width: size.width, height: size.height, marginBottom: -size.height }} />
      <div style={{ height: Math.max(lane.depth * LANE_PX + 40, size.height - 52) }} />
      {pointed && (
        <div className="tip" aria-hidden="true" style={{ left: Math.max(8, Math.min(at.x + 14, size.width - 340)), top: at.y + 18 }}>
          <strong>{pointed.name}</strong>
          <div className="quiet">{pointed.service}</div>
          <div>{words(pointed, whole, lane.width[hovered ?? 0] ?? 0)}</div>
        </div>
      )}
      {zoomed !== undefined && (
        <button type="button" className="button flame-out" onClick={(event) => (event.stopPropagation(), setZoomed(undefined))}>
          Show all <kbd>0</kbd>
        </button>
      )}
    </div>
  );
}

/** A path's figures in words. */
function words(path: Path, whole: number, width: number): string {
  const { count, self, errors } = path.sides[0] ?? { count: 0, self: 0, errors: 0 };
  const wrong = errors > 0 ? `, ${plural(errors, "error")}` : "";
  return `${path.name}: ${duration(width / 1e6)}, ${percent(width / whole)} of all; its own ${duration(self / 1e6)} in ${plural(count, "span")}${wrong}`;
}

