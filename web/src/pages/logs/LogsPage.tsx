import "../query/query.css";
import "../../ui/page.css";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { type Row, useEvents, useRun } from "../../api/hooks";
import { follow } from "../../api/tail";
import { useAddress, useChange } from "../../lib/address";
import { useStore } from "../../lib/store";
import { clock, nsToMs } from "../../lib/time";
import { count, exact } from "../../lib/format";
import { EMPTY, printQuery, readQuery, withCondition } from "../../model/query";
import { absolute } from "../../model/range";
import { graphsOf } from "../../model/series";
import { fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { EmptyState, ErrorState, Skeleton } from "../../ui/States";
import { useZoom } from "../../ui/TimePicker";
import { asked, askAgain, timeText, useTime, useView } from "../../ui/view";
import { ClauseEditor } from "../query/ClauseEditor";
import { Graph } from "../query/Graph";
import { traceAddress } from "../query/RawData";

const LOGS = "meta.signal_type = log";
const LIMIT = 2_000;
const ROW = 24;
const OVERSCAN = 20;

/** Log lines: how many by level, the lines themselves, and those that arrive. */
export function LogsPage() {
  useTitle("Logs");
  const { env } = useView();
  const { params } = useAddress();
  const change = useChange();
  const zoom = useZoom();
  const { window: shown, zone } = useTime();
  const { times } = useStore(asked);
  const tailing = params.get("tail") === "1";
  const time = timeText(shown);
  const query = readQuery(params.get("q") ?? "");
  const conditions = [LOGS, ...query.where.filter(({ off }) => !off).map(({ text }) => text)];
  const where = `WHERE ${conditions.join(" AND ")}`;
  const levels = useRun(env, `COUNT ${where} GROUP BY severity ${time}`, ["series"], times, !tailing);
  const lines = useEvents(env, { text: `${where} ${time}`, limit: LIMIT, columns: ["body", "name", "severity", "service.name", "trace.trace_id", "trace.parent_id", "exception.type"] }, times, !tailing);
  const graphs = useMemo(() => levels.data && graphsOf(levels.data), [levels.data]);
  const set = (next: readonly { text: string; off?: boolean }[]) => {
    askAgain();
    change({ q: printQuery({ ...EMPTY, where: next.map(({ text, off }) => ({ text: free(text), off: off ?? false })) }) });
  };
  const first = graphs?.calculations[0];
  return (
    <div className="page">
      <div className="page-head">
        <h1>Logs</h1>
        {["error", "warn"].map((level) => (
          <button key={level} type="button" className="button" onClick={() => set(withCondition(query, `severity = ${level}`).where)}>
            + {level}
          </button>
        ))}
        <button type="button" className={tailing ? "button primary" : "button"} aria-pressed={tailing} onClick={() => change({ tail: tailing ? null : "1" })}>
          {tailing ? "Stop following" : "Follow"}
        </button>
      </div>
      <section className="builder" aria-label="Conditions">
        <ClauseEditor clause="where" label="WHERE" placeholder="all log lines; a word without an operator searches the text" wide context={{ env, range: time, calcs: [], groupBy: [] }} pieces={query.where} onChange={set} onRun={set} />
      </section>
      {tailing ? (
        <Tail env={env} filter={conditions.join(" AND ")} zone={zone} />
      ) : (
        <>
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
              box={undefined}
              onBox={(box) => box && zoom(absolute({ start: graphs.grid.first + box.firstStep * graphs.grid.step, end: graphs.grid.first + (box.lastStep + 1) * graphs.grid.step }))}
              onPoint={() => undefined}
            />
          )}
          {lines.error && !lines.data && <ErrorState error={lines.error} retry={() => void lines.refetch()} />}
          {!lines.data && !lines.error && <Skeleton height={400} label="Asking" />}
          {lines.data?.rows.length === 0 && (
            <EmptyState title="No log lines">
              <p className="why">No log record of this range meets the conditions. Log records arrive over OTLP as spans do, at /v1/logs.</p>
            </EmptyState>
          )}
          {lines.data && lines.data.rows.length > 0 && (
            <>
              <p className="status-line">
                <span>{lines.data.next ? `The newest ${exact(lines.data.rows.length)} lines; narrow the range for the others` : `${exact(lines.data.rows.length)} lines`}</span>
              </p>
              <Lines rows={lines.data.rows} zone={zone} label="Log lines, newest first" />
            </>
          )}
        </>
      )}
    </div>
  );
}

/** A word without an operator is looked for in the text. */
function free(text: string): string {
  return /^[^\s"=<>!~?^$]+ = \s*$/.test(text) || /[\s=<>!~?^$]/.test(text.trim()) ? text : `body contains ${text}`;
}

function Lines({ rows, zone, label, follow: following = false }: { rows: readonly Row[]; zone: "local" | "utc"; label: string; follow?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const height = box.current?.clientHeight ?? 700;
  const first = Math.max(0, Math.floor(top / ROW) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + OVERSCAN);
  useEffect(() => {
    if (following && box.current) box.current.scrollTop = rows.length * ROW;
  }, [following, rows.length]);
  return (
    <div ref={box} className="loglines" tabIndex={0} role="log" aria-live="off" aria-label={label} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <div style={{ height: rows.length * ROW }}>
        {rows.slice(first, last).map((row, n) => {
          const severity = fieldText(row.fields.severity ?? "");
          return (
            <div key={row.seq} className="logline" style={{ top: (first + n) * ROW }}>
              <span className="quiet">{clock(nsToMs(row.time_ns), zone, "ms")}</span>
              <span className={`sev sev-${severity}`}>{severity}</span>
              <span className="svc">{fieldText(row.fields["service.name"] ?? "")}</span>
              {row.fields["trace.trace_id"] ? (
                <Link to={traceAddress(row)} aria-label="Open its trace">
                  trace
                </Link>
              ) : (
                <span className="quiet">–</span>
              )}
              <span>{fieldText(row.fields.body ?? row.fields["exception.type"] ?? row.fields.name ?? "").split("\n", 1)[0]}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

const KEPT = 2_000;
const FRAME_MS = 100;

/** Lines as they arrive, in frames; Space pauses, and nothing that arrived meanwhile is lost up to the last 2,000. */
function Tail({ env, filter, zone }: { env: string; filter: string; zone: "local" | "utc" }) {
  const [rows, setRows] = useState<Row[]>([]);
  const [paused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const [missed, setMissed] = useState(0);
  const [error, setError] = useState<unknown>();
  const held = useRef<Row[]>([]);
  const isPaused = useRef(false);
  isPaused.current = paused;
  useEffect(() => {
    const stop = new AbortController();
    setRows([]);
    setError(undefined);
    held.current = [];
    let again: ReturnType<typeof setTimeout>;
    const run = () =>
      follow(env, filter, stop.signal, (row) => held.current.push(row), () => setMissed((n) => n + 1))
        .catch((fault: unknown) => {
          if (!stop.signal.aborted) setError(fault);
        })
        .finally(() => {
          if (!stop.signal.aborted) again = setTimeout(run, 2_000);
        });
    void run();
    const timer = setInterval(() => {
      if (held.current.length > KEPT) held.current = held.current.slice(-KEPT);
      if (isPaused.current) {
        setWaiting(held.current.length);
        return;
      }
      if (held.current.length === 0) return;
      const arrived = held.current;
      held.current = [];
      setError(undefined);
      setRows((known) => [...known, ...arrived].slice(-KEPT));
    }, FRAME_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
      clearTimeout(again);
    };
  }, [env, filter]);
  const resume = () => {
    setPaused(!paused);
    setWaiting(0);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key !== " ") return;
    event.preventDefault();
    resume();
  };
  return (
    <div onKeyDown={key}>
      <p className="status-line" style={{ alignItems: "center", marginBottom: 8 }} role="status">
        <button type="button" className="button" aria-pressed={paused} onClick={resume}>
          {paused ? `Resume, ${count(waiting)} new` : "Pause"} <kbd>Space</kbd>
        </button>
        <span>{rows.length === 0 ? "Waiting for the next line" : `${count(rows.length)} lines, at most ${count(KEPT)} are kept`}</span>
        {missed > 0 && <span>lines came faster than they could be sent; some are not shown</span>}
      </p>
      {error !== undefined && <ErrorState error={error} />}
      <Lines rows={rows} zone={zone} label="Lines as they arrive" follow={!paused} />
    </div>
  );
}
