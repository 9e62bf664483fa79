import { useCallback, useEffect, useRef, useState } from "react";
import { type Asked, type SpanCount, useSpanCount, useTrace } from "../../api/hooks";
import { readAddress, useChange } from "../../lib/address";
import { HOUR_MS, MINUTE_MS, nsToMs } from "../../lib/time";
import { type Trace, isSame } from "../../model/trace";
import { timeText, useAskedAgain } from "../../ui/view";

/** For how long after its end spans of a trace are looked for that were still on their way. */
const YOUNG_MS = 10 * MINUTE_MS;
const EVERY_MS = 5_000;

export interface Growing {
  /** The trace as it is shown: it changes when its reader wants it to. */
  trace: Trace | undefined;
  /** The same trace with what has come since. */
  newer: Trace | undefined;
  show: () => void;
  asked: Asked<Trace>;
}

/** A trace that others still write to. */
export function useGrowing(env: string, id: string, at: string | undefined): Growing {
  const asked = useTrace(env, id, at);
  const change = useChange();
  const [kept, setKept] = useState<{ of: string; trace: Trace }>();
  const of = `${env}/${id}`;
  const shown = kept?.of === of ? kept.trace : undefined;
  const trace = shown ?? asked.data;
  useEffect(() => {
    if (asked.data) setKept((known) => (known?.of === of ? known : { of, trace: asked.data }));
  }, [asked.data, of]);
  const take = useCallback(
    (next: Trace) => {
      setKept((known) => {
        if (known?.of === of && isSame(known.trace, next)) return known;
        return { of, trace: next };
      });
      // What is zoomed to stays the same time where an earlier span has moved the start.
      const [from, to] = (readAddress().params.get("w") ?? "").split(",").map(Number);
      const moved = shown ? Number(shown.start - next.start) : 0;
      if (from !== undefined && to !== undefined && moved !== 0) change({ w: `${from + moved},${to + moved}` }, "replace");
    },
    [of, shown, change],
  );
  const { refetch } = asked;
  const isHere = useRef(true);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  // Who asks again wants to see what comes of it, while the trace is the one that is shown.
  useAskedAgain(() => void refetch().then(({ data }) => data && isHere.current && take(data)));

  const start = trace ? nsToMs(trace.start) : 0;
  const end = start + (trace?.length ?? 0) / 1e6;
  const size = useSpanCount(env, trace?.id, timeText({ start: start - HOUR_MS, end: end + HOUR_MS }), () => (Date.now() - end < YOUNG_MS ? EVERY_MS : false));
  const counted = useRef<SpanCount>(undefined);
  const spans = asked.data?.spans;
  const { data: counts, dataUpdatedAt: countedAt } = size;
  // A count that was read again is looked at again, though it says the same.
  useEffect(() => {
    if (counts === undefined || spans === undefined) return;
    const before = counted.current;
    const isSame = before ? before.spans === counts.spans && before.took === counts.took : counts.spans === spans;
    if (isSame) counted.current = counts;
    // What could not be read is looked for again after the next count.
    else void refetch().then(({ isSuccess }) => isSuccess && (counted.current = counts));
  }, [counts, countedAt, spans, refetch]);

  const newer = shown && asked.data && !isSame(shown, asked.data) ? asked.data : undefined;
  return { trace, newer, show: () => newer && take(newer), asked };
}
