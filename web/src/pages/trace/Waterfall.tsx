import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { prepare, useSize } from "../../charts/canvas";
import { useColours } from "../../charts/colours";
import { barTime, paintBars, serviceColour } from "../../charts/waterfall";
import { useStore } from "../../lib/store";
import { nameShare } from "../../lib/preferences";
import { reachesOf, repetitionOf } from "../../model/rows";
import { ROW_PX } from "../../ui/row";
import { RowLine } from "./RowLine";
import { Divider, MeasureBand, Ruler } from "./Ruler";
import { useWaterfallKeys } from "./keys";
import { useMeasuring } from "./measuring";
import type { TraceState } from "./state";

const OVERSCAN = 20;
const RULER = 24;
/** The spans of a trace as rows: names on the left, bars on one canvas on the right. */
export function Waterfall({ state }: { state: TraceState }) {
  const { trace, rows, repetitions, folding, filtered, selected, cursor, shown, setShown, hitMask, criticalBySpan } = state;
  const reaches = useMemo(() => reachesOf(trace), [trace]);
  const [scroller, size] = useSize<HTMLDivElement>();
  const space = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const [top, setTop] = useState(0);
  const share = useStore(nameShare);
  const names = Math.round(size.width * (share ?? (size.width < 700 ? 0.46 : 0.38)));
  const width = Math.max(50, size.width - names);
  const view = Math.max(0, size.height - RULER);
  const first = Math.max(0, Math.floor(top / ROW_PX));
  const last = Math.min(rows.length, Math.ceil((top + view) / ROW_PX) + 1);
  const indexOfSelected = useMemo(() => (cursor === undefined ? -1 : rows.indexOf(cursor)), [rows, cursor]);
  const seen = useRef<{ cursor: number | undefined; view: number }>(undefined);

  useEffect(() => {
    if (!canvas.current || size.width === 0) return;
    const context = prepare(canvas.current, width, view);
    if (!context) return;
    context.translate(0, -(top - first * ROW_PX));
    paintBars(context, width, { trace, rows, repetitions, shown, first, last, rowHeight: ROW_PX, selected, hits: hitMask, critical: criticalBySpan, open: filtered ? undefined : folding.open, reaches }, colours);
  }, [trace, rows, repetitions, shown, first, last, top, width, view, selected, hitMask, criticalBySpan, filtered, folding, reaches, colours, size.width]);

  // The selected row is brought into view once, when it becomes selected, and when the panel that opens under it takes room.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || size.height === 0 || indexOfSelected < 0) return;
    const isSeen = seen.current !== undefined && seen.current.cursor === cursor && seen.current.view <= view;
    seen.current = { cursor, view };
    if (isSeen) return;
    const at = indexOfSelected * ROW_PX;
    if (at < element.scrollTop || at + ROW_PX > element.scrollTop + view) element.scrollTop = Math.max(0, at - view / 3);
  }, [indexOfSelected, cursor, size.height, view, scroller]);

  const zoom = (factor: number, at: number) => setShown({ from: at - (at - shown.from) * factor, to: at + (shown.to - at) * factor });
  const pan = (by: number) => {
    const room = Math.min(Math.max(by, -shown.from), trace.length - shown.to);
    setShown({ from: shown.from + room, to: shown.to + room });
  };
  const measuring = useMeasuring(state);
  const key = useWaterfallKeys(state, { at: indexOfSelected, page: Math.max(1, Math.floor(view / ROW_PX) - 1), zoom, pan, measuring });

  // Wheels are listened to by hand: the browser's own zoom must not come along.
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (isSideways && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        pan(((event.deltaX || event.deltaY) / width) * (shown.to - shown.from));
        return;
      }
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const x = event.clientX - element.getBoundingClientRect().left - names;
      if (x > 0) zoom(event.deltaY > 0 ? 1.25 : 0.8, barTime(shown, width, x));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });

  const shownRows = [];
  for (let index = Math.max(0, first - OVERSCAN); index < Math.min(rows.length, last + OVERSCAN); index++) {
    const row = rows[index];
    if (row !== undefined) shownRows.push(<RowLine key={row} state={state} row={row} index={index} names={names} width={width} colour={serviceColour(colours, trace, trace.service[row < 0 ? (repetitions[repetitionOf(row)]?.first ?? 0) : row] ?? 0)} />);
  }
  return (
    <div className="waterfall-frame">
      <div
        ref={scroller}
        className="waterfall"
        role="treegrid"
        aria-label="Spans"
        aria-rowcount={rows.length}
        tabIndex={0}
        aria-activedescendant={cursor === undefined ? undefined : cursor < 0 ? `group-${repetitionOf(cursor)}` : `span-${cursor}`}
        style={{ "--names": `${names}px` } as React.CSSProperties}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={key}
      >
        <Ruler state={state} width={width} measuring={measuring} />
        <div ref={space} className="space" role="rowgroup" style={{ height: rows.length * ROW_PX }}>
          {shownRows}
          {measuring.measure && <MeasureBand measure={measuring.measure} shown={shown} width={width} names={names} />}
          <canvas ref={canvas} aria-hidden="true" style={{ width, height: view, marginLeft: names }} />
        </div>
      </div>
      <Divider names={names} width={width} />
    </div>
  );
}
