import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Row } from "../../api/hooks";
import { follow } from "../../api/tail";
import { count, exact } from "../../lib/format";
import { type Zone, isOneDay, nsToMs } from "../../lib/time";
import { Kept } from "../../model/held";
import { ErrorState } from "../../ui/States";
import { isTyping } from "../../ui/keys";
import { Lines } from "./Lines";

/** Lines that are shown, and lines that wait while it is paused. */
const SHOWN = 2_000;
const WAITING = 20_000;
const FRAME_MS = 100;
const RATE_MS = 1_000;

interface TailProps {
  env: string;
  filter: string;
  zone: Zone;
  selected: string | undefined;
  select: (row: Row | undefined) => void;
  paused: boolean;
  setPaused: (is: boolean) => void;
  /** What is told of the line that is selected. */
  about: (row: Row, close: () => void) => ReactNode;
}

/** The lines that stood there, paused, when another page was opened: they stand there again when one comes back. */
let left: { env: string; filter: string; rows: Row[]; top: number } | undefined;

const rangeOf = (rows: readonly Row[]) => ({ start: nsToMs(rows[0]?.time_ns ?? 0n), end: nsToMs(rows.at(-1)?.time_ns ?? 0n) });

/** Lines as they arrive, in frames; Space pauses and goes on. What is let go is told. */
export function Tail({ env, filter, zone, selected, select, paused, setPaused, about }: TailProps) {
  const [rows, setRows] = useState<Row[]>([]);
  const [isBack, setBack] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const [lost, setLost] = useState(0);
  const [missed, setMissed] = useState(false);
  const [rate, setRate] = useState(0);
  const [error, setError] = useState<unknown>();
  const held = useRef(new Kept<Row>(WAITING));
  const isPaused = useRef(false);
  isPaused.current = paused;
  const box = useRef<HTMLDivElement>(null);
  const whole = useRef<HTMLDivElement>(null);
  const place = useRef(0);
  useEffect(() => {
    const stop = new AbortController();
    const known = isPaused.current && left?.env === env && left.filter === filter ? left : undefined;
    left = undefined;
    place.current = known?.top ?? 0;
    setRows(known?.rows ?? []);
    setBack(known !== undefined);
    const list = box.current;
    const note = () => {
      place.current = list?.scrollTop ?? 0;
    };
    list?.addEventListener("scroll", note);
    setError(undefined);
    setMissed(false);
    held.current = new Kept<Row>(WAITING);
    let arrived = 0;
    let again: ReturnType<typeof setTimeout>;
    const onRow = (row: Row) => {
      arrived++;
      held.current.add(row);
    };
    const run = () =>
      follow(env, filter, stop.signal, onRow, () => setMissed(true), () => setError(undefined))
        .catch((fault: unknown) => {
          if (!stop.signal.aborted) setError(fault);
        })
        .finally(() => {
          if (!stop.signal.aborted) again = setTimeout(run, 2_000);
        });
    void run();
    const frames = setInterval(() => {
      setLost(held.current.lost);
      if (isPaused.current) {
        setWaiting(held.current.size);
        return;
      }
      if (held.current.size === 0) return;
      const more = held.current.take();
      setRows((known) => [...known, ...more].slice(-Math.max(SHOWN, more.length)));
    }, FRAME_MS);
    const rates = setInterval(() => {
      setRate(arrived);
      arrived = 0;
    }, RATE_MS);
    return () => {
      stop.abort();
      list?.removeEventListener("scroll", note);
      clearInterval(frames);
      clearInterval(rates);
      clearTimeout(again);
    };
  }, [env, filter]);
  const latest = useRef(rows);
  latest.current = rows;
  useEffect(
    () => () => {
      if (isPaused.current && latest.current.length > 0) left = { env, filter, rows: latest.current, top: place.current };
    },
    [env, filter],
  );
  useLayoutEffect(() => {
    if (isBack && box.current) box.current.scrollTop = place.current;
  }, [isBack]);
  const turn = () => {
    setPaused(!isPaused.current);
    setWaiting(0);
  };
  // Space belongs to the lines, wherever else no button or field has it.
  useEffect(() => {
    box.current?.focus();
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      const isElsewhere = target !== null && target !== document.body && !whole.current?.contains(target);
      if (event.key !== " " || event.defaultPrevented || isElsewhere || isTyping(event) || target?.closest("button, a, summary") || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      turn();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  const row = selected === undefined ? undefined : rows.find(({ seq }) => seq === selected);
  return (
    <div ref={whole}>
      <div className="status-line" style={{ alignItems: "center", marginBottom: 8 }}>
        <button type="button" className="button" aria-pressed={paused} onClick={turn}>
          {paused ? `Resume, ${count(waiting)} new` : "Pause"} <kbd>Space</kbd>
        </button>
        <span role="status">{rows.length > 0 ? `${exact(rows.length)} lines` : paused ? "Paused: what comes now waits" : "Waiting for the next line"}</span>
        {isBack && <span>Lines that came while another page was open are not among these.</span>}
        <span>{count(rate)} a second</span>
        {lost > 0 && <span className="bad-words">{exact(lost)} older lines were let go while paused; at most {exact(WAITING)} wait</span>}
        {missed && <span className="bad-words">Lines came faster than they could be sent; some are not shown. Narrow the conditions.</span>}
      </div>
      {error !== undefined && (
        <ErrorState error={error}>
          <p className="quiet">Asking again every 2 s.</p>
        </ErrorState>
      )}
      <div className={row ? "beside open" : "beside"}>
        <Lines rows={rows} zone={zone} isShort={isOneDay(rangeOf(rows), zone)} label="Lines as they arrive" following={!paused} selected={selected} select={(next) => (setPaused(true), select(next))} box={box} />
        {row && about(row, () => (select(undefined), box.current?.focus()))}
      </div>
    </div>
  );
}
