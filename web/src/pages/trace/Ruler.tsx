import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { type Span, barTime, barX } from "../../charts/waterfall";
import { duration } from "../../lib/format";
import { nameShare } from "../../lib/preferences";
import type { Measure } from "../../model/measure";
import { linearTicks } from "../../model/ticks";
import type { Measuring } from "./measuring";
import type { TraceState } from "./state";

interface RulerProps {
  state: TraceState;
  width: number;
  measuring: Measuring;
}

/** Shorter drags are presses. */
const DRAG_PX = 4;

/** The times over the bars: a drag measures, and the edge of the names can be moved. */
export function Ruler({ state: { trace, shown }, width, measuring }: RulerProps) {
  const holder = useRef<HTMLDivElement>(null);
  const [from, setFrom] = useState<{ at: number; x: number }>();
  const length = shown.to - shown.from;
  const ticks = linearTicks(0, length / 1e6, Math.max(2, Math.floor(width / 110))).filter((tick) => tick < (length / 1e6) * 0.98);
  const timeOf = (event: PointerEvent) => Math.min(trace.length, Math.max(0, barTime(shown, width, event.clientX - (holder.current?.getBoundingClientRect().left ?? 0))));
  const partTo = (event: PointerEvent): Measure | undefined => {
    if (!from || Math.abs(event.clientX - from.x) < DRAG_PX) return undefined;
    const at = timeOf(event);
    return { from: Math.min(from.at, at), to: Math.max(from.at, at) };
  };
  return (
    <div className="ruler" role="presentation">
      <span>name · service</span>
      <div
        ref={holder}
        className="ticks"
        title="Drag to measure"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom({ at: timeOf(event), x: event.clientX });
          measuring.set(undefined);
        }}
        onPointerMove={(event) => from && measuring.set(partTo(event))}
        onPointerUp={(event) => {
          const part = partTo(event);
          setFrom(undefined);
          measuring.set(part);
          if (part) measuring.tell(part);
        }}
        onPointerCancel={() => setFrom(undefined)}
      >
        {ticks.map((tick) => (
          <span key={tick} aria-hidden="true" style={{ left: barX(shown, width, shown.from + tick * 1e6) }}>
            {duration(shown.from / 1e6 + tick)}
          </span>
        ))}
        {measuring.measure && <Measured measuring={measuring} measure={measuring.measure} shown={shown} width={width} />}
      </div>
    </div>
  );
}

/** Room that the words of a measured part take at most, pixels. */
const WORDS_PX = 240;

function Measured({ measuring, measure, shown, width }: { measuring: Measuring; measure: Measure; shown: Span; width: number }) {
  const left = Math.max(0, Math.min(barX(shown, width, measure.from), width - WORDS_PX));
  return (
    <strong className="measured" style={{ left }}>
      {measuring.text}
    </strong>
  );
}

/** The measured part over the bars. */
export function MeasureBand({ measure, shown, width, names }: { measure: Measure; shown: Span; width: number; names: number }) {
  const [left, right] = [Math.max(0, barX(shown, width, measure.from)), Math.min(width, barX(shown, width, measure.to))];
  if (right <= left) return null;
  return <div className="measure-band" aria-hidden="true" style={{ left: names + left, width: right - left }} />;
}

/** How much one press of an arrow moves the edge, and where it stops. */
const STEP = 0.02;
const LEAST = 0.15;
const MOST = 0.75;

/** The edge between names and bars: dragged, or moved by arrows; a double click puts it back. */
export function Divider({ names, width }: { names: number; width: number }) {
  const whole = names + width;
  const [isDragged, setDragged] = useState(false);
  const set = (share: number) => nameShare.set(Number(Math.min(MOST, Math.max(LEAST, share)).toFixed(3)));
  const key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(names / whole + by);
  };
  return (
    <div
      className="divider"
      role="separator"
      tabIndex={0}
      aria-label="Width of names"
      aria-orientation="vertical"
      aria-valuemin={LEAST * 100}
      aria-valuemax={MOST * 100}
      aria-valuenow={Math.round((names / whole) * 100)}
      style={{ left: names - 4 }}
      onKeyDown={key}
      onDoubleClick={() => nameShare.set(null)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(true);
      }}
      onPointerMove={(event) => {
        const left = event.currentTarget.parentElement?.getBoundingClientRect().left ?? 0;
        if (isDragged) set((event.clientX - left) / whole);
      }}
      onPointerUp={() => setDragged(false)}
      onPointerCancel={() => setDragged(false)}
    />
  );
}
