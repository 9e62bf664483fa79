import { useTraceAdvice } from "../../api/xray";
import type { Trace } from "../../model/trace";
import { Link } from "../../ui/Link";
import { pageAddress } from "../../ui/view";

/** Traces of more spans are not looked at: what went wrong there is seldom of this sort. */
const MOST_SPANS = 20_000;

/** What went wrong where the trace was made, and how it is put right. */
export function TraceAdvice({ env, trace }: { env: string; trace: Trace }) {
  const advice = useTraceAdvice(env, trace.id, String(trace.start), trace.spans <= MOST_SPANS);
  if (!advice.data || advice.data.length === 0) return null;
  return (
    <div className="notes">
      {advice.data.map((one) =>
        one.kind === "begun_inside" ? (
          <p key={one.span_id} className="note">
            The segment <Link to={pageAddress(`/trace/${trace.id}`, { span: one.span_id })}>{one.name}</Link> has an answer and no request: it was begun inside one and took its place. Use <code>begin_subsegment</code> there
            instead of <code>begin_segment</code>.
          </p>
        ) : (
          <p key={one.trace_id} className="note">
            Another trace tells of the same request by another id: <Link to={pageAddress(`/trace/${one.trace_id}`, { at: String(trace.start / 1_000_000n) })}>{one.name}</Link> ({one.source || "unknown"}). To have both in one,
            let the SDKs share the id: send <code>traceparent</code> and <code>X-Amzn-Trace-Id</code> of the same trace.
          </p>
        ),
      )}
    </div>
  );
}
