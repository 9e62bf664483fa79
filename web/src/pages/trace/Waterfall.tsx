import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { prepare, useSize } from "../../charts/canvas";
import { useColours } from "../../charts/colours";
import { barTime, barX, paintBars, serviceColour } from "../../charts/waterfall";
import { count, duration, percent } from "../../lib/format";
import { linearTicks } from "../../model/ticks";
import { nameOfSpan } from "../../model/fold";
import { repetitionOf, rowLabel } from "../../model/rows";
import { ERROR, MISSING, endOf, has, nameOf, serviceOf } from "../../model/trace";
import { announce } from "../../ui/announce";
import { Icon } from "../../ui/icons";
import { ROW_PX } from "../../ui/row";
import type { TraceState } from "./state";

const OVERSCAN = 20;
const RULER = 24;
const INDENT = 14;
/** Deeper levels are told by a number, so that names keep their room. */
const DEEPEST = 12;

/** The spans of a trace as rows: names on the left, bars on one canvas on the right. */
export function Waterfall({ state }: { state: TraceState }) {
  const { trace, rows, repetitions, folding, selected, cursor, stand, shown, setShown, select, toggle, hitMask, criticalBySpan } = state;
  const [scroller, size] = useSize<HTMLDivElement>();
  const space = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const [top, setTop] = useState(0);
  const names = Math.round(size.width * (size.width < 700 ? 0.46 : 0.38));
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
    paintBars(context, width, { trace, rows, repetitions, shown, first, last, rowHeight: ROW_PX, selected, hits: hitMask, critical: criticalBySpan }, colours);
  }, [trace, rows, repetitions, shown, first, last, top, width, view, selected, hitMask, criticalBySpan, colours, size.width]);

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
  const middle = (shown.from + shown.to) / 2;
  const move = (to: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (row === undefined) return;
    stand(row);
    const repetition = row < 0 ? repetitions[repetitionOf(row)] : undefined;
    if (repetition) announce(`${repetition.members.length} times ${rowLabel(trace, repetition.first)}, ${folding.openRepetitions[repetitionOf(row)] ? "open" : "closed"}`);
  };
  /** To what stands above a span: its repetition while that is open, else its parent. */
  const leave = (span: number) => {
    const member = state.memberOf[span] ?? -1;
    if (member >= 0 && folding.openRepetitions[member] && !state.filtered) stand(-member - 1);
    else up(span);
  };
  const up = (span: number) => {
    const above = trace.parent[span] ?? -1;
    if (above >= 0) select(above);
  };
  const key = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = indexOfSelected;
    const page = Math.max(1, Math.floor(view / ROW_PX) - 1);
    const isRepetition = cursor !== undefined && cursor < 0;
    const isRepetitionOpen = isRepetition && folding.openRepetitions[repetitionOf(cursor)] === 1;
    const pan = (shown.to - shown.from) / 4;
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(at + 1),
      j: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      k: () => move(at - 1),
      PageDown: () => move(at + page),
      PageUp: () => move(at - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      ArrowRight: () => (event.shiftKey ? setShown({ from: shown.from + pan, to: shown.to + pan }) : isRepetition ? (isRepetitionOpen ? move(at + 1) : toggle(cursor)) : selected >= 0 && (trace.childCount[selected] ?? 0) > 0 && (folding.open[selected] ? move(at + 1) : toggle(selected))),
      ArrowLeft: () => (event.shiftKey ? setShown({ from: shown.from - pan, to: shown.to - pan }) : isRepetition ? (isRepetitionOpen ? toggle(cursor) : up(repetitions[repetitionOf(cursor)]?.first ?? 0)) : selected >= 0 && ((trace.childCount[selected] ?? 0) > 0 && folding.open[selected] ? toggle(selected) : leave(selected))),
      Enter: () => isRepetition && toggle(cursor),
      p: () => selected >= 0 && (trace.parent[selected] ?? -1) >= 0 && select(trace.parent[selected] ?? -1),
      e: () => state.step(state.errors, 1),
      E: () => state.step(state.errors, -1),
      n: () => state.step(state.hits, 1),
      N: () => state.step(state.hits, -1),
      c: () => state.step([...new Set(state.critical?.map(({ span }) => span))].sort((a, b) => a - b), 1),
      "{": () => state.fold("0"),
      "}": () => state.fold("1"),
      "[": () => state.fold("l"),
      "]": () => state.fold("m"),
      "*": () => selected >= 0 && state.fold(`b${nameOfSpan(trace, selected)}`),
      "+": () => zoom(0.5, middle),
      "-": () => zoom(2, middle),
      "0": () => setShown({ from: 0, to: trace.length }),
      z: () => selected >= 0 && setShown({ from: (trace.from[selected] ?? 0) - (trace.duration[selected] ?? 0) * 0.05, to: endOf(trace, selected) + (trace.duration[selected] ?? 0) * 0.05 }),
    };
    if (event.key === "Escape" && cursor !== undefined) {
      event.preventDefault();
      select(-1);
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  // Wheels are listened to by hand: the browser's own zoom must not come along.
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
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
  const length = shown.to - shown.from;
  const ticks = linearTicks(0, length / 1e6, Math.max(2, Math.floor(width / 110))).filter((tick) => tick < (length / 1e6) * 0.98);
  return (
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
      <div className="ruler" role="presentation">
        <span>name · service</span>
        <div className="ticks" aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} style={{ left: barX(shown, width, shown.from + tick * 1e6) }}>
              {duration(shown.from / 1e6 + tick)}
            </span>
          ))}
        </div>
      </div>
      <div ref={space} className="space" role="rowgroup" style={{ height: rows.length * ROW_PX }}>
        {shownRows}
        <canvas ref={canvas} aria-hidden="true" style={{ width, height: view, marginLeft: names }} />
      </div>
    </div>
  );
}

interface RowLineProps {
  state: TraceState;
  row: number;
  index: number;
  names: number;
  width: number;
  colour: string;
}

/** A row is drawn once while it is scrolled by: what it is made of changes with the trace's state alone. */
const RowLine = memo(function RowLine({ state, row, index, names, width, colour }: RowLineProps) {
  const { trace, repetitions, folding, selected, cursor, stand, select, toggle, shown, setShown } = state;
  const repetition = row < 0 ? repetitions[repetitionOf(row)] : undefined;
  const span = repetition ? repetition.first : row;
  const depth = (trace.depth[span] ?? 0) + (repetition || (state.memberOf[span] ?? -1) < 0 ? 0 : 1);
  const hasChildren = repetition !== undefined || (trace.childCount[span] ?? 0) > 0;
  const isOpen = repetition ? folding.openRepetitions[repetitionOf(row)] === 1 : folding.open[span] === 1 || state.filtered;
  const below = trace.below[span] ?? 0;
  const errors = repetition ? repetition.errors : (trace.errorsBelow[span] ?? 0);
  const length = repetition ? repetition.wall : (trace.duration[span] ?? 0);
  const lastMember = repetition?.members.at(-1);
  const end = lastMember === undefined ? endOf(trace, span) : endOf(trace, lastMember);
  const right = barX(shown, width, end);
  const left = barX(shown, width, trace.from[span] ?? 0);
  const outside = right + 70 > width;
  const timeStyle = outside ? (left > 76 ? { right: width - left + 6 } : { right: 8 }) : { left: names + Math.max(0, right) + 6 };
  return (
    <div
      id={repetition ? `group-${repetitionOf(row)}` : `span-${span}`}
      role="row"
      className="row"
      aria-rowindex={index + 1}
      aria-level={depth + 1}
      aria-expanded={hasChildren ? isOpen : undefined}
      aria-selected={row === cursor}
      style={{ top: index * ROW_PX, height: ROW_PX }}
      onClick={() => (repetition ? (stand(row), toggle(row)) : select(span === selected ? -1 : span, "push"))}
      onDoubleClick={() => setShown({ from: (trace.from[span] ?? 0) - length * 0.05, to: end + length * 0.05 })}
    >
      <span className="names" role="gridcell" style={{ paddingLeft: 12 + Math.min(depth, DEEPEST) * INDENT }}>
        <button
          type="button"
          tabIndex={-1}
          className={`caret${isOpen ? " open" : ""}${hasChildren ? "" : " none"}`}
          aria-label={isOpen ? "Close" : "Open"}
          onClick={(event) => {
            event.stopPropagation();
            toggle(row, event.altKey);
          }}
        >
          <Icon name="forward" size={14} />
        </button>
        {depth > DEEPEST && <span className="hidden-count">{depth}</span>}
        <span className="swatch" style={{ background: has(trace, span, MISSING) ? "transparent" : colour, marginRight: 0, border: has(trace, span, MISSING) ? "1px dashed" : 0 }} />
        {(has(trace, span, ERROR) || (errors > 0 && !isOpen)) && (
          <span className="bad" title={has(trace, span, ERROR) ? "error" : `${errors} errors within`}>
            !{errors > 0 && !isOpen ? errors : ""}
          </span>
        )}
        <span className="cut" title={nameOf(trace, span)}>
          {repetition && <strong>×{repetition.members.length} </strong>}
          {nameOf(trace, span)}
        </span>
        <span className="service">{serviceOf(trace, span)}</span>
        {repetition?.isSerial && <span className="hint cut">in a row: {percent(repetition.share)} of this span</span>}
        {!isOpen && !repetition && below > 0 && <span className="hidden-count">+{count(below)}</span>}
        {has(trace, span, MISSING) && <span className="hint cut">not received, sampled out, or still on its way</span>}
      </span>
      <span role="gridcell" className={outside && left <= 76 ? "time within" : "time"} style={timeStyle}>
        {duration(length / 1e6)}
      </span>
    </div>
  );
});
