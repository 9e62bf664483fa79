import { useChange } from "../../lib/address";
import { useGroups, useXrayTraces } from "../../api/xray";
import { count, duration, plural } from "../../lib/format";
import { useStore } from "../../lib/store";
import { moment, nsToMs } from "../../lib/time";
import { FilterField } from "../../ui/FilterField";
import { Link } from "../../ui/Link";
import { Menu } from "../../ui/Menu";
import { EmptyState, ErrorState, Skeleton, Waiting } from "../../ui/States";
import { Table, numeric } from "../../ui/Table";
import { askAgain, asked, pageAddress, useTime } from "../../ui/view";

/** Traces of one answer. */
const MOST = 200;

/** Traces that an X-Ray filter expression accepts: `filter` and `group` of the address. */
export function XrayTraces({ env, filter, group }: { env: string; filter: string; group: string }) {
  const { window: shown, zone } = useTime();
  const { times } = useStore(asked);
  const change = useChange();
  const groups = useGroups(env);
  const found = useXrayTraces(env, shown, { filter, group }, times, MOST, true);
  const traces = found.data?.traces ?? [];
  const longest = Math.max(1, ...traces.map(({ duration_ns }) => nsToMs(duration_ns)));
  return (
    <>
      <div className="in-line" style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap" }}>
        <Menu
          label={group || "All traces"}
          name={`Group ${group || "All traces"}`}
          items={(groups.data ?? []).map(({ name, is_default }) => ({ label: is_default ? "All traces" : name, checked: is_default ? !group : group === name, run: () => change({ group: is_default ? null : name }) }))}
        />
        <span className="grow">
          <FilterField
            env={env}
            label="Filter expression"
            placeholder={'service("backend") { fault } AND annotation.user = "7"'}
            value={filter === "*" ? "" : filter}
            onRun={(next) => {
              askAgain();
              change({ filter: next.trim() || "*" });
            }}
          />
        </span>
        <Link className="button" to={pageAddress("/map", { ...(filter && filter !== "*" ? { filter } : {}), ...(group ? { group } : {}) })}>
          On the map
        </Link>
        <button type="button" className="button" onClick={() => change({ filter: null, group: null })}>
          Use WHERE
        </button>
      </div>
      {found.error && <ErrorState error={found.error} retry={() => void found.refetch()} />}
      <Waiting asked={found} name="the traces" />
      {!found.data && !found.error && <Skeleton height={240} label="Looking at traces" />}
      {found.data && !found.error && (
        <>
          <p className="status-line" role="status">
            <span>
              {plural(traces.length, "trace")} of {count(found.data.examined)} looked at
            </span>
            {found.data.cut && (
              <span style={{ color: "var(--warn)" }}>
                {found.data.cut.reason === "limit" ? `The newest ${MOST}; there may be more` : "Not all of the range was looked at"}: shown from {moment(nsToMs(found.data.cut.from_ns), zone)} on. Narrow the range or the
                filter.
              </span>
            )}
          </p>
          {traces.length === 0 ? (
            <EmptyState title={`Matched 0 of ${plural(found.data.examined, "trace")}`}>
              <p className="why">Names are told apart by case, and a service is named as it names itself.</p>
              {found.data.services_seen.length > 0 && <p>Services seen: {found.data.services_seen.join(", ")}.</p>}
            </EmptyState>
          ) : (
            <Table label="Traces" heads={["start", "service", "request", numeric("duration"), "status", "services", "user"]} last="length">
              {traces.map((trace) => {
                const at = nsToMs(trace.start_ns);
                const length = nsToMs(trace.duration_ns);
                const kind = trace.fault ? "fault" : trace.throttle ? "throttled" : trace.error ? "error" : trace.partial ? "partial" : "ok";
                return (
                  <tr key={trace.trace_id}>
                    <td className="mono">
                      <Link to={pageAddress(`/trace/${trace.trace_id}`, { at: String(Math.round(at)) })}>{moment(at, zone, Date.now())}</Link>
                    </td>
                    <td>{trace.service}</td>
                    <td>{trace.request || <span className="quiet">–</span>}</td>
                    <td className="num">{duration(length)}</td>
                    <td className={trace.fault ? "bad-words" : undefined}>
                      {kind}
                      {trace.status !== undefined && trace.status !== null && ` ${trace.status}`}
                    </td>
                    <td className="quiet">{trace.services.join(", ")}</td>
                    <td>{trace.users.join(", ")}</td>
                    <td style={{ minWidth: 80 }}>
                      <i className={trace.fault ? "len bad" : "len"} style={{ display: "block", width: `${Math.max(1, (length / longest) * 100)}%` }} />
                    </td>
                  </tr>
                );
              })}
            </Table>
          )}
        </>
      )}
    </>
  );
}
