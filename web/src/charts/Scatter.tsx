import "./chart.css";
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { duration } from "../lib/format";
import { type Zone, clock, moment } from "../lib/time";
import { logTicks } from "../model/ticks";
import { announce } from "../ui/announce";
import { prepare, useSize } from "./canvas";
import { slotColour, useColours } from "./colours";
import { AXIS, frameOf, paintTimes, paintValues, timeAt, xOf } from "./frame";

/** A dot: a thing that began at a time, lasted so long, and has a size. */
export interface Dot {
  id: string;
  name: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Milliseconds. */
  length: number;
  size: number;
  isBad: boolean;
}

/** A part of the plot: times, and lengths in milliseconds. */
export interface Area {
  start: number;
  end: number;
  low: number;
  high: number;
}

export const isWithin = ({ at, length }: Pick<Dot, "at" | "length">, { start, end, low, high }: Area): boolean => at >= start && at < end && length >= low && length <= high;

interface ScatterProps {
  label: string;
  dots: readonly Dot[];
  start: number;
  end: number;
  zone: Zone;
  height: number;
  area: Area | undefined;
  onArea: (area: Area | undefined) => void;
  onOpen: (id: string) => void;
}

const DRAG_PX = 4;
const REACH_PX = 12;

/** Lengths over time, as dots: a press opens the nearest, a drag chooses a part. */
export function Scatter({ label, dots, start, end, zone, height, area, onArea, onOpen }: ScatterProps) {
  const [holder, { width }] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const [hovered, setHovered] = useState<number>();
  const [drag, setDrag] = useState<{ x: number; y: number; toX: number; toY: number }>();
  const frame = useMemo(() => frameOf(width, height, start, end), [width, height, start, end]);
  const [low, high] = useMemo(() => {
    const lengths = dots.map(({ length }) => Math.max(length, 0.001));
    if (lengths.length === 0) return [1, 10];
    // A decade at least: dots that are all alike are not drawn far apart.
    const most = Math.max(...lengths);
    return [Math.min(...lengths, most / 10) / 1.3, most * 1.3];
  }, [dots]);
  const yOf = (length: number) => frame.top + frame.height * (1 - Math.log(Math.max(length, low) / low) / Math.log(high / low));
  const lengthAt = (y: number) => low * (high / low) ** (1 - (y - frame.top) / frame.height);
  const order = useMemo(() => dots.map((_, n) => n).sort((a, b) => (dots[a]?.at ?? 0) - (dots[b]?.at ?? 0)), [dots]);

  useEffect(() => {
    if (!canvas.current || width === 0) return;
    const context = prepare(canvas.current, width, height);
    if (!context) return;
    const ticks = logTicks(low, high, Math.max(2, Math.floor(frame.height / 28)));
    paintValues(context, frame, ticks.map((value) => ({ y: yOf(value), label: duration(value) })), colours, true);
    dots.forEach((dot, n) => {
      const [x, y] = [xOf(frame, dot.at), yOf(dot.length)];
      const radius = Math.min(9, 2.5 + Math.sqrt(dot.size) * 0.6);
      context.globalAlpha = area && !isWithin(dot, area) ? 0.2 : 0.75;
      context.fillStyle = dot.isBad ? colours.error : slotColour(colours, 0);
      context.strokeStyle = n === hovered ? colours.text : colours.bg;
      context.lineWidth = n === hovered ? 2 : 1;
      context.beginPath();
      // Errors are told by their shape too.
      if (dot.isBad) context.rect(x - radius, y - radius, radius * 2, radius * 2);
      else context.arc(x, y, radius, 0, Math.PI * 2);
      context.fill();
      context.stroke();
    });
    context.globalAlpha = 1;
    paintTimes(context, frame, zone, colours);
  });

  const placeOf = (event: PointerEvent) => {
    const bounds = holder.current?.getBoundingClientRect();
    return { x: event.clientX - (bounds?.left ?? 0), y: event.clientY - (bounds?.top ?? 0) };
  };
  const nearest = (x: number, y: number): number | undefined => {
    let best: number | undefined;
    let distance = REACH_PX;
    dots.forEach((dot, n) => {
      const away = Math.hypot(xOf(frame, dot.at) - x, yOf(dot.length) - y);
      if (away >= distance) return;
      best = n;
      distance = away;
    });
    return best;
  };
  const areaOf = ({ x, y, toX, toY }: NonNullable<typeof drag>): Area => ({
    start: Math.round(timeAt(frame, Math.min(x, toX))),
    end: Math.round(timeAt(frame, Math.max(x, toX))),
    low: lengthAt(Math.max(y, toY)),
    high: lengthAt(Math.min(y, toY)),
  });
  const key = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) {
      event.preventDefault();
      const at = hovered === undefined ? (by > 0 ? -1 : order.length) : order.indexOf(hovered);
      const next = order[Math.min(order.length - 1, Math.max(0, at + by))];
      const dot = next === undefined ? undefined : dots[next];
      setHovered(next);
      if (dot) announce(`${dot.name}, ${duration(dot.length)}, ${clock(dot.at, zone)}${dot.isBad ? ", error" : ""}`);
    } else if (event.key === "Enter" && hovered !== undefined) {
      event.preventDefault();
      onOpen(dots[hovered]?.id ?? "");
    } else if (event.key === "Escape" && area) {
      event.preventDefault();
      event.stopPropagation();
      onArea(undefined);
    }
  };
  const moved = drag && Math.hypot(drag.toX - drag.x, drag.toY - drag.y) >= DRAG_PX;
  const shown = moved ? areaOf(drag) : area;
  const dot = hovered === undefined ? undefined : dots[hovered];
  return (
    <div
      ref={holder}
      className="chart heat"
      style={{ height }}
      role="application"
      tabIndex={0}
      aria-roledescription="scatter plot"
      aria-label={`${label}: ${dots.length} dots. Left and right move, Enter opens; the list below has the same.`}
      onKeyDown={key}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const { x, y } = placeOf(event);
        setDrag({ x, y, toX: x, toY: y });
      }}
      onPointerMove={(event) => {
        const { x, y } = placeOf(event);
        if (drag) setDrag({ ...drag, toX: x, toY: y });
        else setHovered(nearest(x, y));
      }}
      onPointerUp={(event) => {
        const { x, y } = placeOf(event);
        setDrag(undefined);
        if (moved && drag) return onArea(areaOf(drag));
        const at = nearest(x, y);
        if (at !== undefined) onOpen(dots[at]?.id ?? "");
        else if (area) onArea(undefined);
      }}
      onPointerCancel={() => setDrag(undefined)}
      onPointerLeave={() => setHovered(undefined)}
    >
      <canvas ref={canvas} aria-hidden="true" />
      {shown && (
        <div
          className="picked"
          style={{ left: Math.max(frame.left, xOf(frame, shown.start)), top: Math.max(frame.top, yOf(shown.high)), width: Math.max(2, Math.min(frame.left + frame.width, xOf(frame, shown.end)) - Math.max(frame.left, xOf(frame, shown.start))), height: Math.max(2, Math.min(frame.top + frame.height, yOf(shown.low)) - Math.max(frame.top, yOf(shown.high))) }}
        />
      )}
      {dot && !moved && (
        <div className="tip" aria-hidden="true" style={{ ...(xOf(frame, dot.at) > width / 2 ? { right: width - xOf(frame, dot.at) + 14 } : { left: xOf(frame, dot.at) + 14 }), top: Math.min(height - AXIS - 48, Math.max(4, yOf(dot.length) - 20)) }}>
          <div className="quiet mono">{moment(dot.at, zone, Date.now(), "ms")}</div>
          <div>
            {dot.name} · <strong>{duration(dot.length)}</strong> · {dot.size} spans{dot.isBad && " · error"}
          </div>
        </div>
      )}
    </div>
  );
}
