import { type PointerEvent, useEffect, useRef, useState } from "react";
import { prepare, useSize } from "../../charts/canvas";
import { useColours } from "../../charts/colours";
import { type Span, barTime, barX, paintHits, paintMinimap } from "../../charts/waterfall";
import { duration } from "../../lib/format";
import type { TraceState } from "./state";

/** The whole trace in small; a drag shows that part of its time, a double click all of it. */
export function Minimap({ state }: { state: TraceState }) {
  const { trace, shown, setShown, hits } = state;
  const [holder, { width, height }] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const [from, setFrom] = useState<number>();
  const [drawn, setDrawn] = useState<Span>();
  useEffect(() => {
    if (!canvas.current || width === 0) return;
    const context = prepare(canvas.current, width, height);
    if (context) paintMinimap(context, width, height, trace, colours);
  }, [width, height, trace, colours]);
  useEffect(() => {
    if (!over.current || width === 0) return;
    const context = prepare(over.current, width, height);
    if (context) paintHits(context, width, trace, hits, colours);
  }, [width, height, trace, hits, colours]);
  const whole = { from: 0, to: trace.length };
  const timeOf = (event: PointerEvent) => Math.min(trace.length, Math.max(0, barTime(whole, width, event.clientX - (holder.current?.getBoundingClientRect().left ?? 0))));
  const part = drawn ?? shown;
  const [left, right] = [barX(whole, width, part.from), barX(whole, width, part.to)];
  return (
    <div
      ref={holder}
      className="minimap"
      role="img"
      aria-label={`The whole trace, ${duration(trace.length / 1e6)}; ${duration(part.from / 1e6)} to ${duration(part.to / 1e6)} is shown below. Plus and minus zoom, 0 shows all`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setFrom(timeOf(event));
      }}
      onPointerMove={(event) => {
        if (from === undefined) return;
        const at = timeOf(event);
        setDrawn({ from: Math.min(from, at), to: Math.max(from, at) });
      }}
      onPointerUp={() => {
        if (drawn && drawn.to - drawn.from > trace.length / 500) setShown(drawn);
        setFrom(undefined);
        setDrawn(undefined);
      }}
      onDoubleClick={() => setShown(whole)}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <canvas ref={over} aria-hidden="true" />
      <div className="veil" style={{ left: 0, width: Math.max(0, left) }} />
      <div className="veil" style={{ left: right, right: 0 }} />
      <div className="view" style={{ left, width: Math.max(1, right - left) }} />
    </div>
  );
}
