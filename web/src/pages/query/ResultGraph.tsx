import { memo, useMemo } from "react";
import type { QueryAnswer } from "../../api/hooks";
import { type Box, type Extent, boxOf, extentOf, printBox } from "../../charts/box";
import { useChange } from "../../lib/address";
import { bubbleUpOnDrag } from "../../lib/preferences";
import type { Before } from "../../model/before";
import { type Query, columnText, equals, withCondition } from "../../model/query";
import { absolute } from "../../model/range";
import type { Calculation, Graphs } from "../../model/series";
import { type Item, MenuList } from "../../ui/Menu";
import { useZoomChanges } from "../../ui/TimePicker";
import { announce } from "../../ui/announce";
import { markerForm } from "../../ui/markers";
import { useEditing } from "../../ui/useEditing";
import { useTime } from "../../ui/view";
import { Graph } from "./Graph";
import { type Point, openTrace } from "./point";
import type { RanQuery } from "./state";

interface ResultGraphProps {
  env: string;
  ran: Query;
  run: RanQuery["run"];
  results: QueryAnswer["results"];
  breakdowns: readonly string[];
  calculation: Calculation;
  index: number;
  source: Graphs;
  names: readonly string[];
  height: number;
  shownGroups: readonly number[];
  groupColours: readonly string[] | undefined;
  /** The box of the address, where it lies on this graph. */
  kept: Extent | undefined;
  /** Percentiles that are drawn over a heatmap. */
  percentiles: Graphs | undefined;
  before: Before | undefined;
  isComparing: boolean;
  /** The point whose menu is open. */
  point: Point | undefined;
  setPoint: (point: Point | undefined) => void;
}

/** A graph of the answer, with the ways that lead on from its points and from its box. It is made again when what it shows changes. */
export const ResultGraph = memo(function ResultGraph({ env, ran, run, results, breakdowns, calculation, index, source, names, height, shownGroups, groupColours, kept, percentiles, before, isComparing, point, setPoint }: ResultGraphProps) {
  const change = useChange();
  const zoomed = useZoomChanges();
  const { zone } = useTime();
  const editing = useEditing();
  const { heat } = calculation;
  const box = useMemo(() => kept && boxOf(kept, index, source.grid, heat), [kept, index, source, heat]);
  const extent = box && extentOf(box, source.grid, heat);
  const over = useMemo(() => percentiles && overlayOf(percentiles, calculation.column), [percentiles, calculation]);
  const earlier = useMemo(() => {
    const lines = before?.lines[index];
    return before && lines && { grid: before.grid, lines };
  }, [before, index]);
  const datasets = useMemo(() => ran.datasets.map((name) => name.replaceAll("`", "")), [ran]);
  const setBox = (next: Box | undefined, opens = next !== undefined && bubbleUpOnDrag.get()) => {
    setPoint(undefined);
    change({ box: next ? printBox(next.calc, extentOf(next, source.grid, heat)) : null, sel: null, ...(opens ? { tab: "bubbleup" } : {}) });
    if (next) announce(opens ? "Comparing the box with the rest; panels follow the graph" : "Box drawn; its menu follows the graph");
  };
  // The hand is elsewhere by then: nothing opens under it, and there is no step to go back.
  const leaveBox = (next: Box) => change({ box: printBox(next.calc, extentOf(next, source.grid, heat)), sel: null }, "replace");
  const itemsOf = (at: Point): Item[] => {
    const { step, row, group } = at;
    const cell: Box = { calc: at.calc, firstStep: step, lastStep: step, ...(row === undefined ? {} : { firstRow: row, lastRow: row }) };
    const { start, end, ...values } = extentOf(cell, source.grid, heat);
    const own = group === undefined ? [] : breakdowns.map((column, n) => equals(column, results[group]?.group[n] ?? null));
    return [
      { label: "Open a trace here", run: () => void openTrace(env, ran, source, calculation, results.map((result) => result.group), at) },
      { label: "Show events", run: () => run(own.reduce(withCondition, narrowed(ran, calculation.column, values)), { ...zoomed(absolute({ start, end })), tab: "raw" }) },
      { label: "Compare to rest", run: () => setBox(cell, true) },
      { label: "Zoom in here", run: () => change(zoomed(absolute({ start: source.grid.first + (step - 2) * source.grid.step, end: source.grid.first + (step + 3) * source.grid.step }))) },
      ...(own.length > 0 ? [{ label: `Only ${source.names[group ?? 0] ?? "this group"}`, run: () => run(own.reduce(withCondition, ran)) }] : []),
      ...(own.length === 1 ? [{ label: "Exclude it", run: () => run(withCondition(ran, equals(breakdowns[0] ?? "", results[group ?? 0]?.group[0] ?? null, true))) }] : []),
      ...(editing.disabled ? [] : [{ label: "Add marker", run: () => markerForm.set({ start }) }]),
    ];
  };
  return (
    <Graph
      calculation={calculation}
      index={index}
      source={source}
      names={names}
      zone={zone}
      height={height}
      shownGroups={shownGroups}
      groupColours={groupColours}
      box={box}
      over={over}
      before={earlier}
      datasets={datasets}
      onBox={setBox}
      onLeave={leaveBox}
      onPoint={(touched, at) => setPoint({ calc: index, ...touched, ...at })}
      boxMenu={
        extent && (
          <>
            {!isComparing && (
              <button type="button" className="button primary" onClick={() => change({ tab: "bubbleup" })}>
                Compare to rest
              </button>
            )}
            <button type="button" className="button" onClick={() => change(zoomed(absolute(extent)))}>
              Zoom
            </button>
            <button type="button" className="button" onClick={() => run(narrowed(ran, calculation.column, extent), { ...zoomed(absolute(extent)), tab: "raw" })}>
              Show events
            </button>
            {extent.low !== undefined && (
              <button type="button" className="button" onClick={() => run(narrowed(ran, calculation.column, extent))}>
                Filter
              </button>
            )}
            <button type="button" className="button" {...editing} onClick={() => markerForm.set({ start: extent.start, end: extent.end })}>
              Add marker
            </button>
            <button type="button" className="button plain square" aria-label="Remove the box" onClick={() => change({ box: null })}>
              ×
            </button>
          </>
        )
      }
    >
      {point && (
        <span className="anchor" style={{ position: "absolute", left: point.x, top: point.y }}>
          <MenuList
            name="This point"
            className="layer"
            close={(focus) => {
              setPoint(undefined);
              if (focus) document.querySelector<HTMLElement>(`[data-graph="${index}"] .chart`)?.focus();
            }}
            items={itemsOf(point)}
          />
        </span>
      )}
    </Graph>
  );
});

/** The percentiles of a column, as lines over its heatmap. */
function overlayOf(graphs: Graphs, column: string): { name: string; line: Float64Array }[] | undefined {
  const found = graphs.calculations.filter((calculation) => calculation.column === column);
  return found.length === 0 ? undefined : found.map(({ op, lines }) => ({ name: op, line: lines[0] ?? new Float64Array() }));
}

/** The query with the values of a box as conditions. */
function narrowed(query: Query, column: string, { low, high }: { low?: number; high?: number }): Query {
  let next = query;
  if (low !== undefined && Number.isFinite(low)) next = withCondition(next, `${columnText(column)} >= ${low}`);
  if (high !== undefined && Number.isFinite(high)) next = withCondition(next, `${columnText(column)} < ${high}`);
  return next;
}
