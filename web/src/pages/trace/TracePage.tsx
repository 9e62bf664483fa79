import "../query/query.css";
import "./trace.css";
import { useEffect, useMemo, useRef } from "react";
import { useTrace } from "../../api/hooks";
import { useAddress, useChange } from "../../lib/address";
import { duration, plural } from "../../lib/format";
import { moment, nsToMs, zoneName } from "../../lib/time";
import { type Trace, nameOf, serviceOf } from "../../model/trace";
import { Menu } from "../../ui/Menu";
import { useTitle } from "../../ui/Shell";
import { ErrorState, Skeleton } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { isShortcut } from "../../ui/keys";
import { useTime, useView } from "../../ui/view";
import { Minimap } from "./Minimap";
import { SpanPanel } from "./SpanPanel";
import { Stats } from "./Stats";
import { TraceLogs } from "./TraceLogs";
import { Waterfall } from "./Waterfall";
import { useTraceState } from "./state";

const VIEWS = [
  { id: "waterfall", label: "Waterfall" },
  { id: "stats", label: "Statistics" },
  { id: "logs", label: "Logs" },
] as const;
type ViewName = (typeof VIEWS)[number]["id"];

/** One trace. */
export function TracePage() {
  const { env, rest: id } = useView();
  const { params } = useAddress();
  const trace = useTrace(env, id, params.get("at") ?? undefined);
  useTitle("Trace");
  if (trace.data) return <Opened key={trace.data.id} env={env} trace={trace.data} />;
  return (
    <div className="page">
      <h1>Trace</h1>
      {trace.error ? (
        <ErrorState error={trace.error} retry={() => void trace.refetch()} />
      ) : (
        <>
          {trace.failureCount > 0 && (
            <p role="status">
              Not found yet: <span className="mono">{id}</span> was looked for in all of environment {env}. It may still be on its way; looking again.
            </p>
          )}
          <Skeleton height={420} label="Reading the trace" />
        </>
      )}
    </div>
  );
}

function Opened({ env, trace }: { env: string; trace: Trace }) {
  const { params } = useAddress();
  const change = useChange();
  const { zone } = useTime();
  const state = useTraceState(trace);
  const search = useRef<HTMLInputElement>(null);
  const start = nsToMs(trace.start);
  const title = trace.count > 0 ? nameOf(trace, 0) : trace.id;
  useTitle(title);
  const named = params.get("view") as ViewName | null;
  const view: ViewName = VIEWS.find(({ id }) => id === named)?.id ?? "waterfall";
  const setView = (next: ViewName) => change({ view: next === "waterfall" ? null : next });
  // Rows of the trace may have been sent with other clocks; an hour on both sides finds them.
  const time = useMemo(() => `FROM ${new Date(start - 3_600_000).toISOString()} TO ${new Date(start + trace.length / 1e6 + 3_600_000).toISOString()}`, [start, trace]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "/" && isShortcut(event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        search.current?.focus();
      }
    };
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, []);
  return (
    <div className="trace-page">
      <header className="trace-head">
        <h1 className="cut">{title}</h1>
        <p className="facts">
          <span>{trace.count > 0 && serviceOf(trace, 0)}</span>
          <strong className="mono">{duration(trace.length / 1e6)}</strong>
          <span>{plural(trace.spans, "span")}</span>
          <span>{plural(trace.services.length, "service")}</span>
          {trace.errors > 0 && <span className="bad">{plural(trace.errors, "error")}</span>}
          <span>
            <time dateTime={new Date(start).toISOString()}>{moment(start, zone, Date.now(), "ms")}</time> {zoneName(start, zone)}
          </span>
          <span className="mono quiet cut">{trace.id}</span>
          {trace.missingRoot && <span>Root not received; showing {plural(state.rows.length, "part")}</span>}
        </p>
      </header>
      <Minimap state={state} />
      <div className="trace-tools">
        <Tabs label="Views of the trace" tabs={VIEWS} current={view} onChange={setView} panelId="trace-view" />
        <input
          ref={search}
          className="field find mono"
          type="search"
          placeholder="Find: name, service, duration > 50ms"
          aria-label="Find spans"
          spellCheck={false}
          value={state.text}
          onChange={(event) => state.setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              if (event.altKey) state.setFiltered(!state.filtered);
              else state.step(state.hits, event.shiftKey ? -1 : 1);
            } else if (event.key === "Escape") {
              state.setText("");
              event.currentTarget.blur();
            }
          }}
        />
        {state.text && (
          <>
            <span role="status">{plural(state.hits.length, "hit")}</span>
            <button type="button" className="button" aria-pressed={state.filtered} onClick={() => state.setFiltered(!state.filtered)}>
              Only hits
            </button>
          </>
        )}
        <button type="button" className="button" aria-pressed={state.critical !== undefined} onClick={() => state.setCritical(state.critical === undefined)}>
          Critical path
        </button>
        <Menu
          label="Fold"
          items={[
            { label: "Close all", run: () => state.setAll(false) },
            { label: "Open all", run: () => state.setAll(true) },
          ]}
        />
        {state.errors.length > 0 && (
          <button type="button" className="button" onClick={() => state.step(state.errors, 1)}>
            Next error <kbd>e</kbd>
          </button>
        )}
        <span className="quiet">{plural(state.rows.length, "row")}</span>
      </div>
      <div id="trace-view" role="tabpanel" aria-label={VIEWS.find(({ id }) => id === view)?.label ?? ""} className={state.selected >= 0 && view === "waterfall" ? "trace-body open" : "trace-body"}>
        {view === "waterfall" && <Waterfall state={state} />}
        {view === "stats" && (
          <Stats
            state={state}
            showSpans={(text) => change({ view: null, find: text, mode: "filter" })}
          />
        )}
        {view === "logs" && <TraceLogs env={env} state={state} time={time} showSpan={(span) => change({ view: null, span: trace.ids[span] ?? null })} />}
        {view === "waterfall" && state.selected >= 0 && <SpanPanel env={env} state={state} time={time} />}
      </div>
    </div>
  );
}
