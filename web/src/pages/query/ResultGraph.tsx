import { memo, useMemo } from "react";
import type { QueryAnswer } from "../../api/hooks";
import type { BoxChange } from "../../charts/TimeChart";
import { type Box, type Extent, boxOf, cellsOf, expressionOf, extentOf, printBox, timesOfBoxes } from "../../charts/box";
import { useChange } from "../../lib/address";
import { bubbleUpOnDrag } from "../../lib/preferences";
import type { Before } from "../../model/before";
import { columnReference, definitionOf, withDefinition } from "../../model/calculated";
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
  /** The boxes of the address, where they lie on this graph; the last one is acted on. */
  kept: readonly Extent[] | undefined;
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
  const boxes = useMemo(() => (kept ?? []).flatMap((one) => boxOf(one, index, source.grid, heat) ?? []), [kept, index, source, heat]);
  const box = boxes.at(-1);
  const others = useMemo(() => boxes.slice(0, -1), [boxes]);
  const extents = boxes.map((one) => extentOf(one, source.grid, heat));
  const extent = extents.at(-1);
  const over = useMemo(() => percentiles && overlayOf(percentiles, calculation.column), [percentiles, calculation]);
  const earlier = useMemo(() => {
    const lines = before?.lines[index];
    return before && lines && { grid: before.grid, lines };
  }, [before, index]);
  const datasets = useMemo(() => ran.datasets.map((name) => name.replaceAll("`", "")), [ran]);
  const addressOf = (next: readonly Box[]): string[] => next.map((one) => printBox(one.calc, extentOf(one, source.grid, heat)));
  const setBoxes = (next: readonly Box[], opens: boolean) => {
    setPoint(undefined);
    change({ box: addressOf(next), sel: null, ...(opens ? { tab: "bubbleup" } : {}) });
    const several = next.length > 1 ? `${next.length} boxes, taken together` : "";
    if (next.length > 0) announce(opens ? `Comparing ${several || "the box"} with the rest; panels follow the graph` : `${several || "Box drawn"}; its menu follows the graph`);
  };
  const setBox = (next: Box | undefined, how: BoxChange) => {
    if (!next) return setBoxes(others, false);
    // The same cells twice are one box.
    const beside = how === "alone" ? [] : how === "add" ? boxes : others;
    setBoxes([...beside.filter((one) => cellsOf(one) !== cellsOf(next)), next], bubbleUpOnDrag.get());
  };
  // The hand is elsewhere by then: nothing opens under it, and there is no step to go back.
  const leaveBox = (next: Box) => change({ box: addressOf([...others, next]), sel: null }, "replace");
  const chooseBox = (next: Box) => change({ box: addressOf([...boxes.filter((one) => one !== next), next]) }, "replace");
  const inBoxes = (query: Query) => (extents.length > 1 ? withinBoxes(query, calculation.column, extents) : extent ? narrowed(query, calculation.column, extent) : query);
  const itemsOf = (at: Point): Item[] => {
    const { step, row, group } = at;
    const cell: Box = { calc: at.calc, firstStep: step, lastStep: step, ...(row === undefined ? {} : { firstRow: row, lastRow: row }) };
    const { start, end, ...values } = extentOf(cell, source.grid, heat);
    const own = group === undefined ? [] : breakdowns.map((column, n) => equals(column, results[group]?.group[n] ?? null));
    const excluded = group === undefined ? [] : breakdowns.map((column, n) => equals(column, results[group]?.group[n] ?? null, true));
    return [
      { label: "Open a trace here", run: () => void openTrace(env, ran, source, calculation, results.map((result) => result.group), at) },
      { label: "Show events", run: () => run(own.reduce(withCondition, narrowed(ran, calculation.column, values)), { ...zoomed(absolute({ start, end })), tab: "raw" }) },
      { label: "Compare to rest", run: () => setBoxes([cell], true) },
      { label: "Zoom in here", run: () => change(zoomed(absolute({ start: source.grid.first + (step - 2) * source.grid.step, end: source.grid.first + (step + 3) * source.grid.step }))) },
      ...(own.length > 0 ? [{ label: `Only ${source.names[group ?? 0] ?? "this group"}`, run: () => run(own.reduce(withCondition, ran)) }] : []),
      ...excluded.map((condition, n) => ({ label: excluded.length === 1 ? "Exclude it" : `Exclude ${own[n]}`, run: () => run(withCondition(ran, condition)) })),
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
      others={others}
      onChoose={chooseBox}
      onZoom={(next) => (setPoint(undefined), change({ ...zoomed(absolute(extentOf(next, source.grid, heat))), box: null }))}
      onRange={(range) => change(zoomed(absolute(range)))}
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
            <button type="button" className="button" onClick={() => change(zoomed(absolute(timesOfBoxes(extents))))}>
              Zoom
            </button>
            <button type="button" className="button" onClick={() => run(inBoxes(ran), { ...zoomed(absolute(timesOfBoxes(extents))), tab: "raw" })}>
              Show events
            </button>
            {(extent.low !== undefined || extents.length > 1) && (
              <button type="button" className="button" onClick={() => run(inBoxes(ran))}>
                Filter
              </button>
            )}
            <button type="button" className="button" {...editing} onClick={() => markerForm.set(timesOfBoxes(extents))}>
              Add marker
            </button>
            <button type="button" className="button plain square" aria-label={extents.length > 1 ? "Remove all boxes" : "Remove the box"} onClick={() => change({ box: null })}>
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

/** The query with its events in one of several boxes: a calculated field says which lie there. */
function withinBoxes(query: Query, column: string, extents: readonly Extent[]): Query {
  const taken = new Set(query.fields.map((piece) => definitionOf(piece).name));
  let name = "in_boxes";
  for (let n = 2; taken.has(name); n++) name = `in_boxes_${n}`;
  return withCondition(withDefinition(query, { name, expression: expressionOf(extents, columnReference(column)) }), `${name} = true`);
}
