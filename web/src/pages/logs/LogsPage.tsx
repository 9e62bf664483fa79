import "../query/query.css";
import "../../ui/page.css";
import { useEffect, useMemo, useRef } from "react";
import { type Asked, type EventsAnswer, type Row, useEvents, useRow, useRun } from "../../api/hooks";
import { Legend } from "../../charts/Legend";
import { type Colours, slotColour, useColours } from "../../charts/colours";
import { useAddress, useChange } from "../../lib/address";
import { exact } from "../../lib/format";
import { useStore } from "../../lib/store";
import { clock, isOneDay, nsToMs, widened } from "../../lib/time";
import { levelsOf, withLevel } from "../../model/levels";
import { type Query, asking, equals, printQuery, readQuery, whereText, withCondition } from "../../model/query";
import { isBefore } from "../../model/gap";
import { absolute, isRelative } from "../../model/range";
import { graphsOf } from "../../model/series";
import { Fields, fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { Menu } from "../../ui/Menu";
import { Notes } from "../../ui/Notes";
import { useTitle } from "../../ui/Shell";
import { EmptyState, ErrorState, Skeleton, Waiting, useIsEmpty } from "../../ui/States";
import { useZoom } from "../../ui/TimePicker";
import { useHeldQuestion } from "../../ui/held";
import { Icon } from "../../ui/icons";
import { isShortcut } from "../../ui/keys";
import { asked, askAgain, pageAddress, timeText, useTime, useView } from "../../ui/view";
import { ClauseEditor } from "../query/ClauseEditor";
import { Graph } from "../query/Graph";
import { timesOf, traceAddress } from "../query/RawData";
import { saveEvents } from "../query/rows";
import { Lines } from "./Lines";
import { type Position, Tail } from "./Tail";

const LOGS = "meta.signal_type = log";
const LIMIT = 2_000;
/** Lines are followed, and paused. */
const HELD = "held";
const LEVELS = ["error", "warn", "info", "debug"];
const COLUMNS = ["body", "name", "severity", "service.name", "trace.trace_id", "trace.parent_id", "trace.span_id", "exception.type"];

/** Log lines: how many by level, the lines themselves, and those that arrive. */
export function LogsPage() {
  useTitle("Logs");
  const { env } = useView();
  const { params } = useAddress();
  const change = useChange();
  const zoom = useZoom();
  const { window: shown, range, zone, live } = useTime();
  const { times } = useStore(asked);
  const held = params.get("tail") === HELD;
  const tailing = held || params.get("tail") === "1";
  const time = timeText(shown);
  const query = readQuery(params.get("q") ?? "");
  const own = withCondition(query, LOGS);
  const levels = useRun(env, `${asking(own, ["COUNT"], { groupBy: ["severity"] })} ${time}`, ["series"], times, !tailing);
  const box = useRef<HTMLDivElement>(null);
  const selected = params.get("event") ?? undefined;
  // Under Live, what is looked at stays where it is.
  const list = useHeldQuestion(box, { time, times, what: whereText(own) }, live && !tailing, selected !== undefined || (box.current?.scrollTop ?? 0) > 0);
  const lines = useEvents(env, { text: `${whereText(own)} ${list.time}`, limit: LIMIT, columns: COLUMNS }, list.times, !tailing);
  const graphs = useMemo(() => levels.data && graphsOf(levels.data), [levels.data]);
  const colours = useColours();
  const groupColours = useMemo(() => (graphs?.names ?? []).map((level) => levelColour(level, colours)), [graphs, colours]);
  const empty = useIsEmpty(env);
  const select = (row: Row | undefined) => change({ event: row?.seq ?? null }, "replace");
  const set = (next: Query) => {
    askAgain();
    change({ q: printQuery({ ...next, where: next.where.map(({ text, off }) => ({ text: free(text), off })) }), event: null });
  };
  const pieces = (next: readonly { text: string; off?: boolean }[]) => set({ ...query, where: next.map(({ text, off }) => ({ text, off: off ?? false })) });
  const first = graphs?.calculations[0];
  const on = levelsOf(query);
  const row = lines.data?.rows.find(({ seq }) => seq === selected);
  const follow = () => {
    // What came meanwhile is among the lines that stand there then.
    if (tailing) askAgain();
    change({ tail: tailing ? null : "1" });
  };
  const position = positionOf(tailing, isRelative(range), lines);
  const latest = useRef(follow);
  latest.current = follow;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "f" || !isShortcut(event)) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  const hasLines = (lines.data?.rows.length ?? 0) > 0;
  const followed = useRef(false);
  // The focus that went away with the lines that were followed goes on in those that stand there then.
  useEffect(() => {
    if (tailing) followed.current = true;
    else if (followed.current && hasLines) {
      followed.current = false;
      if (document.activeElement === document.body) box.current?.focus();
    }
  }, [tailing, hasLines]);
  const about = (line: Row, close: () => void) => <Line env={env} row={line} close={close} filter={(column, value, negated) => set(withCondition(query, equals(column, value, negated)))} />;
  if (empty) return <div className="page"><h1>Logs</h1>{empty}</div>;
  return (
    <div className="page">
      <div className="page-head">
        <h1>Logs</h1>
        {LEVELS.map((level) => (
          <button key={level} type="button" className="button" aria-pressed={on.includes(level)} onClick={() => set(withLevel(query, level))}>
            {level}
          </button>
        ))}
        <button type="button" className={tailing ? "button primary" : "button"} aria-pressed={tailing} onClick={follow}>
          {tailing ? "Stop following" : "Follow"} <kbd>f</kbd>
        </button>
      </div>
      <section className="builder" aria-label="Conditions">
        <ClauseEditor clause="where" label="WHERE" placeholder="all log lines; words without an operator are searched in the text" wide context={{ env, range: time, calcs: [], groupBy: [], search: true, always: [LOGS], isOr: query.join === "OR" }} pieces={query.where} onChange={pieces} onRun={pieces} />
      </section>
      {tailing ? (
        <Tail env={env} filter={whereText(own).replace(/^WHERE /, "")} position={position} zone={zone} selected={selected} select={select} paused={held} setPaused={(is) => change({ tail: is ? HELD : "1" }, "replace")} about={about} />
      ) : (
        <>
          {levels.error && !levels.data && !lines.error && <ErrorState error={levels.error} retry={() => void levels.refetch()} />}
          {!levels.data && !levels.error && <Skeleton height={144} label="Asking for lines by level" />}
          {graphs && first && graphs.names.length > 0 && (
            <Graph
              title="Lines by level"
              calculation={first}
              index={0}
              source={graphs}
              names={graphs.names}
              zone={zone}
              height={110}
              shownGroups={graphs.names.map((_, n) => n).slice(0, 8)}
              groupColours={groupColours}
              box={undefined}
              onBox={(part) => part && zoom(absolute({ start: graphs.grid.first + part.firstStep * graphs.grid.step, end: graphs.grid.first + (part.lastStep + 1) * graphs.grid.step }))}
              onPoint={({ step, group }) => {
                const level = group === undefined ? undefined : levels.data?.results[group]?.group[0];
                if (typeof level === "string" && !on.includes(level)) set(withLevel(query, level));
                zoom(absolute({ start: graphs.grid.first + step * graphs.grid.step, end: graphs.grid.first + (step + 1) * graphs.grid.step }));
              }}
            >
              <Legend names={graphs.names} groups={graphs.names.map((_, n) => n).slice(0, 8)} groupColours={groupColours} />
            </Graph>
          )}
          <Waiting asked={{ isFetching: lines.isFetching, data: lines.data, error: lines.error, refetch: () => void Promise.all([lines.refetch(), levels.refetch()]) }} name="the lines" />
          {lines.error && <ErrorState error={lines.error} retry={() => void lines.refetch()} />}
          {!lines.data && !lines.error && <Skeleton height={400} label="Asking" />}
          {lines.data?.rows.length === 0 && (
            <EmptyState title="No log lines">
              <Notes data={lines.data} />
              <p className="why">
                {query.where.length > 0 ? "No log record of this range meets the conditions: take one away, or widen the range with Shift-Z." : "No log record lies in this range. Log records arrive over OTLP as spans do, at /v1/logs; a wider range may have some: press Shift-Z."}
              </p>
            </EmptyState>
          )}
          {lines.data && lines.data.rows.length > 0 && (
            <div className={lines.isPlaceholderData ? "stale" : ""}>
              <Notes data={[lines.data, levels.data && { ...levels.data, notes: levels.data.notes.filter(({ kind }) => kind === "partial") }]} />
              <div className="status-line" style={{ alignItems: "center", marginBottom: 8 }}>
                <span>{lines.data.next ? `The newest ${exact(lines.data.rows.length)} lines; narrow the range for the others` : `${exact(lines.data.rows.length)} ${lines.data.rows.length === 1 ? "line" : "lines"}`}</span>
                {list.isHeld && list.isOlder && (
                  <button type="button" className="button" onClick={() => (select(undefined), box.current?.scrollTo(0, 0), list.renew(), box.current?.focus())}>
                    Newer lines are there: show them
                  </button>
                )}
                <Menu
                  label="Download"
                  items={[
                    { label: "CSV, all fields", run: () => void saveEvents(env, `${whereText(own)} ${list.time}`, "csv", new Date()) },
                    { label: "JSON lines, all fields", run: () => void saveEvents(env, `${whereText(own)} ${list.time}`, "ndjson", new Date()) },
                  ]}
                />
              </div>
              <div className={row ? "beside open" : "beside"}>
                <Lines rows={lines.data.rows} zone={zone} isShort={isOneDay(widened(shown, timesOf(lines.data.rows)), zone)} label="Log lines, newest first" selected={selected} select={select} box={box} />
                {row && about(row, () => (select(undefined), box.current?.focus()))}
              </div>
            </div>
          )}
        </>
      )}
    </div>
  );
}

/** Where the list that stood there ended, when it was of the present: what has come since belongs to what is followed. */
function positionOf(isFollowed: boolean, isPresent: boolean, { data, dataUpdatedAt, isPlaceholderData }: Pick<Asked<EventsAnswer>, "data" | "dataUpdatedAt" | "isPlaceholderData">): Position | undefined {
  if (!isFollowed || !isPresent || !data || isPlaceholderData) return undefined;
  const last = data.rows.reduce<Row | undefined>((newest, row) => (newest && isBefore(row, newest) ? newest : row), undefined);
  return { at: dataUpdatedAt, last };
}

/** A line with all its fields, and what was logged around it. */
function Line({ env, row, close, filter }: { env: string; row: Row; close: () => void; filter: (column: string, value: unknown, negated: boolean) => void }) {
  const { zone } = useTime();
  const full = useRow(env, row);
  const at = nsToMs(row.time_ns);
  const around = absolute({ start: at - 15_000, end: at + 15_000 });
  return (
    <aside
      className="details"
      aria-label="Line"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <header>
        <strong className="grow cut">{clock(at, zone, "ms")}</strong>
        {typeof row.fields["trace.trace_id"] === "string" && (
          <Link className="button" to={traceAddress(row)}>
            Open trace
          </Link>
        )}
        <Link className="button" to={pageAddress("/logs", { from: around.from, to: around.to, event: row.seq })}>
          Surrounding 30 s
        </Link>
        <button type="button" className="button plain square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <pre className="line-text">{fieldText(full.data?.fields.body ?? row.fields.body ?? "")}</pre>
      {full.error && <ErrorState error={full.error} retry={() => void full.refetch()} />}
      <Fields fields={full.data?.fields ?? row.fields} first={["severity", "service.name", "name", "trace.trace_id"]} onFilter={filter} />
    </aside>
  );
}

/** Errors are red and warnings amber, here as in the lines. */
function levelColour(level: string, colours: Colours): string {
  if (/^(error|fatal)/.test(level)) return colours.error;
  if (level.startsWith("warn")) return colours.warn;
  return level.startsWith("info") ? slotColour(colours, 0) : colours.text3;
}

/** A word without an operator is looked for in the text. */
function free(text: string): string {
  return /^[^\s"=<>!~?^$]+ = \s*$/.test(text) || /[\s=<>!~?^$]/.test(text.trim()) ? text : `body contains ${text}`;
}
