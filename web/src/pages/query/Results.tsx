import { useMemo, useState } from "react";
import { type Asked, type QueryAnswer, useRun } from "../../api/hooks";
import { type Box, type Extent, boxOf, extentOf, printBox, readBox } from "../../charts/box";
import { useAddress, useChange } from "../../lib/address";
import { parseJson } from "../../lib/json";
import { bubbleUpOnDrag, percentileLines } from "../../lib/preferences";
import { useStore } from "../../lib/store";
import { beforeOf, offsetOf } from "../../model/before";
import { asking, columnText, equals, isHeatmap, withCondition } from "../../model/query";
import { absolute } from "../../model/range";
import { type Calculation, type Graphs, drawnGraphs, graphsOf } from "../../model/series";
import { type Item, MenuList } from "../../ui/Menu";
import { EmptyState, ErrorState, Skeleton, Waiting } from "../../ui/States";
import { useZoomChanges } from "../../ui/TimePicker";
import { announce } from "../../ui/announce";
import { markerForm } from "../../ui/markers";
import { timeText, useTime } from "../../ui/view";
import { Notes, Nothing, StatusLine } from "./Answer";
import { BubbleUp, type Selected } from "./BubbleUp";
import { Graph } from "./Graph";
import { SummaryTable } from "./SummaryTable";
import { type Point, openTrace } from "./point";
import type { QueryState } from "./state";

interface ResultsProps {
  env: string;
  state: QueryState;
  answer: Asked<QueryAnswer>;
  time: string;
  times: number;
}

/** Groups that are drawn as lines: more cannot be told apart. */
const DRAWN_GROUPS = 12;
const PERCENTILES = ["P50", "P95", "P99"];

/** Graphs and the table of groups. */
export function Results({ env, state, answer, time, times }: ResultsProps) {
  const { ran, run } = state;
  const { params } = useAddress();
  const change = useChange();
  const zoomed = useZoomChanges();
  const { zone, window: shown } = useTime();
  const [point, setPoint] = useState<Point>();
  const data = answer.data;
  const graphs = useMemo(() => (data ? graphsOf(data) : undefined), [data]);
  // A heatmap shows all events, whatever the groups.
  const heatCalcs = ran.calcs.filter(isHeatmap);
  const isGrouped = ran.groupBy.length > 0;
  const whole = useRun(env, `${asking(ran, heatCalcs, { step: ran.step })} ${time}`, ["series"], times, isGrouped && heatCalcs.length > 0);
  const wholeGraphs = useMemo(() => (whole.data && isGrouped ? graphsOf(whole.data) : undefined), [whole.data, isGrouped]);
  // Percentiles over a heatmap are asked apart: the cells do not wait for them.
  const withPercentiles = useStore(percentileLines);
  const heatColumns = [...new Set(heatCalcs.map((calc) => /\((.*)\)/s.exec(calc)?.[1]?.trim() ?? ""))].filter(Boolean);
  const percentiles = useRun(env, `${asking(ran, heatColumns.flatMap((column) => PERCENTILES.map((op) => `${op}(${column})`)), { step: ran.step })} ${time}`, ["series"], times, withPercentiles && heatColumns.length > 0);
  const percentileGraphs = useMemo(() => (percentiles.data ? graphsOf(percentiles.data) : undefined), [percentiles.data]);
  const offset = offsetOf(params.get("cmp"), shown.end - shown.start);
  const lineCalcs = ran.calcs.filter((calc) => !isHeatmap(calc));
  const then = useRun(env, `${asking(ran, ran.calcs, { groupBy: ran.groupBy, orderBy: ran.orderBy, limit: ran.limit, step: ran.step })} ${timeText({ start: shown.start - (offset ?? 0), end: shown.end - (offset ?? 0) })}`, ["series"], times, offset !== undefined && (lineCalcs.length > 0 || ran.calcs.length === 0));
  const before = useMemo(() => (data && then.data && offset !== undefined ? beforeOf(data, then.data, offset) : undefined), [data, then.data, offset]);
  const shownGroups = useMemo(() => Array.from({ length: Math.min(DRAWN_GROUPS, graphs?.names.length ?? 0) }, (_, n) => n), [graphs]);

  if (!data || !graphs) {
    return (
      <div className="results">
        <Waiting asked={answer} />
        <Skeleton height={240} label="Asking" />
        <Skeleton height={160} label="Asking" />
      </div>
    );
  }
  const drawn = drawnGraphs(graphs, isGrouped ? wholeGraphs : graphs);
  const kept = readBox(params.get("box"));
  const keptBox = (calc: number, source: Graphs, calculation: Calculation) => (kept && kept.calc === calc ? boxOf(kept.extent, calc, source.grid, calculation.heat) : undefined);
  const setBox = (box: Box | undefined, source: Graphs, calculation: Calculation, opens = box !== undefined && bubbleUpOnDrag.get()) => {
    setPoint(undefined);
    change({ box: box ? printBox(box.calc, extentOf(box, source.grid, calculation.heat)) : null, sel: null, ...(opens ? { tab: "bubbleup" } : {}) });
    if (box) announce(opens ? "Comparing the box with the rest; panels follow the graph" : "Box drawn; its menu follows the graph");
  };
  // The hand is elsewhere by then: nothing opens under it, and there is no step to go back.
  const leaveBox = (box: Box, source: Graphs, calculation: Calculation) => change({ box: printBox(box.calc, extentOf(box, source.grid, calculation.heat)), sel: null }, "replace");
  const selected = selectedOf(params.get("sel"), data.breakdowns, kept?.extent, kept ? drawn[kept.calc]?.calculation : undefined);
  const isComparing = state.tab === "bubbleup";
  const heatmaps = drawn.filter(({ calculation }) => calculation.op === "HEATMAP").length;
  const groups = data.results.map(({ group }) => group);

  if (data.results.length === 0 || data.cost.rows_matched === 0) return <Nothing env={env} state={state} data={data} time={time} />;
  const pointItems = (at: Point, source: Graphs, calculation: Calculation): Item[] => {
    const { step, row, group } = at;
    const cell: Box = { calc: at.calc, firstStep: step, lastStep: step, ...(row === undefined ? {} : { firstRow: row, lastRow: row }) };
    const extent = extentOf(cell, source.grid, calculation.heat);
    const own = group === undefined ? [] : data.breakdowns.map((column, n) => equals(column, groups[group]?.[n] ?? null));
    return [
      { label: "Open a trace here", run: () => void openTrace(env, ran, source, calculation, groups, at) },
      { label: "Show events", run: () => run(own.reduce(withCondition, narrowed(ran, calculation.column, extent)), { ...zoomed(absolute(extent)), tab: "raw" }) },
      { label: "Compare to rest", run: () => setBox(cell, source, calculation, true) },
      { label: "Zoom in here", run: () => change(zoomed(absolute({ start: source.grid.first + (step - 2) * source.grid.step, end: source.grid.first + (step + 3) * source.grid.step }))) },
      ...(own.length > 0 ? [{ label: `Only ${source.names[group ?? 0] ?? "this group"}`, run: () => run(own.reduce(withCondition, ran)) }] : []),
      ...(own.length === 1 ? [{ label: "Exclude it", run: () => run(withCondition(ran, equals(data.breakdowns[0] ?? "", groups[group ?? 0]?.[0] ?? null, true))) }] : []),
      { label: "Add marker", run: () => markerForm.set({ start: extent.start }) },
    ];
  };
  return (
    <div className={answer.isPlaceholderData ? "results stale" : "results"} aria-busy={answer.isFetching}>
      {answer.isFetching && <div className="loading-bar" />}
      <Waiting asked={answer} />
      {answer.error && <ErrorState error={answer.error} retry={() => void answer.refetch()} />}
      <StatusLine data={data} />
      <Notes data={data} />
      {then.error && offset !== undefined && <ErrorState error={then.error} retry={() => void then.refetch()} />}
      {drawn.map(({ calculation, source, index, names }) => {
        // Under BubbleUp only what the box lies on: the panels are what is looked at.
        if (isComparing && selected && (selected.group !== undefined || kept?.calc !== index)) return null;
        if (!source) {
          return whole.error ? <ErrorState key={index} error={whole.error} retry={() => void whole.refetch()} /> : <Skeleton key={index} height={294} label={`Asking for ${calculation.label} of all events`} />;
        }
        const box = keptBox(index, source, calculation);
        const extent = box && extentOf(box, source.grid, calculation.heat);
        const isHeat = calculation.heat !== undefined;
        const over = isHeat && withPercentiles ? overlayOf(percentileGraphs, calculation.column) : undefined;
        const earlier = before?.lines[index];
        return (
          <Graph
            key={`${calculation.label}${index}`}
            calculation={calculation}
            index={index}
            source={source}
            names={names}
            zone={zone}
            height={isHeat ? (isComparing && selected ? 140 : heatmaps > 1 ? 200 : 260) : isComparing && selected ? 120 : 168}
            shownGroups={isHeat ? [] : shownGroups}
            box={box}
            over={over}
            before={!isHeat && earlier && before ? { grid: before.grid, lines: earlier } : undefined}
            datasets={ran.datasets.map((name) => name.replaceAll("`", ""))}
            onBox={(next) => setBox(next, source, calculation)}
            onLeave={(next) => leaveBox(next, source, calculation)}
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
                  <button type="button" className="button" onClick={() => markerForm.set({ start: extent.start, end: extent.end })}>
                    Add marker
                  </button>
                  <button type="button" className="button plain square" aria-label="Remove the box" onClick={() => change({ box: null })}>
                    ×
                  </button>
                </>
              )
            }
          >
            {point?.calc === index && (
              <span className="anchor" style={{ position: "absolute", left: point.x, top: point.y }}>
                <MenuList
                  name="This point"
                  className="layer"
                  close={(focus) => {
                    setPoint(undefined);
                    if (focus) document.querySelector<HTMLElement>(`[data-graph="${index}"] .chart`)?.focus();
                  }}
                  items={pointItems(point, source, calculation)}
                />
              </span>
            )}
          </Graph>
        );
      })}
      {isComparing ? (
        selected ? (
          <BubbleUp env={env} time={time} selected={selected} state={state} times={times} />
        ) : (
          <EmptyState title="Draw a box on a graph">
            <p className="why">Drag over what looks odd, such as the slow corner of the heatmap. What those events have in common, and the others have not, stands here then.</p>
            <p className="quiet">With the keyboard: focus a graph, arrows move, Enter starts the box, arrows grow it, Enter ends it.</p>
          </EmptyState>
        )
      ) : (
        <SummaryTable data={data} graphs={graphs} state={state} before={before?.values} />
      )}
    </div>
  );
}

/** The selection of the address: a group, or a box. */
function selectedOf(group: string | null, breakdowns: readonly string[], extent: Extent | undefined, calculation: Calculation | undefined): Selected | undefined {
  if (group) {
    try {
      const values = parseJson(group);
      if (Array.isArray(values)) return { group: breakdowns.map((column, n) => ({ column, value: (values as unknown[])[n] ?? null })) };
    } catch {
      // As good as none.
    }
  }
  if (!extent) return undefined;
  return { extent, column: calculation?.op === "HEATMAP" ? calculation.column : undefined };
}

/** The percentiles of a column, as lines over its heatmap. */
function overlayOf(graphs: Graphs | undefined, column: string): { name: string; line: Float64Array }[] | undefined {
  const found = (graphs?.calculations ?? []).filter((calculation) => calculation.column === column);
  return found.length === 0 ? undefined : found.map(({ op, lines }) => ({ name: op, line: lines[0] ?? new Float64Array() }));
}

/** The query with the values of a box as conditions. */
function narrowed(query: QueryState["ran"], column: string, { low, high }: { low?: number; high?: number }) {
  let next = query;
  if (low !== undefined && Number.isFinite(low)) next = withCondition(next, `${columnText(column)} >= ${low}`);
  if (high !== undefined && Number.isFinite(high)) next = withCondition(next, `${columnText(column)} < ${high}`);
  return next;
}
