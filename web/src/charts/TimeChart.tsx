import "./chart.css";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { count } from "../lib/format";
import { useStore } from "../lib/store";
import { type Zone, clock } from "../lib/time";
import { groupBeside } from "../model/groups";
import type { ColourScale } from "../model/ramp";
import type { Calculation, Grid } from "../model/series";
import { announce } from "../ui/announce";
import { markerForm } from "../ui/markers";
import { MarkerLayer } from "./MarkerLayer";
import { Tip, textOf } from "./Tip";
import { type Box, boxBetween, cellsOf } from "./box";
import { prepare, useSize } from "./canvas";
import { slotColour, useColours } from "./colours";
import { crosshair, hoveredGroup } from "./crosshair";
import { frameOf, paintTimes, paintValues, timeAt, xOf } from "./frame";
import { type Grip, cursorOf, gripAt, grown, isWithin, nudged, paintBox, placeOf, resized } from "./handles";
import { heatTicks, heatView, paintHeat, paintOver, rowAt, rowEdges, rowName } from "./heatmap";
import { lineView, nearestLine, paintBefore, paintLines, valueAt, valueTicks, yOf } from "./lines";
import { Outline, besideBox, inNames, usualPlace } from "./outline";
import { useWheelZoom, zoomedRound } from "./wheel";

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
  /** Colours that mean something, by group; those of their slots when left out. */
  groupColours?: readonly string[] | undefined;
  log?: boolean;
  ramp?: ColourScale;
  /** The values above are cut off. */
  clip?: number | undefined;
  onClip?: ((value: number | undefined) => void) | undefined;
  /** Lines run across steps without a value. */
  joined?: boolean;
  /** The box that handles and keys act on. */
  box: Box | undefined;
  /** Boxes that are selected along with it. */
  others?: readonly Box[];
  /** A box was drawn: alone, beside those that there are, or in the place of the one that is acted on; nothing takes that one away. */
  onBox: (box: Box | undefined, how: BoxChange) => void;
  /** Another box is acted on now. */
  onChoose?: ((box: Box) => void) | undefined;
  /** A box was pressed twice. */
  onZoom?: ((box: Box) => void) | undefined;
  /** Other times are wanted: the graph was drawn along, or zoomed. */
  onRange?: ((range: { start: number; end: number }) => void) | undefined;
  /** The graph was left with its box changed. */
  onLeave?: ((box: Box) => void) | undefined;
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

/** A step, and of a heatmap a row, of lines the group that keys have chosen. */
export interface Cell {
  step: number;
  row: number | undefined;
  group?: number | undefined;
  /** What that group is called: another answer may rank it elsewhere. */
  groupName?: string | undefined;
}

export type BoxChange = "alone" | "add" | "active";

interface Drag {
  /** What the hand does: draws a box, draws the graph along, or cuts off values. */
  does: "box" | "pan" | "clip";
  /** The box is one more. */
  adds: boolean;
  from: Cell;
  x: number;
  y: number;
  moved: boolean;
  /** The sides of the box that are drawn along; without them a new box is drawn. */
  grip: Grip | undefined;
}

/** A box that is on its way. */
interface Begun {
  /** The cells that it is drawn over. */
  on: string;
  drawn: Box | undefined;
  /** Where keys have begun it. */
  growing: Cell | undefined;
}
const NOT_BEGUN: Omit<Begun, "on"> = { drawn: undefined, growing: undefined };

const DRAG_PX = 4;
/** How far from a pointer a menu opens that must not lie under it. */
const BESIDE_PX = 6;
/** How near to a side of the box it is taken, by a mouse and by a finger. */
const REACH_PX = { mouse: 6, touch: 16 };
const NO_DATASETS: readonly string[] = [];
const NO_BOXES: readonly Box[] = [];

/** A graph over time: a heatmap, or lines. The pointer and the keyboard read it, and draw a box on it. */
export function TimeChart(props: TimeChartProps) {
  const { calculation, index, grid, start, end, zone, height, shownGroups, groupColours, box, others = NO_BOXES, onBox, onChoose, onZoom, onRange, onLeave, onPoint, clip, onClip, joined = false, log = false, ramp = "sqrt", names, before, over: overlay } = props;
  const [holder, { width }] = useSize<HTMLDivElement>();
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const time = useStore(crosshair);
  const hoveredOne = useStore(hoveredGroup);
  const [kept, setCell] = useState<Cell>();
  const cell = useMemo(() => kept && inNames(kept, names), [kept, names]);
  // A heatmap is one group: it is not drawn again for the one that is pointed at.
  const hovered = calculation.heat ? undefined : (cell?.group ?? hoveredOne);
  const [drag, setDrag] = useState<Drag>();
  const [cursor, setCursor] = useState<string>();
  const [begun, setBegun] = useState<Begun>();
  const heat = calculation.heat;
  // Numbers of steps and rows mean other times and values on another grid: what was begun on the last one is no more.
  const on = [grid.first, grid.step, grid.steps, heat?.rows, heat?.edges[0], box && cellsOf(box)].join();
  const { drawn, growing } = begun?.on === on ? begun : NOT_BEGUN;
  const setDrawn = (next: Box | undefined) => setBegun((known) => ({ on, growing: known?.on === on ? known.growing : undefined, drawn: next }));
  const setGrowing = (next: Cell | undefined) => setBegun((known) => ({ on, growing: next, drawn: known?.on === on ? known.drawn : undefined }));
  useEffect(() => setBegun((known) => (known?.on === on ? known : undefined)), [on]);
  // Under arrows, or by its handles, the box that stood there is on its way.
  const isAdjusted = drawn !== undefined && !growing && (!drag || drag.grip !== undefined);
  const standing = isAdjusted ? undefined : box;
  const frame = useMemo(() => frameOf(width, height, start, end), [width, height, start, end]);
  const heatData = useMemo(() => heat && heatView(heat, grid, colours.rampFloor, ramp), [heat, grid, colours, ramp]);
  const shown = useMemo(() => shownGroups.map((group) => calculation.lines[group] ?? new Float64Array(0)), [shownGroups, calculation]);
  const earlier = useMemo(() => (before ? shownGroups.map((group) => before.lines[group]) : []), [before, shownGroups]);
  const lineData = useMemo(() => (heat ? undefined : lineView(shown, grid, frame, log, earlier.filter((line) => line !== undefined), clip)), [heat, shown, grid, frame, log, earlier, clip]);
  const lineColours = useMemo(() => shownGroups.map((group) => groupColours?.[group] ?? slotColour(colours, names.length <= 1 ? 0 : group)), [shownGroups, groupColours, names, colours]);

  useEffect(() => {
    const canvas = base.current;
    if (!canvas || width === 0) return;
    const context = prepare(canvas, width, height);
    if (!context) return;
    if (heat && heatData) {
      paintHeat(context, frame, heatData, colours.rampPixels, window.devicePixelRatio || 1);
      if (overlay) paintOver(context, frame, heat, grid, overlay, colours);
      paintValues(context, frame, heatTicks(calculation, heat, frame), colours, false);
    } else if (lineData) {
      paintValues(context, frame, valueTicks(calculation, lineData, frame), colours, true);
      const only = hovered === undefined ? undefined : shownGroups.indexOf(hovered);
      if (before) paintBefore(context, frame, lineData, before.grid, earlier, lineColours);
      paintLines(context, frame, lineData, lineColours, only === undefined || only < 0 ? undefined : only, props.unfinishedFrom, joined);
    }
    paintTimes(context, frame, zone, colours);
  }, [width, height, frame, heat, heatData, lineData, lineColours, colours, zone, calculation, hovered, shownGroups, props.unfinishedFrom, overlay, before, earlier, grid, joined]);

  const isOverDrawn = useRef(false);
  useEffect(() => {
    const canvas = over.current;
    if (!canvas || width === 0) return;
    // What is empty and stays so is not cleared: clearing costs as much as drawing.
    const isDrawn = standing !== undefined || time !== undefined || (growing ?? cell) !== undefined;
    if (!isDrawn && !isOverDrawn.current) return;
    isOverDrawn.current = isDrawn;
    const context = prepare(canvas, width, height);
    if (!context) return;
    if (standing) paintBox(context, frame, placeOf(standing, frame, grid, heat), heat !== undefined, colours, others.map((other) => placeOf(other, frame, grid, heat)));
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
  }, [width, height, frame, standing, others, time, cell, growing, heat, lineData, shown, lineColours, grid, colours, start, end]);

  const cellAt = (event: { clientX: number; clientY: number }): Cell | undefined => {
    const bounds = holder.current?.getBoundingClientRect();
    if (!bounds) return undefined;
    const at = timeAt(frame, event.clientX - bounds.left);
    const step = Math.min(grid.steps - 1, Math.max(0, Math.floor((at - grid.first) / grid.step)));
    return { step, row: heat ? rowAt(heat, frame, event.clientY - bounds.top) : undefined };
  };
  /** The point of a cell; of lines, the one that is nearest to a height, the chosen one, or the first. */
  const touchedAt = ({ step, row, group }: Cell, y?: number): Touched => {
    if (group !== undefined) {
      const value = calculation.lines[group]?.[step] ?? Number.NaN;
      return { step, row, group, ...(Number.isFinite(value) ? { value } : {}) };
    }
    const n = lineData && (y === undefined ? (shown[0]?.[step] === undefined ? undefined : 0) : nearestLine(lineData, frame, step, y));
    const value = n === undefined ? Number.NaN : (shown[n]?.[step] ?? Number.NaN);
    return { step, row, ...(n === undefined || !Number.isFinite(value) ? {} : { group: shownGroups[n], value }) };
  };
  const gripOf = (event: PointerEvent): Grip | undefined => {
    const bounds = holder.current?.getBoundingClientRect();
    if (!bounds || !box) return undefined;
    const reach = event.pointerType === "touch" ? REACH_PX.touch : REACH_PX.mouse;
    return gripAt(placeOf(box, frame, grid, heat), event.clientX - bounds.left, event.clientY - bounds.top, heat !== undefined, reach);
  };
  const drawnTo = ({ from, grip }: Drag, to: Cell): Box => (grip && box ? resized(box, grip, to) : boxBetween(index, from, to));
  const middleOf = (step: number) => grid.first + (step + 0.5) * grid.step;

  const move = (event: PointerEvent) => {
    const bounds = holder.current?.getBoundingClientRect();
    if (!bounds) return;
    const next = cellAt(event);
    if (!next) return;
    if (drag && drag.does !== "box") return drawAlong(event);
    const inside = event.clientX - bounds.left >= frame.left && event.clientY - bounds.top <= frame.top + frame.height;
    if (!drag) {
      const grip = gripOf(event);
      setCursor(grip && cursorOf(grip));
    }
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
      setDrawn(drawnTo(drag, next));
    }
  };
  /** What is drawn along follows the hand; what it shows then is asked when it lets go. */
  const along = useRef<HTMLDivElement>(null);
  const valueUnder = (event: PointerEvent) => {
    const bounds = holder.current?.getBoundingClientRect();
    return lineData && bounds ? valueAt(lineData, frame, event.clientY - bounds.top) : undefined;
  };
  const drawAlong = (event: PointerEvent) => {
    if (!drag) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) >= DRAG_PX) setDrag({ ...drag, moved: true });
    const [shift, bounds] = [along.current, holder.current?.getBoundingClientRect()];
    if (drag.does === "pan" && base.current) base.current.style.transform = `translateX(${event.clientX - drag.x}px)`;
    if (drag.does === "clip" && shift && bounds) shift.style.top = `${Math.max(frame.top, event.clientY - bounds.top)}px`;
  };
  const releaseAlong = (event: PointerEvent) => {
    if (base.current) base.current.style.transform = "";
    if (!drag?.moved) return;
    if (drag.does === "clip") {
      const value = valueUnder(event);
      onClip?.(value !== undefined && lineData && value < lineData.high ? value : undefined);
    } else {
      const by = ((drag.x - event.clientX) / frame.width) * (end - start);
      onRange?.({ start: start + by, end: end + by });
    }
  };
  const release = (event: PointerEvent) => {
    if (!drag) return;
    setDrag(undefined);
    setDrawn(undefined);
    if (drag.does !== "box") return releaseAlong(event);
    const next = cellAt(event);
    if (!next) return;
    if (drag.moved) onBox(drawnTo(drag, next), drag.grip ? "active" : drag.adds && box ? "add" : "alone");
    else if (!drag.grip) {
      const bounds = holder.current?.getBoundingClientRect();
      if (!bounds) return;
      const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
      const other = others.find((one) => isWithin(placeOf(one, frame, grid, heat), x, y));
      if (other) return onChoose?.(other);
      // Beside the pointer, so that a second press there is one on the box.
      onPoint(touchedAt(next, y), box && onZoom && isWithin(placeOf(box, frame, grid, heat), x, y) ? { x: x + BESIDE_PX, y: y + BESIDE_PX } : { x, y });
    }
  };
  useWheelZoom(holder, base, frame, onRange);

  const say = ({ step, row, group: only }: Cell) => {
    const when = clock(grid.first + step * grid.step, zone, "second");
    if (heat && row !== undefined) {
      announce(`${when}, ${rowName(calculation, heat, row)}, ${count(heat.counts[step * heat.rows + row] ?? 0)} events`);
    } else {
      const values = (only === undefined ? shownGroups.slice(0, 3) : [only]).map((group) => `${names[group] ? `${names[group]} ` : ""}${textOf(calculation.lines[group]?.[step], calculation)}`);
      announce(`${when}, ${calculation.label} ${values.join(", ")}`);
    }
  };
  const sayBox = (next: Box) => {
    const [from, to] = [grid.first + next.firstStep * grid.step, grid.first + (next.lastStep + 1) * grid.step];
    const values = heat && next.firstRow !== undefined && next.lastRow !== undefined ? `, ${rowName(calculation, heat, next.firstRow, next.lastRow)}` : "";
    announce(`Box ${clock(from, zone, "second")} to ${clock(to, zone, "second")}${values}. Enter keeps it, Escape takes it back`);
  };
  const press = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (drag && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      setDrag(undefined);
      setDrawn(undefined);
      if (box) announce("The box is as it was");
      return;
    }
    const held = growing ? undefined : (drawn ?? box);
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-grid.steps, 0], End: [grid.steps, 0] }[event.key];
    if (held && arrow) {
      event.preventDefault();
      const by: Grip = { steps: arrow[0] ?? 0, rows: arrow[1] ?? 0 };
      const next = (event.shiftKey ? grown : nudged)(held, by, grid, heat);
      setDrawn(next);
      // The box is what the other keys act on now.
      setCell(undefined);
      sayBox(next);
      return;
    }
    if (isAdjusted && drawn && (event.key === "Enter" || event.key === "Escape")) {
      event.preventDefault();
      event.stopPropagation();
      setDrawn(undefined);
      if (event.key === "Enter") onBox(drawn, "active");
      else announce("The box is as it was");
      return;
    }
    const far = event.shiftKey ? 10 : 1;
    const moves: Record<string, [number, number]> = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far], Home: [-grid.steps, 0], End: [grid.steps, 0] };
    const by = moves[event.key];
    const here = cell ?? usualPlace(drawn ?? box, grid, heat);
    if (by) {
      event.preventDefault();
      const next: Cell = {
        step: Math.min(grid.steps - 1, Math.max(0, here.step + by[0])),
        row: heat && here.row !== undefined ? Math.min(heat.rows - 1, Math.max(0, here.row + by[1])) : undefined,
        group: heat ? undefined : groupBeside(shownGroups, here.group, -by[1]),
      };
      next.groupName = next.group === undefined ? undefined : names[next.group];
      setCell(next);
      crosshair.set(middleOf(next.step));
      if (growing) setDrawn(boxBetween(index, growing, { ...next, row: growing.row === undefined ? undefined : next.row }));
      say(next);
    } else if ((growing ? event.key === "Enter" || event.key === "s" : event.key === "s" || (event.key === "Enter" && (!box || (event.shiftKey && heat)))) && !(event.key === "s" && box && !growing)) {
      event.preventDefault();
      event.stopPropagation();
      if (growing) {
        setGrowing(undefined);
        setDrawn(undefined);
        onBox(boxBetween(index, growing, { ...here, row: growing.row === undefined ? undefined : here.row }), box ? "add" : "alone");
      } else {
        // `s` is for a stretch of time, whatever the values.
        const from = event.key === "s" ? { ...here, row: undefined } : here;
        setCell(here);
        setGrowing(from);
        setDrawn(boxBetween(index, from, from));
        announce(`${event.key === "s" ? "Time" : "Box"} begun; arrows grow it, Enter ends it`);
      }
    } else if (event.key === "b" && others[0] && onChoose) {
      event.preventDefault();
      onChoose(others[0]);
      announce(`Another of ${others.length + 1} boxes; arrows move it`);
    } else if ((event.key === "+" || event.key === "-") && onRange) {
      event.preventDefault();
      onRange(zoomedRound(frame, cell ? middleOf(cell.step) : (start + end) / 2, event.key === "+" ? 0.5 : 2));
    } else if (event.key === "c" && onClip && lineData) {
      event.preventDefault();
      const value = touchedAt(here).value;
      if (clip !== undefined) onClip(undefined);
      else if (value !== undefined && value > lineData.low) onClip(value);
    } else if (event.key === "Escape" && (growing || box)) {
      event.preventDefault();
      event.stopPropagation();
      setGrowing(undefined);
      setDrawn(undefined);
      if (!growing) onBox(undefined, "active");
    } else if (event.key === " ") {
      event.preventDefault();
      onPoint(touchedAt(here), { x: xOf(frame, middleOf(here.step)), y: frame.top + frame.height / 2 });
    } else if (event.key === "M") {
      event.preventDefault();
      markerForm.set({ start: middleOf(here.step) });
    }
  };

  const visible = drawn ?? box;
  const place = visible && placeOf(visible, frame, grid, heat);
  return (
    <div
      ref={holder}
      className={heat ? "chart heat" : "chart line"}
      style={{ height, cursor }}
      role="application"
      tabIndex={0}
      aria-roledescription={heat ? "heatmap" : "line graph"}
      aria-label={`${calculation.label} over time, ${grid.steps} steps. ${box ? `Arrows move the box, Shift and arrows change its size, Enter keeps it, Escape lets it go${heat ? ", Shift-Enter begins another one" : ""}${others.length > 0 ? ", B goes to the next" : ""}` : `${heat || shownGroups.length < 2 ? "Arrows move" : "Left and Right move, Up and Down choose a group"}, Enter starts and ends a box${onRange ? ", plus and minus zoom" : ""}`}, Space opens the menu of a point, Shift-M adds a marker.`}
      onPointerDown={(event) => {
        if (event.button !== 0 || (event.target as HTMLElement).closest(".selection-menu, .layer, .marker")) return;
        const from = cellAt(event);
        if (!from) return;
        // The pointer may leave the graph while it draws.
        event.currentTarget.setPointerCapture(event.pointerId);
        const isOnAxis = event.clientX - event.currentTarget.getBoundingClientRect().left < frame.left;
        const does = isOnAxis && onClip && lineData ? "clip" : event.shiftKey && !heat && onRange ? "pan" : "box";
        setDrag({ does, adds: event.shiftKey, from, x: event.clientX, y: event.clientY, moved: false, grip: does === "box" ? gripOf(event) : undefined });
      }}
      onDoubleClick={(event) => {
        const bounds = event.currentTarget.getBoundingClientRect();
        const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
        if (box && onZoom && !(event.target as HTMLElement).closest(".selection-menu, .layer, .marker") && isWithin(placeOf(box, frame, grid, heat), x, y)) onZoom(box);
      }}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={() => {
        if (base.current) base.current.style.transform = "";
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
        // What arrows have made of the box is kept.
        if (isAdjusted && !drag && drawn) {
          setDrawn(undefined);
          if (!box || cellsOf(drawn) !== cellsOf(box)) onLeave?.(drawn);
        }
      }}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget) press(event);
      }}
    >
      <canvas ref={base} aria-hidden="true" />
      <canvas ref={over} className="over" aria-hidden="true" />
      <MarkerLayer frame={frame} zone={zone} datasets={props.datasets ?? NO_DATASETS} />
      {drag?.does === "clip" && <div ref={along} className="clip-line" style={{ left: frame.left, width: frame.width, top: drag.y - (holder.current?.getBoundingClientRect().top ?? 0) }} />}
      {drawn && place && <Outline place={place} colour={colours.selection} />}
      {cell && !visible && <Tip {...props} cell={cell} frame={frame} colours={lineColours} width={width} />}
      {box && !drawn && props.boxMenu && (
        <div className="selection-menu" style={besideBox(place, width, height)}>
          {props.boxMenu}
        </div>
      )}
    </div>
  );
}
