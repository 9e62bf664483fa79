import { lostSince } from "../api/client";
import { useReadiness, useStats } from "../api/hooks";
import { useStore } from "../lib/store";
import { count, plural } from "../lib/format";
import { Link } from "./Link";
import { pageAddress, useView } from "./view";

/** One dot for the server's state; hover says why, a press opens Connect. */
export function Health() {
  const { env } = useView();
  const lost = useStore(lostSince);
  const ready = useReadiness();
  const stats = useStats(env);
  const [level, why] = healthOf(lost !== undefined, ready.data, stats.data);
  return (
    <Link to={pageAddress("/connect")} className="button plain health" title={why} aria-label={`Server: ${why}`}>
      <span className={`dot ${level}`} /> {{ ok: "ok", warn: `${count(stats.data?.refused_requests ?? 0)} refused`, error: "down", "": stats.data ? "empty" : stats.error ? "unknown" : "asking" }[level]}
    </Link>
  );
}

type Level = "ok" | "warn" | "error" | "";

export function healthOf(
  lost: boolean,
  ready: { ready: boolean; checks: { ok: boolean; check: string; reason?: string }[] } | undefined,
  stats: { live_rows: number; file_rows: number; refused_requests: number } | undefined,
): [Level, string] {
  if (lost) return ["error", "not reached"];
  const failing = ready?.checks.filter(({ ok }) => !ok) ?? [];
  if (failing.length > 0) return ["error", failing.map(({ check, reason }) => (reason ? `${check}: ${reason}` : `${check} does not hold`)).join("; ")];
  if (!stats) return ["", "how it is, is not known yet"];
  const events = stats.live_rows + stats.file_rows;
  if (stats.refused_requests > 0) return ["warn", `${plural(stats.refused_requests, "request")} refused since the start; open Connect to see why`];
  return events === 0 ? ["", "nothing received yet"] : ["ok", `${plural(events, "event")} stored, nothing refused`];
}
