import "../query/query.css";
import "./trace.css";
import { useEffect, useMemo, useRef } from "react";
import type { Asked } from "../../api/hooks";
import { useAddress, useChange } from "../../lib/address";
import { exact, plural } from "../../lib/format";
import { nsToMs } from "../../lib/time";
import { type Section, criticalShares } from "../../model/critical";
import { aligned, skewsOf } from "../../model/skew";
import { subtreeOf } from "../../model/subtree";
import { MISSING, type Trace, has, nameOf, readingOf, spanOfId } from "../../model/trace";
import { useTitle } from "../../ui/Shell";
import { ErrorState, Skeleton, Waiting } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { isShortcut } from "../../ui/keys";
import { useView } from "../../ui/view";
import { Minimap } from "./Minimap";
import { compareWithTypical } from "../traces/ComparePage";
import { Flame } from "./Flame";
import { FoldMenu } from "./FoldMenu";
import { Repeated } from "./Repeated";
import { SpanPanel } from "./SpanPanel";
import { Stats } from "./Stats";
import { Breadcrumb, TraceHead, titleOf } from "./TraceHead";
import { TraceLogs } from "./TraceLogs";
import { Waterfall } from "./Waterfall";
import { useGrowing } from "./growing";
import { type TraceState, useTraceState } from "./state";

const VIEWS = [
  { id: "waterfall", label: "Waterfall" },
  { id: "flame", label: "Flame graph" },
  { id: "stats", label: "Statistics" },
  { id: "logs", label: "Logs" },
] as const;
type ViewName = (typeof VIEWS)[number]["id"];

/** The trace that the address names. Another one begins anew: nothing that was asked for this one is answered there. */
export function TracePage() {
  const { env, rest: id } = useView();
  return <OfTrace key={`${env}/${id}`} env={env} id={id} />;
}

function OfTrace({ env, id }: { env: string; id: string }) {
  const { params } = useAddress();
  const { trace, newer, show, asked } = useGrowing(env, id, params.get("at") ?? undefined);
  if (trace) return <Opened key={trace.id} env={env} trace={trace} newer={newer} show={show} />;
  return <Sought env={env} id={id} trace={asked} />;
}

/** A trace that is on its way. It has a title of its own: one that is there at once is titled once. */
function Sought({ env, id, trace }: { env: string; id: string; trace: Asked<Trace> }) {
  useTitle("Trace");
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
          <Waiting asked={trace} name="the trace" />
          <Skeleton height={420} label="Reading the trace" />
        </>
      )}
    </div>
  );
}

/** The span that takes most of the critical path: what has to get faster first. */
function heaviestOf(trace: Trace, critical: readonly Section[] | undefined): { span: number; length: number } | undefined {
  if (!critical || trace.count < 2) return undefined;
  const shares = criticalShares(trace, critical).map((share, span) => (has(trace, span, MISSING) ? 0 : share));
  const span = shares.reduce((best, share, n) => (share > (shares[best] ?? 0) ? n : best), 0);
  return { span, length: shares[span] ?? 0 };
}

/** How many spans were found, which of them is selected, and whether that is all. */
function hitsText({ hits, selected, looking }: TraceState): string {
  const at = hits.indexOf(selected);
  const found = at >= 0 ? `hit ${exact(at + 1)} of ${exact(hits.length)}` : plural(hits.length, "hit");
  if (looking.error) return `${found}; fields were not searched: ${looking.error.message}`;
  if (looking.isLooking) return `${found}, looking through fields`;
  return looking.isCut ? `${found} or more` : found;
}

function Opened({ env, trace, newer, show }: { env: string; trace: Trace; newer: Trace | undefined; show: () => void }) {
  const { params } = useAddress();
  const change = useChange();
  const start = nsToMs(trace.start);
  // Rows of the trace may have been sent with other clocks; an hour on both sides finds them.
  const time = useMemo(() => `FROM ${new Date(start - 3_600_000).toISOString()} TO ${new Date(start + trace.length / 1e6 + 3_600_000).toISOString()}`, [start, trace]);
  const reading = useMemo(() => readingOf(trace), [trace]);
  const skews = useMemo(() => skewsOf(trace), [trace]);
  const isAligned = params.get("align") === "1";
  const straight = useMemo(() => (skews && isAligned ? aligned(trace, skews) : trace), [trace, skews, isAligned]);
  const focus = params.get("root");
  const root = useMemo(() => (focus === null ? -1 : spanOfId(straight, focus)), [straight, focus]);
  const shown = useMemo(() => (root < 0 ? straight : subtreeOf(straight, root)), [straight, root]);
  const state = useTraceState(env, shown, time, straight, root);
  const search = useRef<HTMLInputElement>(null);
  const latest = useRef(state);
  latest.current = state;
  const heaviest = useMemo(() => heaviestOf(shown, state.critical), [shown, state.critical]);
  useTitle(titleOf(trace));
  const named = params.get("view") as ViewName | null;
  const view: ViewName = VIEWS.find(({ id }) => id === named)?.id ?? "waterfall";
  const hasPanel = (view === "waterfall" && state.cursor !== undefined) || (view === "flame" && state.selected >= 0);
  // Where single spans stand, they are found and stepped through.
  const hasSpans = view === "waterfall" || view === "flame";
  const setView = (next: ViewName) => change({ view: next === "waterfall" ? null : next });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      // The next error is one key away, wherever the focus is.
      const jump = { e: 1, E: -1 }[event.key];
      if (jump && latest.current.errors.length > 0 && !(event.target as HTMLElement).closest("[role=treegrid], [role=application]")) {
        event.preventDefault();
        latest.current.step(latest.current.errors, jump as 1 | -1);
        document.querySelector<HTMLElement>(".waterfall")?.focus();
      }
      if (event.key === "/") {
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
      <TraceHead
        env={env}
        trace={straight}
        newer={newer}
        show={show}
        skews={skews}
        heaviest={heaviest && { name: nameOf(shown, heaviest.span), length: heaviest.length, of: shown.length, select: () => state.select(heaviest.span, "push", { view: null }) }}
      />
      {root >= 0 && <Breadcrumb trace={straight} root={root} />}
      <Minimap state={state} />
      <div className="trace-tools">
        <Tabs label="Views of the trace" tabs={VIEWS} current={view} onChange={setView} panelId="trace-view" />
        {hasSpans && (
          <input
            ref={search}
            className="field find mono"
            type="search"
            placeholder="Find: any field, duration > 50ms"
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
        )}
        {hasSpans && state.text && (
          <>
            <span role="status" title={state.looking.error?.message}>
              {hitsText(state)}
            </span>
            <button type="button" className="button" aria-pressed={state.filtered} onClick={() => state.setFiltered(!state.filtered)}>
              Only hits
            </button>
          </>
        )}
        <button type="button" className="button" onClick={() => void compareWithTypical(env, trace, true)}>
          Compare with a typical one
        </button>
        {(view === "waterfall" || view === "stats") && (
          <button type="button" className="button" aria-pressed={state.withCritical} onClick={() => state.setCritical(!state.withCritical)}>
            Critical path
          </button>
        )}
        {view === "waterfall" && <FoldMenu state={state} />}
        {hasSpans && state.errors.length > 0 && (
          <button type="button" className="button" onClick={() => state.step(state.errors, 1)}>
            Next error <kbd>e</kbd>
          </button>
        )}
        {view === "waterfall" && <span className="quiet">{plural(state.rows.length, "row")}</span>}
      </div>
      <div id="trace-view" role="tabpanel" aria-label={VIEWS.find(({ id }) => id === view)?.label ?? ""} className={hasPanel ? "trace-body open" : "trace-body"}>
        {view === "waterfall" && <Waterfall state={state} />}
        {view === "flame" && <Flame state={state} />}
        {view === "stats" && (
          <Stats
            state={state}
            showSpans={(text) => change({ view: null, find: text, mode: "filter" })}
          />
        )}
        {view === "logs" && <TraceLogs env={env} state={state} time={time} showSpan={(span) => state.select(span, "push", { view: null })} />}
        {hasPanel && (state.cursor !== undefined && state.cursor < 0 ? <Repeated state={state} row={state.cursor} /> : <SpanPanel env={env} state={state} time={time} reading={reading} />)}
      </div>
    </div>
  );
}
