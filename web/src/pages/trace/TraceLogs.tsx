import { useMemo } from "react";
import { useTraceLogs } from "../../api/hooks";
import { useStore } from "../../lib/store";
import { duration, exact } from "../../lib/format";
import { nsToMs } from "../../lib/time";
import { placesOfIds } from "../../model/trace";
import { fieldText } from "../../ui/Fields";
import { Notes } from "../../ui/Notes";
import { EmptyState, ErrorState, Skeleton } from "../../ui/States";
import { asked } from "../../ui/view";
import type { TraceState } from "./state";

/** The log lines of a trace, by time; each leads to its span. */
export function TraceLogs({ env, state, time, showSpan }: { env: string; state: TraceState; time: string; showSpan: (span: number) => void }) {
  const { trace } = state;
  const { times } = useStore(asked);
  const logs = useTraceLogs(env, trace.id, time, times);
  const places = useMemo(() => placesOfIds(trace), [trace]);
  if (logs.error && !logs.data) return <ErrorState error={logs.error} retry={() => void logs.refetch()} />;
  if (!logs.data) return <Skeleton height={300} label="Reading log lines" />;
  const rows = logs.data.pages.flatMap((page) => page.rows).reverse();
  if (rows.length === 0) {
    return (
      <EmptyState title="No log lines">
        <Notes data={logs.data.pages} own />
        <p className="why">No log record carries this trace's id. Log libraries with an OpenTelemetry bridge add it by themselves.</p>
      </EmptyState>
    );
  }
  const start = nsToMs(trace.start);
  return (
    <div className="trace-logs">
      <Notes data={logs.data.pages} own />
      {logs.hasNextPage && (
        <div className="status-line">
          <span>The newest {exact(rows.length)} lines.</span>
          <button type="button" className="button" disabled={logs.isFetching} onClick={() => void logs.fetchNextPage()}>
            Read earlier ones
          </button>
        </div>
      )}
      {logs.error && <ErrorState error={logs.error} retry={() => void logs.refetch()} />}
      <ul className="trace-lines" tabIndex={0} aria-label="Log lines">
        {rows.map((row) => {
          const of = row.fields["trace.parent_id"] ?? row.fields["trace.span_id"];
          const span = typeof of === "string" ? (places.get(of) ?? -1) : -1;
          const severity = fieldText(row.fields.severity ?? "");
          return (
            <li key={row.seq}>
              <span className="quiet">{duration(nsToMs(row.time_ns) - start)}</span>
              <span className={`sev-${severity}`}>{severity}</span>
              <span className="cut">{fieldText(row.fields["service.name"] ?? "")}</span>
              <span style={{ overflowWrap: "anywhere" }}>
                {fieldText(row.fields.body ?? row.fields.name ?? "")}{" "}
                {span >= 0 && (
                  <button type="button" className="row-menu" onClick={() => showSpan(span)}>
                    span
                  </button>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
