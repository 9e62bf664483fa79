import { useMemo, useState } from "react";
import type { Asked, QueryAnswer } from "../../api/hooks";
import { useRun } from "../../api/hooks";
import { boxOf, extentOf, printBox, readBox } from "../../charts/box";
import type { Box, Extent } from "../../charts/box";
import { count, exact } from "../../lib/format";
import { go, useAddress, useChange } from "../../lib/address";
import { columnText, isHeatmap, printQuery, withCondition } from "../../model/query";
import { absolute } from "../../model/range";
import { type Calculation, type Graphs, graphsOf } from "../../model/series";
import { MenuList } from "../../ui/Menu";
import { EmptyState, Skeleton } from "../../ui/States";
import { useZoom } from "../../ui/TimePicker";
import { announce } from "../../ui/announce";
import { bubbleUpOnDrag } from "../../lib/preferences";
import { pageAddress, useTime } from "../../ui/view";
import { client, ask } from "../../api/client";
import { BubbleUp, type Selected } from "./BubbleUp";
import { Graph } from "./Graph";
import { SummaryTable } from "./SummaryTable";
import type { QueryState } from "./state";

interface ResultsProps {
  env: string;
  state: QueryState;
  answer: Asked<QueryAnswer>;
  /** The conditions and datasets alone, as text. */
  where: string;
  time: string;
  times: number;
}

/** Groups that are drawn as lines: more cannot be told apart. */
const DRAWN_GROUPS = 12;

/** Graphs and the table of groups. */
export function Results({ env, state, answer, where, time, times }: ResultsProps) {
  const { ran, run, setTab } = state;
  const { params } = useAddress();
  const change = useChange();
  const zoom = useZoom();
  const { zone } = useTime();
  const [point, setPoint] = useState<{ calc: number; step: number; row: number | undefined; x: number; y: number }>();
  const data = answer.data;
  const graphs = useMemo(() => (data ? graphsOf(data) : undefined), [data]);
  // A heatmap shows all events, whatever the groups.
  const heatCalcs = ran.calcs.filter(isHeatmap);
  const isGrouped = ran.groupBy.length > 0;
  const whole = useRun(env, `${heatCalcs.join(", ")} ${where}${ran.step ? ` STEP ${ran.step}` : ""} ${time}`, ["series"], times, isGrouped && heatCalcs.length > 0);
  const wholeGraphs = useMemo(() => (whole.data && isGrouped ? graphsOf(whole.data) : undefined), [whole.data, isGrouped]);
  const shownGroups = useMemo(() => Array.from({ length: Math.min(DRAWN_GROUPS, graphs?.names.length ?? 0) }, (_, n) => n), [graphs]);

  if (!data || !graphs) {
    return (
      <div className="results">
        <Skeleton height={240} label="Asking" />
        <Skeleton height={160} label="Asking" />
      </div>
    );
  }
  const drawn = drawnGraphs(graphs, wholeGraphs);
  const kept = readBox(params.get("box"));
  const keptBox = (calc: number, source: Graphs, calculation: Calculation) => (kept && kept.calc === calc ? boxOf(kept.extent, calc, source.grid, calculation.heats[0]) : undefined);
  const setBox = (box: Box | undefined, source: Graphs, calculation: Calculation) => {
    setPoint(undefined);
    const opens = box && bubbleUpOnDrag.get();
    change({ box: box ? printBox(box.calc, extentOf(box, source.grid, calculation.heats[0])) : null, sel: null, ...(opens ? { tab: "bubbleup" } : {}) });
    if (box) announce(opens ? "Comparing the box with the rest; panels follow the graphs" : "Box drawn; its menu follows the graph");
  };
  const selected = selectedOf(params.get("sel"), data.breakdowns, kept?.extent, kept ? drawn[kept.calc]?.calculation : undefined);
  const matched = data.cost.rows_matched;
  const isStale = answer.isPlaceholderData;
  const heatmaps = drawn.filter(({ calculation }) => calculation.heats.length > 0).length;

  if (data.results.length === 0 || matched === 0) return <Nothing env={env} state={state} data={data} time={time} />;
  return (
    <div className={isStale ? "results stale" : "results"} aria-busy={answer.isFetching}>
      {answer.isFetching && <div className="loading-bar" />}
      <StatusLine data={data} />
      <Notes data={data} />
      {drawn.map(({ calculation, source, index, names }) => {
        const box = keptBox(index, source, calculation);
        const extent = box && extentOf(box, source.grid, calculation.heats[0]);
        return (
          <Graph
            key={`${calculation.label}${index}`}
            calculation={calculation}
            index={index}
            source={source}
            names={names}
            zone={zone}
            height={calculation.heats.length > 0 ? (heatmaps > 1 ? 200 : 260) : 168}
            shownGroups={calculation.heats.length > 0 ? [] : shownGroups}
            box={box}
            onBox={(next) => setBox(next, source, calculation)}
            onPoint={(step, row, at) => setPoint({ calc: index, step, row, ...at })}
            boxMenu={
              extent && (
                <>
                  {state.tab !== "bubbleup" && (
                    <button type="button" className="button primary" onClick={() => setTab("bubbleup")}>
                      Compare to rest
                    </button>
                  )}
                  <button type="button" className="button" onClick={() => zoom(absolute(extent))}>
                    Zoom
                  </button>
                  <button
                    type="button"
                    className="button"
                    onClick={() => {
                      run(narrowed(state.ran, calculation.column, extent));
                      zoom(absolute(extent));
                      setTab("raw");
                    }}
                  >
                    Show events
                  </button>
                  {extent.low !== undefined && (
                    <button type="button" className="button" onClick={() => run(narrowed(state.ran, calculation.column, extent))}>
                      Filter
                    </button>
                  )}
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
                  close={() => setPoint(undefined)}
                  items={[
                    { label: "Open a trace here", run: () => void openTrace(env, where, source, calculation, point.step, point.row) },
                    {
                      label: "Show events",
                      run: () => {
                        const extent = extentOf({ calc: index, firstStep: point.step, lastStep: point.step, ...(point.row === undefined ? {} : { firstRow: point.row, lastRow: point.row }) }, source.grid, calculation.heats[0]);
                        run(narrowed(state.ran, calculation.column, extent));
                        zoom(absolute(extent));
                        setTab("raw");
                      },
                    },
                    { label: "Zoom in here", run: () => zoom(absolute({ start: source.grid.first + (point.step - 2) * source.grid.step, end: source.grid.first + (point.step + 3) * source.grid.step })) },
                  ]}
                />
              </span>
            )}
          </Graph>
        );
      })}
      {state.tab === "bubbleup" ? (
        selected ? (
          <BubbleUp env={env} text={`COUNT ${where} ${time}`} selected={selected} state={state} times={times} />
        ) : (
          <EmptyState title="Draw a box on a graph">
            <p className="why">Drag over what looks odd, such as the slow corner of the heatmap. What those events have in common, and the others have not, stands here then.</p>
            <p className="quiet">With the keyboard: focus a graph, arrows move, Enter starts the box, arrows grow it, Enter ends it.</p>
          </EmptyState>
        )
      ) : (
        <SummaryTable data={data} graphs={graphs} state={state} />
      )}
    </div>
  );
}

/** The selection of the address: a group, or a box. */
function selectedOf(group: string | null, breakdowns: readonly string[], extent: Extent | undefined, calculation: Calculation | undefined): Selected | undefined {
  if (group) {
    try {
      const values: unknown = JSON.parse(group);
      if (Array.isArray(values)) return { group: breakdowns.map((column, n) => ({ column, value: values[n] ?? null })) };
    } catch {
      // As good as none.
    }
  }
  if (!extent) return undefined;
  return { extent, column: calculation && calculation.heats.length > 0 ? calculation.column : undefined };
}

/** Each calculation with what it is drawn from: heatmaps from all events, lines by group. */
function drawnGraphs(graphs: Graphs, whole: Graphs | undefined) {
  return graphs.calculations.map((calculation, index) => {
    const all = whole?.calculations.find(({ label }) => label === calculation.label);
    return calculation.heats.length > 0 && all ? { calculation: all, source: whole ?? graphs, index, names: [""] } : { calculation, source: graphs, index, names: graphs.names };
  });
}

/** The query with the values of a box as conditions. */
function narrowed(query: QueryState["ran"], column: string, { low, high }: { low?: number; high?: number }) {
  let next = query;
  if (low !== undefined && Number.isFinite(low)) next = withCondition(next, `${columnText(column)} >= ${low}`);
  if (high !== undefined && Number.isFinite(high)) next = withCondition(next, `${columnText(column)} < ${high}`);
  return next;
}

/** Opens the slowest trace of a point: with a value in or below the touched row. */
async function openTrace(env: string, where: string, source: Graphs, calculation: Calculation, step: number, row: number | undefined): Promise<void> {
  const heat = calculation.heats[0];
  const { start, end, high } = extentOf({ calc: 0, firstStep: step, lastStep: step, ...(row === undefined ? {} : { firstRow: row, lastRow: row }) }, source.grid, heat);
  const column = columnText(calculation.column && calculation.op !== "COUNT_DISTINCT" ? calculation.column : "duration_ms");
  const conditions = /WHERE (.*?)(?= IN |$)/.exec(where)?.[1];
  const limit = high !== undefined && Number.isFinite(high) ? `${column} < ${high}` : "trace.trace_id exists";
  const joined = conditions && / OR /.test(conditions) ? where : where.includes("WHERE") ? where.replace("WHERE ", `WHERE ${limit} AND `) : `WHERE ${limit} ${where}`;
  const text = `MAX(${column}) ${joined} GROUP BY trace.trace_id, trace.span_id ORDER BY MAX(${column}) desc LIMIT 1 FROM ${new Date(start).toISOString()} TO ${new Date(end).toISOString()}`;
  try {
    const answer = await ask(client.POST("/hive/v1/e/{env}/query", { params: { path: { env } }, body: { text, want: [] } }));
    const [trace, span] = answer.results[0]?.group ?? [];
    if (typeof trace === "string") go(pageAddress(`/trace/${trace}`, { at: String(Math.round(start)), ...(typeof span === "string" ? { span } : {}) }));
    else announce("No event here belongs to a trace");
  } catch (error) {
    announce(error instanceof Error ? error.message : "The trace could not be looked up");
  }
}

/** What was computed, in one line. */
function StatusLine({ data }: { data: QueryAnswer }) {
  const { cost } = data;
  return (
    <p className="status-line" role="status">
      <span title={exact(cost.rows_matched)}>{count(cost.rows_matched)} events matched</span>
      <span title={exact(cost.rows_scanned)}>{count(cost.rows_scanned)} looked at</span>
      <span>
        {cost.files_read} of {cost.files_read + cost.files_skipped} files read
      </span>
      <span>{Math.max(1, Math.round(cost.elapsed_ms))} ms</span>
      <span>counts scaled by sample rate</span>
      {data.groups > data.results.length && (
        <span>
          {count(data.results.length)} of {count(data.groups)} groups
        </span>
      )}
    </p>
  );
}

const QUIET_NOTES = new Set(["groups_cut"]);

function Notes({ data }: { data: QueryAnswer }) {
  const notes = data.notes.filter(({ kind }) => !QUIET_NOTES.has(kind));
  if (notes.length === 0) return null;
  return (
    <div className="notes">
      {notes.map((note) => (
        <p key={note.text} className="note">
          {note.text.charAt(0).toUpperCase() + note.text.slice(1)}.
        </p>
      ))}
    </div>
  );
}

/** No event matches: which condition excludes most. */
function Nothing({ env, state, data, time }: { env: string; state: QueryState; data: QueryAnswer; time: string }) {
  const { ran, run } = state;
  const active = ran.where.filter(({ off }) => !off);
  return (
    <EmptyState title="No events match">
      <Notes data={data} />
      {active.length === 0 ? (
        <p className="why">There are no events in this range. A wider one may have some: press Shift-Z, or use the time picker above.</p>
      ) : (
        <ul className="notes">
          {active.map((condition) => (
            <Without key={condition.text} env={env} time={time} text={condition.text} query={printQuery({ ...ran, calcs: ["COUNT"], groupBy: [], having: [], orderBy: [], limit: "", step: "", where: ran.where.filter((other) => other !== condition) }, true)} remove={() => run({ ...ran, where: ran.where.filter((other) => other !== condition) })} />
          ))}
        </ul>
      )}
    </EmptyState>
  );
}

function Without({ env, query, time, text, remove }: { env: string; query: string; time: string; text: string; remove: () => void }) {
  const answer = useRun(env, `${query} ${time}`, [], 0);
  const events = answer.data?.results[0]?.values[0];
  return (
    <li>
      Without <code className="mono">{text}</code>: {typeof events === "number" ? count(events) : "…"} events.{" "}
      <button type="button" className="button" onClick={remove}>
        Remove it
      </button>
    </li>
  );
}
