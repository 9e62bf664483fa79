import { useState } from "react";
import { useEvents, useRun } from "../../api/hooks";
import { count, duration } from "../../lib/format";
import { useStore } from "../../lib/store";
import { moment, nsToMs } from "../../lib/time";
import { numberOf } from "../../model/series";
import { fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { EmptyState, ErrorState, Skeleton } from "../../ui/States";
import { asked, pageAddress, useTime } from "../../ui/view";

const SORTS = [
  { id: "slow", label: "Slowest", order: "MAX(duration_ms) desc" },
  { id: "many", label: "Most matching spans", order: "COUNT desc" },
] as const;

/** Traces in which an event matches. */
export function TracesTab({ env, where, time }: { env: string; where: string; time: string }) {
  const { times } = useStore(asked);
  const { zone } = useTime();
  const [sort, setSort] = useState<(typeof SORTS)[number]["id"]>("slow");
  const order = SORTS.find(({ id }) => id === sort)?.order ?? SORTS[0].order;
  const only = / OR /.test(where) ? where : where.includes("WHERE ") ? where.replace("WHERE ", "WHERE trace.span_id exists AND ") : `WHERE trace.span_id exists ${where}`;
  const found = useRun(env, `COUNT, MAX(duration_ms) ${only} GROUP BY trace.trace_id ORDER BY ${order} LIMIT 50 ${time}`, [], times);
  const traces = (found.data?.results ?? []).flatMap(({ group, values }) => (typeof group[0] === "string" ? [{ id: group[0], spans: numberOf(values[0]), longest: numberOf(values[1]) }] : []));
  const ids = traces.map(({ id }) => id);
  const roots = useEvents(env, { text: `WHERE trace.parent_id does-not-exist AND trace.span_id exists AND trace.trace_id in (${ids.join(", ")}) ${time}`, columns: ["name", "service.name", "duration_ms", "error", "trace.trace_id"], limit: 200 }, times, ids.length > 0);
  if (found.error && !found.data) return <ErrorState error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton height={400} label="Asking" />;
  if (traces.length === 0) {
    return (
      <EmptyState title="No traces match">
        <p className="why">No event of this range that meets the conditions belongs to a trace.</p>
      </EmptyState>
    );
  }
  const rootOf = new Map((roots.data?.rows ?? []).map((row) => [String(row.fields["trace.trace_id"]), row]));
  const longest = Math.max(...traces.map(({ id, longest: own }) => numberOf(rootOf.get(id)?.fields.duration_ms) || own), 0.000001);
  return (
    <div className={found.isPlaceholderData ? "stale" : ""} aria-busy={found.isFetching}>
      <div className="status-line" style={{ marginBottom: 8, alignItems: "center" }}>
        {SORTS.map(({ id, label }) => (
          <button key={id} type="button" className="button" aria-pressed={sort === id} onClick={() => setSort(id)}>
            {label}
          </button>
        ))}
        <span>
          {count(traces.length)} of {count(found.data.groups)} traces
        </span>
      </div>
      <div className="grid-wrap">
        <div className="mini mini-head" aria-hidden="true">
          <span>start</span>
          <span>service</span>
          <span>root</span>
          <span>duration</span>
          <span />
          <span>matches</span>
          <span>state</span>
        </div>
        <ul>
          {traces.map(({ id, spans, longest: own }) => {
            const root = rootOf.get(id);
            const length = numberOf(root?.fields.duration_ms) || own;
            const isBad = root?.fields.error === true;
            return (
              <li key={id}>
                <Link className="mini" to={pageAddress(`/trace/${id}`, root ? { at: String(Math.round(nsToMs(root.time_ns))) } : {})}>
                  <span className="mono quiet cut">{root ? moment(nsToMs(root.time_ns), zone, Date.now()) : id.slice(0, 12)}</span>
                  <span className="cut">{root ? fieldText(root.fields["service.name"] ?? "") : ""}</span>
                  <span className="cut">{root ? fieldText(root.fields.name ?? "") : roots.data ? "root not in this range" : "…"}</span>
                  <span className="mono">{duration(length)}</span>
                  <span>
                    <i className={isBad ? "len bad" : "len"} style={{ display: "block", width: `${Math.max(1, (length / longest) * 100)}%` }} />
                  </span>
                  <span className="mono">{count(spans)}</span>
                  <span>{isBad ? "error" : root ? "ok" : ""}</span>
                </Link>
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}
