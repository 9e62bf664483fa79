import { lostSince } from "../api/client";
import { useReadiness, useRefusals, useStats } from "../api/hooks";
import { useMay } from "../api/session";
import { useStore } from "../lib/store";
import { plural } from "../lib/format";
import { nsToMs } from "../lib/time";
import { Link } from "./Link";
import { pageAddress, useView } from "./view";

const RECENT_MS = 300_000;

/** One dot for the server's state; hover says why, a press opens Connect. */
export function Health() {
  const { env } = useView();
  const lost = useStore(lostSince);
  const ready = useReadiness();
  const stats = useStats(env);
  const isEditor = useMay("editor");
  const refusals = useRefusals(env, isEditor);
  const recent = refusals.data?.refusals.filter(({ time_ns }) => Date.now() - nsToMs(time_ns) < RECENT_MS).length ?? 0;
  const [level, why] = healthOf(lost !== undefined, ready.data, stats.data, recent);
  return (
    <Link to={pageAddress("/connect")} className="button plain health" title={why} aria-label={`Server: ${why}`}>
      <span className={`dot ${level}`} /> {{ ok: "ok", warn: "refusing", error: "down", "": stats.data ? "empty" : stats.error ? "unknown" : "asking" }[level]}
    </Link>
  );
}

type Level = "ok" | "warn" | "error" | "";

export function healthOf(
  lost: boolean,
  ready: { ready: boolean; checks: { ok: boolean; check: string; reason?: string }[] } | undefined,
  stats: { live_rows: number; file_rows: number } | undefined,
  /** Requests that were refused within the last five minutes. */
  refused: number,
): [Level, string] {
  if (lost) return ["error", "not reached"];
  const failing = ready?.checks.filter(({ ok }) => !ok) ?? [];
  if (failing.length > 0) return ["error", failing.map(({ check, reason }) => (reason ? `${check}: ${reason}` : `${check} does not hold`)).join("; ")];
  if (!stats) return ["", "how it is, is not known yet"];
  const events = stats.live_rows + stats.file_rows;
  if (refused > 0) return ["warn", `${plural(refused, "request")} refused in the last 5 min; open Connect to see why`];
  return events === 0 ? ["", "nothing received yet"] : ["ok", `${plural(events, "event")} stored`];
}
