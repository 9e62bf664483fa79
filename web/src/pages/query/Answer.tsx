import type { QueryAnswer } from "../../api/hooks";
import { useRun } from "../../api/hooks";
import { count, duration, exact, plural } from "../../lib/format";
import { type Query, printQuery } from "../../model/query";
import { Notes } from "../../ui/Notes";
import { EmptyState } from "../../ui/States";
import type { RanQuery } from "./state";

/** What was computed, in one line. */
export function StatusLine({ data }: { data: QueryAnswer }) {
  const { cost } = data;
  return (
    <p className="status-line" role="status">
      {cost.rows_kept === 0 && <span title={exact(cost.rows_matched)}>{plural(cost.rows_matched, "event")} matched</span>}
      <span title={exact(cost.rows_scanned)}>{cost.rows_kept === 0 ? count(cost.rows_scanned) : plural(cost.rows_scanned, "event")} looked at</span>
      {cost.rows_kept > 0 && <span title="What an earlier question found in these files was kept">{count(cost.rows_kept)} answered from before</span>}
      {cost.files_read + cost.files_skipped > 0 && (
        <span>
          {cost.files_read} of {cost.files_read + cost.files_skipped} files read
        </span>
      )}
      <span>{duration(Math.max(1, Math.round(cost.elapsed_ms)))}</span>
      <span>counts scaled by sample rate</span>
      {data.groups > data.results.length && (
        <span>
          {count(data.results.length)} of {count(data.groups)} groups
        </span>
      )}
    </p>
  );
}

/** No event matches: which condition excludes most. */
export function Nothing({ env, state, data, time }: { env: string; state: RanQuery; data: QueryAnswer; time: string }) {
  const { ran, run } = state;
  const active = ran.where.filter(({ off }) => !off);
  const without = (condition: (typeof active)[number]): Query => ({ ...ran, where: ran.where.filter((other) => other !== condition) });
  return (
    <EmptyState title="No events match">
      <Notes data={data} />
      {active.length === 0 ? (
        <p className="why">There are no events in this range. A wider one may have some: press Shift-Z, or use the time picker above.</p>
      ) : (
        <ul className="notes">
          {active.map((condition) => (
            <Without
              key={condition.text}
              env={env}
              time={time}
              text={condition.text}
              query={printQuery({ ...without(condition), calcs: ["COUNT"], groupBy: [], having: [], orderBy: [], limit: "", step: "" }, true)}
              remove={() => run(without(condition))}
            />
          ))}
        </ul>
      )}
    </EmptyState>
  );
}

function Without({ env, query, time, text, remove }: { env: string; query: string; time: string; text: string; remove: () => void }) {
  const answer = useRun(env, `${query} ${time}`, [], 0);
  const events = answer.data?.results[0]?.values[0];
  const shown = typeof events === "number" ? count(events) : answer.error ? "an unknown number of" : "…";
  return (
    <li>
      Without <code className="mono">{text}</code>: {shown} events.{" "}
      <button type="button" className="button" onClick={remove}>
        Remove it
      </button>
    </li>
  );
}
