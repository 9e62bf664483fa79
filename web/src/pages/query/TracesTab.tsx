import { useMemo, useRef } from "react";
import { useRun } from "../../api/hooks";
import { type Area, type Dot, Scatter, isWithin } from "../../charts/Scatter";
import { go, useAddress, useChange } from "../../lib/address";
import { count, duration, plural } from "../../lib/format";
import { useStore } from "../../lib/store";
import { clock, isOneDay, moment } from "../../lib/time";
import { EMPTY, type Query, asking } from "../../model/query";
import { absolute } from "../../model/range";
import { numberOf } from "../../model/series";
import { fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { Notes } from "../../ui/Notes";
import { Reorder } from "../../ui/Reorder";
import { EmptyState, ErrorState, Skeleton, Waiting } from "../../ui/States";
import { useZoomChanges } from "../../ui/TimePicker";
import { timelessText, useHeldOrder } from "../../ui/held";
import { asked, pageAddress, useTime } from "../../ui/view";

const SORTS = [
  { id: "slow", label: "Slowest", order: "MAX(duration_ms) desc" },
  { id: "new", label: "Newest", order: "MAX(started_at) desc" },
  { id: "many", label: "Most matching spans", order: "COUNT desc" },
  { id: "errors", label: "Most errors", order: "SUM(failed) desc" },
] as const;
const FIELDS = ["started_at = EVENT_TIMESTAMP()", "failed = IF($error, 1, 0)"];
const MOST = 200;
/** Traces that are listed before more are asked for; the plot has all. */
const LISTED = 50;

interface Found {
  id: string;
  /** Matching spans. */
  spans: number;
  errors: number;
  /** Of the root where it is known, else of the longest match, milliseconds. */
  length: number;
  at: number;
  service: string;
  name: string | undefined;
  isBad: boolean;
}

/** Traces in which an event matches: as dots over time, and as a list. */
export function TracesTab({ env, ran, time }: { env: string; ran: Query; time: string }) {
  const { times } = useStore(asked);
  const { zone, window: shown, live } = useTime();
  const { params } = useAddress();
  const change = useChange();
  const zoomed = useZoomChanges();
  const ticked = (params.get("ticks") ?? "").split(",").filter(Boolean).slice(-2);
  const isLong = params.get("long") === "1";
  const isShort = isOneDay(shown, zone);
  const sort = SORTS.find(({ id }) => id === params.get("sort")) ?? SORTS[0];
  const text = asking({ ...ran, fields: [...ran.fields, ...FIELDS] }, ["COUNT", "MAX(duration_ms)", "SUM(failed)", "MAX(started_at)"], { groupBy: ["trace.trace_id"], orderBy: [sort.order], limit: String(MOST) }, "trace.span_id exists");
  const found = useRun(env, `${text} ${time}`, [], times);
  const ids = useMemo(() => (found.data?.results ?? []).flatMap(({ group }) => (typeof group[0] === "string" ? [group[0]] : [])), [found.data]);
  // Asked as groups: a server that has much to do counts them sooner than it finds so many rows.
  const rootText = asking({ ...EMPTY, fields: FIELDS }, ["MAX(duration_ms)", "MIN(started_at)", "SUM(failed)"], { groupBy: ["trace.trace_id", "name", "service.name"], limit: "1000" }, "trace.parent_id does-not-exist", "trace.span_id exists", "meta.annotation_type does-not-exist", `trace.trace_id in (${ids.join(", ")})`);
  const roots = useRun(env, `${rootText} ${time}`, [], times, ids.length > 0);
  const traces = useMemo((): Found[] => {
    const rootOf = new Map((roots.data?.results ?? []).map(({ group: [id, name, service], values }) => [String(id), { name, service, values: values.map(numberOf) }]));
    return (found.data?.results ?? []).flatMap(({ group, values }) => {
      const id = group[0];
      if (typeof id !== "string") return [];
      const root = rootOf.get(id);
      const [spans = 0, longest = 0, errors = 0, last = 0] = values.map(numberOf);
      const [length = Number.NaN, first = 0, failed = 0] = root?.values ?? [];
      return [
        {
          id,
          spans,
          errors: errors || 0,
          length: length || longest,
          at: (root ? first : last) * 1e3,
          service: fieldText(root?.service ?? ""),
          name: root ? fieldText(root.name ?? "") : undefined,
          isBad: errors > 0 || failed > 0,
        },
      ];
    });
  }, [found.data, roots.data]);
  const area = areaOf(params.get("area"));
  const within = area ? traces.filter((trace) => isWithin(trace, area)) : traces;
  const list = useRef<HTMLUListElement>(null);
  const order = useHeldOrder(list, within.map(({ id }) => id), live, `${sort.id} ${params.get("area")} ${timelessText(found.data)}`);
  const dots = useMemo(() => traces.map(({ id, name, at, length, spans, isBad }): Dot => ({ id, name: name ?? id.slice(0, 12), at, length, size: spans, isBad })), [traces]);
  if (found.error && !found.data) return <ErrorState error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) {
    return (
      <>
        <Waiting asked={found} />
        <Skeleton height={400} label="Asking" />
      </>
    );
  }
  // That no event has failed yet is no fault of the question; what the roots are without is said as well.
  const known = found.data.notes.filter(({ kind, text: said }) => kind !== "unknown_column" || !said.includes('"error"'));
  const ofRoots = roots.data?.notes.filter(({ kind }) => kind === "partial") ?? [];
  const notes = <Notes data={[{ ...found.data, notes: known }, ids.length > 0 && roots.data ? { ...roots.data, notes: ofRoots } : undefined]} />;
  if (traces.length === 0) {
    return (
      <EmptyState title="No traces match">
        {notes}
        <p className="why">No event of this range that meets the conditions belongs to a trace. A wider range may have some: press Shift-Z.</p>
      </EmptyState>
    );
  }
  const byId = new Map(within.map((trace) => [trace.id, trace]));
  const listed = order.keys.flatMap((id) => byId.get(id) ?? []);
  const longest = Math.max(...listed.map(({ length }) => length), 0.000001);
  const open = (id: string) => {
    const trace = traces.find((one) => one.id === id);
    go(pageAddress(`/trace/${id}`, trace ? { at: String(Math.round(trace.at)) } : {}));
  };
  const tick = (id: string) => change({ ticks: (ticked.includes(id) ? ticked.filter((one) => one !== id) : [...ticked, id].slice(-2)).join(",") }, "replace");
  return (
    <div className={found.isPlaceholderData ? "stale" : ""} aria-busy={found.isFetching}>
      <Waiting asked={found} />
      {notes}
      <section className="graph" aria-label="Traces over time" style={{ marginBottom: 12 }}>
        <header>
          <h2 className="grow">duration over time</h2>
          {area && (
            <>
              <button type="button" className="button" onClick={() => change({ ...zoomed(absolute(area)), area: null })}>
                Zoom
              </button>
              <button type="button" className="button" onClick={() => change({ area: null })}>
                Show all
              </button>
            </>
          )}
        </header>
        <Scatter
          label="Duration of traces over time"
          dots={dots}
          start={shown.start}
          end={shown.end}
          zone={zone}
          height={168}
          area={area}
          onArea={(next) => change({ area: next ? [next.start, next.end, next.low.toPrecision(6), next.high.toPrecision(6)].join(",") : null })}
          onOpen={open}
        />
      </section>
      <div className="status-line" style={{ marginBottom: 8, alignItems: "center" }}>
        {SORTS.map(({ id, label }) => (
          <button key={id} type="button" className="button" aria-pressed={sort.id === id} onClick={() => change({ sort: id === "slow" ? null : id })}>
            {label}
          </button>
        ))}
        <span>
          {count(listed.length)} of {plural(found.data.groups, "trace")}
        </span>
        {ticked.length === 2 ? (
          <Link className="button primary" to={pageAddress(`/traces/compare/${ticked[0]}/${ticked[1]}`)}>
            Compare the two
          </Link>
        ) : (
          <span>{ticked.length === 1 ? "tick another one to compare" : "tick two to compare them"}</span>
        )}
        <Reorder {...order} />
      </div>
      {roots.error && !roots.data && <ErrorState error={roots.error} retry={() => void roots.refetch()} />}
      <div className="grid-wrap">
        <div className={isShort ? "mini mini-head short" : "mini mini-head"} aria-hidden="true">
          <span />
          <span>start</span>
          <span>service</span>
          <span>root</span>
          <span>duration</span>
          <span />
          <span>matches</span>
          <span>errors</span>
        </div>
        <ul ref={list}>
          {listed.slice(0, isLong ? MOST : LISTED).map((trace) => (
            <li key={trace.id} className="mini-row">
              <input type="checkbox" aria-label={`Compare ${trace.name ?? trace.id}, ${duration(trace.length)}`} checked={ticked.includes(trace.id)} onChange={() => tick(trace.id)} />
              <Link className={isShort ? "mini short" : "mini"} to={pageAddress(`/trace/${trace.id}`, { at: String(Math.round(trace.at)) })}>
                <span />
                <span className="mono quiet cut">{isShort ? clock(trace.at, zone, "second") : moment(trace.at, zone, Date.now())}</span>
                <span className="cut">{trace.service}</span>
                <span className={trace.name === undefined ? "cut quiet" : "cut"}>{trace.name ?? (roots.data && !roots.isPlaceholderData ? "root not in this range" : "reading the root")}</span>
                <span className="mono">{duration(trace.length)}</span>
                <span>
                  <i className={trace.isBad ? "len bad" : "len"} style={{ display: "block", width: `${Math.max(1, (trace.length / longest) * 100)}%` }} />
                </span>
                <span className="mono">{count(trace.spans)}</span>
                <span>{trace.errors > 0 ? `! ${count(trace.errors)}` : trace.isBad ? "! root" : "–"}</span>
              </Link>
            </li>
          ))}
        </ul>
      </div>
      {!isLong && listed.length > LISTED && (
        <button type="button" className="button" style={{ marginTop: 8 }} onClick={() => change({ long: "1" }, "replace")}>
          List all {listed.length}
        </button>
      )}
    </div>
  );
}

/** The part of the plot that an address names. */
function areaOf(text: string | null): Area | undefined {
  const [start, end, low, high] = (text ?? "").split(",").map(Number);
  if (start === undefined || end === undefined || low === undefined || high === undefined) return undefined;
  return end > start && high > low ? { start, end, low, high } : undefined;
}
