import { useReadiness } from "../../api/hooks";
import type { Schema } from "../../api/client";
import { useStatus } from "../../api/settings";
import { useMay } from "../../api/session";
import { bytes, count, duration, exact, plural } from "../../lib/format";
import { moment, nsToMs } from "../../lib/time";
import { keepingOf } from "../../model/keeping";
import { Link } from "../../ui/Link";
import { ErrorState, Skeleton } from "../../ui/States";
import { Table } from "../../ui/Table";
import { pageAddress, useTime } from "../../ui/view";

/** How the server is. */
export function StatusPart() {
  const { zone } = useTime();
  const status = useStatus();
  const ready = useReadiness();
  const isAdmin = useMay("admin");
  if (status.error && !status.data) return <ErrorState error={status.error} retry={() => void status.refetch()} />;
  if (!status.data) return <Skeleton height={240} label="Asking the server" />;
  const { store, settings } = status.data;
  const started = nsToMs(status.data.started_ns);
  const setting = (name: string) => settings.find((known) => known.name === name)?.value;
  return (
    <>
      <section aria-labelledby="server">
        <h2 id="server">Server</h2>
        <div className="figures">
          <Figure what="version" value={status.data.version} />
          <Figure what="running for" value={duration(Math.max(0, nsToMs(status.data.now_ns) - started))} title={`since ${moment(started, zone)}`} />
          <Figure what={status.data.auth === "open" ? "to all who reach it" : "asked of senders, sign-in of people"} value={status.data.auth === "open" ? "open" : "keys"} />
          <Figure what="durability" value={setting("durability") ?? "-"} />
          <Link to={pageAddress("/connect")} className="fact">
            <strong>{count(status.data.refused_sends)}</strong>
            <span>requests of senders refused</span>
          </Link>
          <Figure what="others refused" value={count(status.data.refused_requests - status.data.refused_sends)} title="Questions without a key or a sign-in, what somebody may not do, and pages and names that are not known here" />
        </div>
        <Checks checks={ready.data?.checks} />
      </section>
      <section aria-labelledby="store">
        <h2 id="store">Store</h2>
        {!store && <p className="quiet">The server is starting: it reads back its log.</p>}
        {store && (
          <div className="figures">
            <Figure what="events in files" value={count(store.file_events)} title={exact(store.file_events)} />
            <Figure what="data files" value={count(store.files)} title={exact(store.files)} />
            <Figure what="on disk" value={bytes(store.file_bytes)} />
            <Figure what="events in memory" value={count(store.live_events)} title={exact(store.live_events)} />
            <Figure what="of memory" value={bytes(store.live_bytes)} />
            <Figure what={`of log, ${plural(store.log_segments, "segment")}`} value={bytes(store.log_bytes)} />
            <Figure what="wait for the log" value={bytes(store.queued_bytes)} />
            <Figure what="items taken since the start" value={count(store.accepted_items)} title={exact(store.accepted_items)} />
            <Figure what="items rejected" value={count(store.rejected_items)} title={exact(store.rejected_items)} />
            <Figure what="requests that came again" value={count(store.duplicate_requests)} title="Answered, and not stored a second time" />
          </div>
        )}
        {store && store.faults.length > 0 && (
          <>
            <h3>What went wrong since the start</h3>
            <ul>
              {store.faults.map(({ time_ns, text }) => (
                <li key={`${time_ns}${text}`} className="list-row">
                  <span className="mono quiet">{moment(nsToMs(time_ns), zone, Date.now())}</span>
                  <span className="grow">{text}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <section aria-labelledby="kept">
        <h2 id="kept">What is kept</h2>
        <p>{keepingOf(settings)}</p>
        <p className="quiet">
          Settings are changed where the server is started: a flag, an environment variable or <code>glasshive.toml</code>.
        </p>
        {isAdmin && settings.length > 0 && (
          <Table label="Settings in force" className="wrap" heads={["setting", "value", "set by"]}>
            {settings.map(({ name, value, origin }) => (
              <tr key={name}>
                <td className="mono">{name}</td>
                <td className="mono">{value}</td>
                <td className="quiet">{origin}</td>
              </tr>
            ))}
          </Table>
        )}
      </section>
    </>
  );
}

/** What holds in one line; what does not, or is worth knowing, each in its own. */
function Checks({ checks }: { checks: Schema["Check"][] | undefined }) {
  if (!checks) return <Skeleton height={30} label="Asking" />;
  const told = checks.filter(({ ok, reason }) => !ok || reason);
  const holding = checks.filter(({ ok }) => ok);
  return (
    <>
      <p>
        <span className={`dot ${holding.length === checks.length ? "ok" : "error"}`} />{" "}
        {holding.length === checks.length ? `Ready: all ${checks.length} checks hold` : `Not ready: ${checks.length - holding.length} of ${checks.length} checks do not hold`}{" "}
        <span className="quiet">({checks.map(({ check }) => check).join(", ")})</span>
      </p>
      {told.length > 0 && (
        <ul>
          {told.map(({ check, ok, reason, hint }) => (
            <li key={check} className="list-row">
              <span className={`dot ${ok ? "ok" : "error"}`} />
              <span className="mono">{check}</span>
              <span className="grow">
                {ok ? "" : "does not hold: "}
                {reason}
              </span>
              {hint && <span className="quiet mono">{hint}</span>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Figure({ what, value, title }: { what: string; value: string; title?: string }) {
  return (
    <span className="fact" title={title}>
      <strong>{value}</strong>
      <span>{what}</span>
    </span>
  );
}
