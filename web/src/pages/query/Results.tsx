import { useCallback, useMemo, useState } from "react";
import { type Asked, type QueryAnswer, useRun, useUnits } from "../../api/hooks";
import { slotColour, useColours } from "../../charts/colours";
import { readBoxes } from "../../charts/box";
import { useAddress, useChange } from "../../lib/address";
import { plural } from "../../lib/format";
import { parseJson, printJson } from "../../lib/json";
import { percentileLines } from "../../lib/preferences";
import { useStore } from "../../lib/store";
import { beforeOf, offsetOf } from "../../model/before";
import { hasNothing } from "../../model/nothing";
import { asking, isHeatmap } from "../../model/query";
import { type Calculation, drawnGraphs, graphsOf } from "../../model/series";
import { Notes } from "../../ui/Notes";
import { EmptyState, ErrorState, Skeleton, Waiting } from "../../ui/States";
import { announce } from "../../ui/announce";
import { timeText, useTime } from "../../ui/view";
import { Nothing, StatusLine } from "./Answer";
import { BubbleUp } from "./BubbleUp";
import type { Selected } from "./compared";
import { Closer } from "./Closer";
import { ResultGraph } from "./ResultGraph";
import { SummaryTable } from "./SummaryTable";
import type { Point } from "./point";
import { useSlots } from "./slots";
import type { RanQuery } from "./state";

interface ResultsProps {
  env: string;
  state: RanQuery;
  answer: Pick<Asked<QueryAnswer>, "data" | "isPlaceholderData" | "isFetching" | "error" | "refetch">;
  time: string;
  times: number;
}

/** Groups that are drawn as lines: more cannot be told apart. */
const DRAWN_GROUPS = 12;
const NO_GROUPS: readonly number[] = [];
/** A heatmap is of all events: an answer by groups does not draw it again. */
const NO_RESULTS: QueryAnswer["results"] = [];
const NO_BREAKDOWNS: readonly string[] = [];
const PERCENTILES = ["P50", "P95", "P99"];

/** Graphs and the table of groups. */
export function Results({ env, state, answer, time, times }: ResultsProps) {
  const { ran, run } = state;
  const { params } = useAddress();
  const { window: shown } = useTime();
  const [point, setPoint] = useState<Point>();
  const boxText = params.getAll("box").join(" ");
  const kept = useMemo(() => readBoxes(boxText.split(" ")), [boxText]);
  const data = answer.data;
  const units = useUnits(env, ran.calcs);
  const graphs = useMemo(() => (data ? graphsOf(data) : undefined), [data, units]);
  // A heatmap shows all events, whatever the groups.
  const heatCalcs = ran.calcs.filter(isHeatmap);
  const isGrouped = ran.groupBy.length > 0;
  const whole = useRun(env, `${asking(ran, heatCalcs, { step: ran.step })} ${time}`, ["series"], times, isGrouped && heatCalcs.length > 0);
  const wholeGraphs = useMemo(() => (whole.data && isGrouped ? graphsOf(whole.data) : undefined), [whole.data, isGrouped, units]);
  // Percentiles over a heatmap are asked apart: the cells do not wait for them.
  const withPercentiles = useStore(percentileLines);
  const heatColumns = [...new Set(heatCalcs.map((calc) => /\((.*)\)/s.exec(calc)?.[1]?.trim() ?? ""))].filter(Boolean);
  const percentiles = useRun(env, `${asking(ran, heatColumns.flatMap((column) => PERCENTILES.map((op) => `${op}(${column})`)), { step: ran.step })} ${time}`, ["series"], times, withPercentiles && heatColumns.length > 0);
  const percentileGraphs = useMemo(() => (percentiles.data ? graphsOf(percentiles.data) : undefined), [percentiles.data, units]);
  const offset = offsetOf(params.get("cmp"), shown.end - shown.start);
  const lineCalcs = ran.calcs.filter((calc) => !isHeatmap(calc));
  const then = useRun(env, `${asking(ran, ran.calcs, { groupBy: ran.groupBy, orderBy: ran.orderBy, limit: ran.limit, step: ran.step })} ${timeText({ start: shown.start - (offset ?? 0), end: shown.end - (offset ?? 0) })}`, ["series"], times, offset !== undefined && (lineCalcs.length > 0 || ran.calcs.length === 0));
  const before = useMemo(() => (data && then.data && offset !== undefined ? beforeOf(data, then.data, offset) : undefined), [data, then.data, offset]);
  const chosen = params.get("lines");
  const usual = useMemo(() => Array.from({ length: Math.min(DRAWN_GROUPS, graphs?.names.length ?? 0) }, (_, n) => n), [graphs]);
  const shownGroups = useMemo(() => chosenRows(chosen, data?.results ?? []) ?? usual, [chosen, data, usual]);
  const change = useChange();
  const drawLines = useCallback(
    (rows: readonly number[] | undefined) => {
      const isUsual = rows === undefined || (rows.length === usual.length && rows.every((row) => usual.includes(row)));
      change({ lines: isUsual ? null : printJson(rows.map((row) => data?.results[row]?.group)) }, "replace");
      announce(isUsual ? "All groups are drawn" : `${plural(rows.length, "group")} drawn`);
    },
    [change, usual, data],
  );

  const slots = useSlots(env, data);
  const colours = useColours();
  const groupColours = useMemo(() => (isGrouped ? slots.map((slot) => slotColour(colours, slot)) : undefined), [isGrouped, slots, colours]);

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
  const selected = selectedOf(params.get("sel"), data.breakdowns, kept?.extents, kept ? drawn[kept.calc]?.calculation : undefined);
  const isComparing = state.tab === "bubbleup";
  const heatmaps = drawn.filter(({ calculation }) => calculation.op === "HEATMAP").length;
  if (hasNothing(data)) return <Nothing env={env} state={state} data={data} time={time} />;
  return (
    <div className={answer.isPlaceholderData ? "results stale" : "results"} aria-busy={answer.isFetching}>
      <div className="loading-bar" />
      <Waiting asked={answer} />
      {answer.error && <ErrorState error={answer.error} retry={() => void answer.refetch()} />}
      <StatusLine data={data} />
      {!isComparing && <Closer graphs={graphs} />}
      <Notes data={[data, isGrouped ? whole.data : undefined, offset === undefined ? undefined : then.data]} />
      {then.error && offset !== undefined && <ErrorState error={then.error} retry={() => void then.refetch()} />}
      {drawn.map(({ calculation, source, index, names }) => {
        // Under BubbleUp only what the box lies on: the panels are what is looked at.
        if (isComparing && selected && (selected.group !== undefined || kept?.calc !== index)) return null;
        if (!source) {
          return whole.error ? <ErrorState key={index} error={whole.error} retry={() => void whole.refetch()} /> : <Skeleton key={index} height={294} label={`Asking for ${calculation.label} of all events`} />;
        }
        const isHeat = calculation.heat !== undefined;
        return (
          <ResultGraph
            key={`${calculation.label}${index}`}
            env={env}
            ran={ran}
            run={run}
            results={isHeat ? NO_RESULTS : data.results}
            breakdowns={isHeat ? NO_BREAKDOWNS : data.breakdowns}
            calculation={calculation}
            index={index}
            source={source}
            names={names}
            height={isHeat ? (isComparing && selected ? 140 : heatmaps > 1 ? 200 : 260) : isComparing && selected ? 120 : 168}
            shownGroups={isHeat ? NO_GROUPS : shownGroups}
            groupColours={isHeat ? undefined : groupColours}
            kept={kept?.calc === index ? kept.extents : undefined}
            percentiles={isHeat && withPercentiles ? percentileGraphs : undefined}
            before={isHeat ? undefined : before}
            isComparing={isComparing}
            point={point?.calc === index ? point : undefined}
            setPoint={setPoint}
          />
        );
      })}
      {isComparing ? (
        selected ? (
          <BubbleUp env={env} window={shown} selected={selected} state={state} times={times} />
        ) : (
          <EmptyState title="Draw a box on a graph">
            <p className="why">Drag over what looks odd, such as the slow corner of the heatmap. What those events have in common, and the others have not, stands here then.</p>
            <p className="quiet">With the keyboard: focus a graph, arrows move, Enter starts the box, arrows grow it, Enter ends it.</p>
          </EmptyState>
        )
      ) : (
        <SummaryTable data={data} graphs={graphs} state={state} before={before?.values} slots={slots} drawn={shownGroups} setDrawn={drawLines} />
      )}
    </div>
  );
}

/** The rows of the groups that an address names to be drawn; nothing where none of them is there. */
function chosenRows(text: string | null, results: QueryAnswer["results"]): readonly number[] | undefined {
  if (!text) return undefined;
  try {
    const groups = parseJson(text);
    const names = new Set(Array.isArray(groups) ? groups.map((group) => printJson(group)) : []);
    const rows = results.flatMap(({ group }, row) => (names.has(printJson(group)) ? [row] : []));
    return rows.length === 0 ? undefined : rows;
  } catch {
    return undefined;
  }
}

/** The selection of the address: a group, or a box. */
function selectedOf(group: string | null, breakdowns: readonly string[], extents: Selected["extents"], calculation: Calculation | undefined): Selected | undefined {
  if (group) {
    try {
      const values = parseJson(group);
      if (Array.isArray(values)) return { group: breakdowns.map((column, n) => ({ column, value: (values as unknown[])[n] ?? null })) };
    } catch {
      // As good as none.
    }
  }
  if (!extents) return undefined;
  return { extents, column: calculation?.op === "HEATMAP" ? calculation.column : undefined };
}
