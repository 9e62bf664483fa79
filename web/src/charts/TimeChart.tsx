import "./chart.css";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { count, inUnit } from "../lib/format";
import { useStore } from "../lib/store";
import { type Zone, clock, zoneName } from "../lib/time";
import type { ColourScale } from "../model/ramp";
import type { Calculation, Grid } from "../model/series";
import { announce } from "../ui/announce";
import { markerColour, markerForm } from "../ui/markers";
import { MarkerLayer, markerWords, useShownMarkers } from "./MarkerLayer";
import { type Box, boxBetween } from "./box";
import { prepare, useSize } from "./canvas";
import { slotColour, useColours } from "./colours";
import { crosshair, hoveredGroup } from "./crosshair";
import { AXIS, frameOf, paintTimes, paintValues, timeAt, xOf } from "./frame";
import { heatTicks, heatView, paintHeat, paintOver, rowAt, rowEdges, rowName } from "./heatmap";
import { lineView, nearestLine, paintBefore, paintLines, valueTicks, yOf } from "./lines";

/** A point that was touched. */
export interface Touched {
  step: number;
  /** Of a heatmap: its row. */
  row?: number | undefined;
  /** Of lines: the nearest one's group and value. */
  group?: number | undefined;
  value?: number | undefined;
}

export interface TimeChartProps {
  calculation: Calculation;
  /** Which calculation of the query this is. */
  index: number;
  grid: Grid;
  start: number;
  end: number;
  names: readonly string[];
  zone: Zone;
  height: number;
  /** Which groups are drawn as lines. */
  shownGroups: readonly number[];
  log?: boolean;
  ramp?: ColourScale;
  box: Box | undefined;
  onBox: (box: Box | undefined) => void;
  /** A press on a point without dragging. */
  onPoint: (touched: Touched, at: { x: number; y: number }) => void;
  /** Lines of an earlier time by group, on a grid that lies under the present one. */
  before?: { grid: Grid; lines: readonly (Float64Array | undefined)[] } | undefined;
  /** Lines of values over a heatmap, on its grid. */
  over?: readonly { name: string; line: Float64Array }[] | undefined;
  /** Steps that reach past this time are not over. */
  unfinishedFrom: number;
  /** The datasets that it is about; all when left out. */
  datasets?: readonly string[];
  /** Drawn beside the box. */
  boxMenu?: ReactNode;
}

interface Cell {
  step: number;
  row: number | undefined;
}

const DRAG_PX = 4;
const NO_DATASETS: readonly string[] = [];

/** A graph over time: a heatmap, or lines. The pointer and the keyboard read it, and draw a box on it. */
export function TimeChart(props: TimeChartProps) {
  const { calculation, index, grid, start, end, zone, height, shownGroups, box, onBox, onPoint, log = false, ramp = "sqrt", names, before, over: overlay } = props;
  const [holder, { width }] = useSize<HTMLDivElement>();
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const time = useStore(crosshair);
  const hovered = useStore(hoveredGroup);
  const [cell, setCell] = useState<Cell>();
  const [drag, setDrag] = useState<{ from: Cell; x: number; y: number; moved: boolean }>();
  const [drawn, setDrawn] = useState<Box>();
  const [growing, setGrowing] = useState<Cell>();
  const heat = calculation.heats[0];
  const frame = useMemo(() => frameOf(width, height, start, end), [width, height, start, end]);
  const heatData = useMemo(() => heat && heatView(heat, grid, colours.rampFloor, ramp), [heat, grid, colours, ramp]);
  const shown = useMemo(() => shownGroups.map((group) => calculation.lines[group] ?? new Float64Array(0)), [shownGroups, calculation]);
  const earlier = useMemo(() => (before ? shownGroups.map((group) => before.lines[group]) : []), [before, shownGroups]);
  const lineData = useMemo(() => (heat ? undefined : lineView(shown, grid, frame, log, earlier.filter((line) => line !== undefined))), [heat, shown, grid, frame, log, earlier]);
  const lineColours = useMemo(() => shownGroups.map((group) => (names.length <= 1 ? slotColour(colours, 0) : slotColour(colours, group))), [shownGroups, names, colours]);

  useEffect(() => {
    const canvas = base.current;
    if (!canvas || width === 0) return;
    const context = prepare(canvas, width, height);
    if (!context) return;
    if (heat && heatData) {
      paintHeat(context, frame, heatData, colours.ramp, window.devicePixelRatio || 1);
      if (overlay) paintOver(context, frame, heat, grid, overlay, colours);
      paintValues(context, frame, heatTicks(calculation, heat, frame), colours, false);
    } else if (lineData) {
      paintValues(context, frame, valueTicks(calculation, lineData, frame), colours, true);
      const only = hovered === undefined ? undefined : shownGroups.indexOf(hovered);
      if (before) paintBefore(context, frame, lineData, before.grid, earlier, lineColours);
      paintLines(context, frame, lineData, lineColours, only === undefined || only < 0 ? undefined : only, props.unfinishedFrom);
    }
    paintTimes(context, frame, zone, colours);
  }, [width, height, frame, heat, heatData, lineData, lineColours, colours, zone, calculation, hovered, shownGroups, props.unfinishedFrom, overlay, before, earlier, grid]);

  useEffect(() => {
    const canvas = over.current;
    if (!canvas || width === 0) return;
    const context = prepare(canvas, width, height);
    if (!context) return;
    if (box) {
      const left = Math.max(frame.left, xOf(frame, grid.first + box.firstStep * grid.step));
      const right = Math.min(frame.left + frame.width, xOf(frame, grid.first + (box.lastStep + 1) * grid.step));
      const top = heat && box.lastRow !== undefined ? rowEdges(heat, frame, box.lastRow).top : frame.top;
      const bottom = heat && box.firstRow !== undefined ? rowEdges(heat, frame, box.firstRow).bottom : frame.top + frame.height;
      context.fillStyle = colours.bg;
      context.globalAlpha = 0.55;
      context.beginPath();
      context.rect(frame.left, frame.top, frame.width, frame.height);
      context.rect(left, top, right - left, bottom - top);
      context.fill("evenodd");
      context.globalAlpha = 1;
      context.lineWidth = 4;
      context.strokeStyle = colours.bg;
      context.strokeRect(left, top, right - left, bottom - top);
      context.lineWidth = 2;
      context.strokeStyle = colours.selection;
      context.strokeRect(left, top, right - left, bottom - top);
    }
    if (time !== undefined && time >= start && time <= end) {
      const x = Math.round(xOf(frame, time)) + 0.5;
      context.strokeStyle = colours.text3;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, frame.top);
      context.lineTo(x, frame.top + frame.height);
      context.stroke();
    }
    const here = growing ?? cell;
    if (here && heat && here.row !== undefined) {
      const left = xOf(frame, grid.first + here.step * grid.step);
      const right = xOf(frame, grid.first + (here.step + 1) * grid.step);
      const { top, bottom } = rowEdges(heat, frame, here.row);
      context.strokeStyle = colours.text;
      context.lineWidth = 1;
      context.strokeRect(Math.round(left) - 0.5, Math.round(top) - 0.5, Math.max(3, Math.round(right - left)) + 1, Math.max(3, Math.round(bottom - top)) + 1);
    }
    if (lineData && time !== undefined) {
      const step = Math.floor((time - grid.first) / grid.step);
      shown.forEach((line, n) => {
        const value = line[step];
        if (value === undefined || !Number.isFinite(value)) return;
        context.fillStyle = lineColours[n] ?? "";
        context.beginPath();
        context.arc(xOf(frame, grid.first + (step + 0.5) * grid.step), yOf(lineData, frame, value), 3, 0, Math.PI * 2);
        context.fill();
      });
    }
  }, [width, height, frame, box, time, cell, growing, heat, lineData, shown, lineColours, grid, colours, start, end]);

  const cellAt = (event: { clientX: number; clientY: number }): Cell | undefined => {
    const bounds = holder.current?.getBoundingClientRect();
    if (!bounds) return undefined;
    const at = timeAt(frame, event.clientX - bounds.left);
    const step = Math.min(grid.steps - 1, Math.max(0, Math.floor((at - grid.first) / grid.step)));
    return { step, row: heat ? rowAt(heat, frame, event.clientY - bounds.top) : undefined };
  };
  /** The point of a cell; of lines, the one that is nearest to a height, or the first. */
  const touchedAt = ({ step, row }: Cell, y?: number): Touched => {
    const n = lineData && (y === undefined ? (shown[0]?.[step] === undefined ? undefined : 0) : nearestLine(lineData, frame, step, y));
    const value = n === undefined ? Number.NaN : (shown[n]?.[step] ?? Number.NaN);
    return { step, row, ...(n === undefined || !Number.isFinite(value) ? {} : { group: shownGroups[n], value }) };
  };
  const middleOf = (step: number) => grid.first + (step + 0.5) * grid.step;

  const move = (event: PointerEvent) => {
    const bounds = holder.current?.getBoundingClientRect();
    if (!bounds) return;
    const next = cellAt(event);
    if (!next) return;
    const inside = event.clientX - bounds.left >= frame.left && event.clientY - bounds.top <= frame.top + frame.height;
    if (!drag && !inside) {
      setCell(undefined);
      crosshair.set(undefined);
      return;
    }
    if (cell?.step !== next.step || cell?.row !== next.row) setCell(next);
    crosshair.set(middleOf(next.step));
    if (!drag) return;
    const moved = drag.moved || Math.hypot(event.clientX - drag.x, event.clientY - drag.y) >= DRAG_PX;
    if (moved) {
      if (!drag.moved) setDrag({ ...drag, moved });
      setDrawn(boxBetween(index, drag.from, next));
    }
  };
  const release = (event: PointerEvent) => {
    if (!drag) return;
    setDrag(undefined);
    setDrawn(undefined);
    const next = cellAt(event);
    if (!next) return;
    if (drag.moved) onBox(boxBetween(index, drag.from, next));
    else {
      const bounds = holder.current?.getBoundingClientRect();
      if (bounds) onPoint(touchedAt(next, event.clientY - bounds.top), { x: event.clientX - bounds.left, y: event.clientY - bounds.top });
    }
  };

  const say = ({ step, row }: Cell) => {
    const when = clock(grid.first + step * grid.step, zone, "second");
    if (heat && row !== undefined) {
      announce(`${when}, ${rowName(calculation, heat, row)}, ${count(heat.counts[step * heat.rows + row] ?? 0)} events`);
    } else {
      const values = shownGroups.slice(0, 3).map((group) => `${names[group] ? `${names[group]} ` : ""}${textOf(calculation.lines[group]?.[step], calculation)}`);
      announce(`${when}, ${calculation.label} ${values.join(", ")}`);
    }
  };
  const press = (event: KeyboardEvent) => {
    const far = event.shiftKey ? 10 : 1;
    const moves: Record<string, [number, number]> = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far], Home: [-grid.steps, 0], End: [grid.steps, 0] };
    const by = moves[event.key];
    const here = cell ?? { step: grid.steps - 1, row: heat ? Math.floor(heat.rows / 2) : undefined };
    if (by) {
      event.preventDefault();
      const next: Cell = {
        step: Math.min(grid.steps - 1, Math.max(0, here.step + by[0])),
        row: heat && here.row !== undefined ? Math.min(heat.rows - 1, Math.max(0, here.row + by[1])) : undefined,
      };
      setCell(next);
      crosshair.set(middleOf(next.step));
      if (growing) setDrawn(boxBetween(index, growing, next));
      say(next);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (growing) {
        setGrowing(undefined);
        setDrawn(undefined);
        onBox(boxBetween(index, growing, here));
      } else {
        setCell(here);
        setGrowing(here);
        setDrawn(boxBetween(index, here, here));
        announce("Box begun; arrows grow it, Enter ends it");
      }
    } else if (event.key === "Escape" && (growing || box)) {
      event.preventDefault();
      event.stopPropagation();
      setGrowing(undefined);
      setDrawn(undefined);
      if (!growing) onBox(undefined);
    } else if (event.key === " ") {
      event.preventDefault();
      onPoint(touchedAt(here), { x: xOf(frame, middleOf(here.step)), y: frame.top + frame.height / 2 });
    } else if (event.key === "M") {
      event.preventDefault();
      markerForm.set({ start: middleOf(here.step) });
    }
  };

  const visible = drawn ?? box;
  const edge = visible && Math.min(frame.left + frame.width, xOf(frame, grid.first + (visible.lastStep + 1) * grid.step));
  return (
    <div
      ref={holder}
      className={heat ? "chart heat" : "chart line"}
      style={{ height }}
      role="application"
      tabIndex={0}
      aria-roledescription={heat ? "heatmap" : "line graph"}
      aria-label={`${calculation.label} over time, ${grid.steps} steps. Arrows move, Enter starts and ends a box, Space opens the menu of a point, Shift-M adds a marker.`}
      onPointerDown={(event) => {
        if (event.button !== 0 || (event.target as HTMLElement).closest(".selection-menu, .layer, .marker")) return;
        const from = cellAt(event);
        if (!from) return;
        // The pointer may leave the graph while it draws.
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from, x: event.clientX, y: event.clientY, moved: false });
      }}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={() => {
        setDrag(undefined);
        setDrawn(undefined);
      }}
      onPointerLeave={() => {
        if (drag) return;
        setCell(undefined);
        crosshair.set(undefined);
      }}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return;
        crosshair.set(undefined);
        setCell(undefined);
      }}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget) press(event);
      }}
    >
      <canvas ref={base} aria-hidden="true" />
      <canvas ref={over} className="over" aria-hidden="true" />
      <MarkerLayer frame={frame} zone={zone} datasets={props.datasets ?? NO_DATASETS} />
      {drawn && <Outline box={drawn} frame={frame} grid={grid} rows={heat} colour={colours.selection} />}
      {cell && !visible && <Tip {...props} cell={cell} frame={frame} colours={lineColours} width={width} />}
      {box && !drawn && props.boxMenu && (
        <div className="selection-menu" style={edge && edge > width - 420 ? { right: 12, top: 8 } : { left: (edge ?? 0) + 8, top: 8 }}>
          {props.boxMenu}
        </div>
      )}
    </div>
  );
}

/** The box while it is drawn stands in the document: moving it paints nothing again. */
function Outline({ box, frame, grid, rows, colour }: { box: Box; frame: ReturnType<typeof frameOf>; grid: Grid; rows: Calculation["heats"][number] | undefined; colour: string }) {
  const left = Math.max(frame.left, xOf(frame, grid.first + box.firstStep * grid.step));
  const right = Math.min(frame.left + frame.width, xOf(frame, grid.first + (box.lastStep + 1) * grid.step));
  const top = rows && box.lastRow !== undefined ? rowEdges(rows, frame, box.lastRow).top : frame.top;
  const bottom = rows && box.firstRow !== undefined ? rowEdges(rows, frame, box.firstRow).bottom : frame.top + frame.height;
  return <div style={{ position: "absolute", pointerEvents: "none", left, top, width: right - left, height: bottom - top, outline: `2px solid ${colour}`, background: `color-mix(in srgb, ${colour} 12%, transparent)` }} />;
}

function textOf(value: number | undefined, calculation: Calculation): string {
  return value === undefined || Number.isNaN(value) ? "no value" : inUnit(value, calculation.measure);
}

const SHOWN_IN_TIP = 10;
const SHOWN_MARKERS = 5;

/** What is under the pointer, in words. */
function Tip({ calculation, grid, zone, names, shownGroups, before, over, cell, frame, colours, width, height, datasets = NO_DATASETS }: TimeChartProps & { cell: Cell; frame: ReturnType<typeof frameOf>; colours: string[]; width: number }) {
  const { step, row } = cell;
  const from = grid.first + step * grid.step;
  const precision = grid.step < 1_000 ? "ms" : grid.step < 60_000 ? "second" : "minute";
  const x = xOf(frame, from + grid.step / 2);
  const side = x > width / 2 ? { right: width - x + 14 } : { left: x + 14 };
  const heat = calculation.heats[0];
  let body: ReactNode;
  if (heat && row !== undefined) {
    let all = 0;
    for (let n = 0; n < heat.rows; n++) all += heat.counts[step * heat.rows + n] ?? 0;
    const weight = heat.counts[step * heat.rows + row] ?? 0;
    body = (
      <div>
        {rowName(calculation, heat, row)} · <strong>{count(weight)}</strong> {weight === 1 ? "event" : "events"}
        {all > 0 && weight > 0 && <span className="quiet"> · {Math.round((weight / all) * 1000) / 10} % of this step</span>}
        {over?.some(({ line }) => Number.isFinite(line[step])) && <div className="quiet">{over.map(({ name, line }) => `${name} ${textOf(line[step], calculation)}`).join(" · ")}</div>}
      </div>
    );
  } else {
    const values = shownGroups
      .map((group, n) => ({ group, n, value: calculation.lines[group]?.[step] ?? Number.NaN }))
      .filter(({ value }) => !Number.isNaN(value))
      .sort((a, b) => b.value - a.value);
    body = (
      <table>
        <tbody>
          {values.slice(0, SHOWN_IN_TIP).map(({ group, n, value }) => (
            <tr key={group}>
              <td>
                <span className="swatch" style={{ background: colours[n] }} />
                {names[group] || calculation.label}
              </td>
              <td>{inUnit(value, calculation.measure)}</td>
              {before && <td className="quiet">was {textOf(before.lines[group]?.[Math.round((from - before.grid.first) / before.grid.step)], calculation)}</td>}
            </tr>
          ))}
        </tbody>
        {values.length > SHOWN_IN_TIP && <caption>{values.length - SHOWN_IN_TIP} more</caption>}
      </table>
    );
  }
  const happened = useShownMarkers(frame, datasets).filter(({ start, end = start }) => start < from + grid.step && end >= from);
  const top = heat && row !== undefined ? Math.min(height - AXIS - 44, Math.max(4, rowEdges(heat, frame, row).top - 52)) : 8;
  return (
    <div className="tip" style={{ ...side, top }} aria-hidden="true">
      <div className="quiet mono">
        {clock(from, zone, precision)}–{clock(from + grid.step, zone, precision)} {zoneName(from, zone)}
      </div>
      {body}
      {happened.slice(0, SHOWN_MARKERS).map((marker) => (
        <div key={marker.id} className="cut">
          <span className="swatch" style={{ background: markerColour(marker) }} />
          {markerWords(marker)}
        </div>
      ))}
    </div>
  );
}
