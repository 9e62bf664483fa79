import { useEffect, useRef, useState } from "react";
import { lostSince } from "../api/client";
import { useArrived, useReadiness, useRefusals, useStats } from "../api/hooks";
import { useMay } from "../api/session";
import { useStore } from "../lib/store";
import { nsToMs } from "../lib/time";
import { LATELY_MS, healthOf } from "../model/health";
import { Link } from "./Link";
import { pageAddress, useView } from "./view";

/** One dot for the server's state; hover says why, a press opens Connect. */
export function Health() {
  const { env } = useView();
  const lost = useStore(lostSince);
  const ready = useReadiness();
  const stats = useStats(env);
  const isEditor = useMay("editor");
  const refusals = useRefusals(env, isEditor);
  const refused = refusals.data?.refusals.filter(({ time_ns }) => Date.now() - nsToMs(time_ns) < LATELY_MS).length ?? 0;
  const events = stats.data && stats.data.live_rows + stats.data.file_rows;
  const arrives = useArriving(env, events);
  const { level, word, why } = healthOf({ lost: lost !== undefined, ready: ready.data, events, isUnknown: stats.error !== null, refused, arrives });
  return (
    <Link to={pageAddress("/connect")} className="button plain health" title={why} aria-label={`Server: ${why}`}>
      <span className={`dot ${level}`} /> {word}
    </Link>
  );
}

/** Whether something was accepted within the last five minutes: seen here, where there are more events than before, else asked. */
function useArriving(env: string, events: number | undefined): boolean | undefined {
  const [seen, setSeen] = useState<{ env: string; at: number }>();
  const last = useRef<{ env: string; events: number }>(undefined);
  useEffect(() => {
    if (events === undefined) return;
    const before = last.current;
    last.current = { env, events };
    if (before?.env === env && events > before.events) setSeen({ env, at: Date.now() });
  }, [env, events]);
  useEffect(() => {
    if (!seen) return;
    const timer = setTimeout(() => setSeen(undefined), LATELY_MS);
    return () => clearTimeout(timer);
  }, [seen]);
  const isSeen = seen?.env === env;
  const asked = useArrived(env, LATELY_MS, !isSeen && events !== undefined && events > 0);
  return isSeen ? true : asked.data;
}
