import "../query/query.css";
import { useAddress, useChange } from "../../lib/address";
import { printQuery, readQuery, withCondition } from "../../model/query";
import { useTitle } from "../../ui/Shell";
import { useIsEmpty } from "../../ui/States";
import { askAgain, timeText, useTime, useView } from "../../ui/view";
import { ClauseEditor } from "../query/ClauseEditor";
import { TracesTab } from "../query/TracesTab";
import { XrayTraces } from "./XrayTraces";

const QUICK = ["error = true", "duration_ms > 1000", "is_root = true", "http.response.status_code >= 500"];

/** Traces in which an event meets conditions. */
export function TracesPage() {
  useTitle("Traces");
  const { env } = useView();
  const { params } = useAddress();
  const change = useChange();
  const { window: shown } = useTime();
  const time = timeText(shown);
  const query = readQuery(params.get("q") ?? "");
  const set = (where: typeof query.where) => {
    askAgain();
    change({ q: printQuery({ ...query, where }) });
  };
  const empty = useIsEmpty(env);
  if (empty) {
    return (
      <div className="page">
        <h1>Traces</h1>
        {empty}
      </div>
    );
  }
  const [filter, group] = [params.get("filter") ?? "", params.get("group") ?? ""];
  if (filter || group) {
    return (
      <div className="page">
        <h1>Traces</h1>
        <XrayTraces env={env} filter={filter} group={group} />
      </div>
    );
  }
  const pieces = (list: readonly { text: string; off?: boolean }[]) => list.map(({ text, off }) => ({ text, off: off ?? false }));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Traces</h1>
        {QUICK.filter((text) => !query.where.some((condition) => condition.text === text)).map((text) => (
          <button key={text} type="button" className="button mono" onClick={() => {
              askAgain();
              change({ q: printQuery(withCondition(query, text)) });
            }}>
            + {text}
          </button>
        ))}
      </div>
      <p className="status-line">
        <button type="button" className="button" onClick={() => change({ filter: "*" })}>
          X-Ray filter expression
        </button>
      </p>
      <section className="builder" aria-label="Conditions">
        <ClauseEditor
          clause="where"
          label="WHERE"
          placeholder="all traces; or paste an id into the search above"
          wide
          context={{ env, range: time, calcs: [], groupBy: [], isOr: query.join === "OR" }}
          pieces={query.where}
          onChange={(next) => set(pieces(next))}
          onRun={(next) => set(pieces(next))}
        />
      </section>
      <TracesTab env={env} ran={query} time={time} />
    </div>
  );
}
