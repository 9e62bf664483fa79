import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Row } from "../../api/hooks";
import { follow, missedRows } from "../../api/tail";
import { count, exact } from "../../lib/format";
import { type Zone, isOneDay, nsToMs } from "../../lib/time";
import { type Gap, isBefore, mergedRows } from "../../model/gap";
import { Kept } from "../../model/held";
import { ErrorState } from "../../ui/States";
import { isTyping } from "../../ui/keys";
import { GapNote, type ToldGap } from "./GapNote";
import { Lines } from "./Lines";

/** Lines that are shown, and lines that wait while it is paused. */
const SHOWN = 2_000;
const WAITING = 20_000;
const FRAME_MS = 100;
const RATE_MS = 1_000;

interface TailProps {
  env: string;
  filter: string;
  /** From where on lines are followed: what arrived after it, before the stream was there, is fetched. */
  position: Position | undefined;
  zone: Zone;
  selected: string | undefined;
  select: (row: Row | undefined) => void;
  paused: boolean;
  setPaused: (is: boolean) => void;
  /** What is told of the line that is selected. */
  about: (row: Row, close: () => void) => ReactNode;
}

/** Where a list ended: the line that arrived last, if there was one, and when the list was read. */
export interface Position {
  at: number;
  last: Row | undefined;
}

/** The lines that stood there, paused, when another page was opened: they stand there again when one comes back. */
let left: { env: string; filter: string; rows: Row[]; top: number } | undefined;

/** Gaps that are told of, the last ones. */
const GAPS = 3;

/** When the server received an event, nanoseconds. */
function ingestOf(row: Row | undefined): bigint | undefined {
  const at = row?.fields["meta.ingest_time"];
  return typeof at === "bigint" ? at : typeof at === "number" && Number.isSafeInteger(at) ? BigInt(at) : undefined;
}

/** As many of the newest lines as are shown. */
const newest = (rows: readonly Row[]): Row[] => rows.slice().sort((a, b) => (isBefore(a, b) ? -1 : 1)).slice(-SHOWN);

/** Lines with others that come after them; where some came before, each takes its place. */
function joined(known: readonly Row[], more: readonly Row[]): Row[] {
  const end = known.at(-1);
  const isAfter = more.every((row, n) => isBefore((n === 0 ? end : more[n - 1]) ?? { seq: "" }, row));
  return isAfter ? [...known, ...more] : mergedRows(known, more);
}

const linesText = (lines: number) => `${exact(lines)} ${lines === 1 ? "line" : "lines"}`;
const rangeOf = (rows: readonly Row[]) => ({ start: nsToMs(rows[0]?.time_ns ?? 0n), end: nsToMs(rows.at(-1)?.time_ns ?? 0n) });

/** Lines as they arrive, in frames; Space pauses and goes on. What is let go is told. */
export function Tail({ env, filter, position, zone, selected, select, paused, setPaused, about }: TailProps) {
  const [rows, setRows] = useState<Row[]>([]);
  const [isBack, setBack] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const [lost, setLost] = useState(0);
  const [missed, setMissed] = useState(false);
  const [rate, setRate] = useState(0);
  const [error, setError] = useState<unknown>();
  const [gaps, setGaps] = useState<ToldGap[]>([]);
  const held = useRef(new Kept<Row>(WAITING));
  const isPaused = useRef(false);
  isPaused.current = paused;
  const box = useRef<HTMLDivElement>(null);
  const whole = useRef<HTMLDivElement>(null);
  const place = useRef(0);
  const begin = useRef(position);
  const following = useRef(new AbortController());
  const latest = useRef(rows);
  latest.current = rows;
  /** Which of some lines are neither shown nor waiting. */
  const unseen = () => {
    const seen = new Set([...latest.current, ...held.current.items].map(({ seq }) => seq));
    return ({ seq }: Row) => !seen.has(seq);
  };
  useEffect(() => {
    const stop = new AbortController();
    following.current = stop;
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
    setGaps([]);
    held.current = new Kept<Row>(WAITING);
    let arrived = 0;
    let again: ReturnType<typeof setTimeout>;
    const from = known ? undefined : begin.current;
    // Other conditions begin with what arrives under them.
    begin.current = undefined;
    let last = from?.last;
    /** Since when nothing is followed; nothing while it is. */
    let lostAt = from?.at;
    let isFirst = lostAt !== undefined;
    let isOpen = false;
    const onRow = (row: Row) => {
      arrived++;
      last = row;
      held.current.add(row);
    };
    const fill = async (gap: Gap, before: Row | undefined, isTold: boolean) => {
      let told: ToldGap = { ...gap, found: 0, isCut: false };
      let found: Row[] = [];
      try {
        const { rows: all, isCut } = await missedRows(env, filter, gap, stop.signal);
        const isNew = unseen();
        found = newest(all.filter((row) => isNew(row) && (before === undefined || isBefore(before, row))));
        told = { ...told, found: found.length, isCut: isCut || all.length - found.length > SHOWN };
      } catch (fault) {
        told = { ...told, fault };
      }
      if (stop.signal.aborted) return;
      // Among those that have come since they take their places.
      held.current.add(...found);
      if (isTold || told.isCut || told.fault !== undefined) setGaps((known) => [...known, told].slice(-GAPS));
    };
    const opened = () => {
      setError(undefined);
      isOpen = true;
      if (lostAt !== undefined) void fill({ from: lostAt, to: Date.now(), after: ingestOf(last) }, last, !isFirst);
      lostAt = undefined;
      isFirst = false;
    };
    const run = () =>
      follow(env, filter, stop.signal, onRow, () => setMissed(true), opened)
        .catch((fault: unknown) => {
          if (!stop.signal.aborted) setError(fault);
        })
        .finally(() => {
          if (stop.signal.aborted) return;
          if (isOpen) lostAt ??= Date.now();
          isOpen = false;
          again = setTimeout(run, 2_000);
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
      setRows((known) => joined(known, more).slice(-Math.max(SHOWN, more.length)));
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
  /** Once more, as somebody wishes: the lines take their places among those that are shown. */
  const fetchGap = async (gap: ToldGap) => {
    // Lines of other conditions than those that are followed by then are none of these.
    const { signal } = following.current;
    let told: ToldGap;
    try {
      const { rows: all, isCut } = await missedRows(env, filter, gap, signal);
      const missing = all.filter(unseen());
      const found = newest(missing);
      if (signal.aborted) return;
      setRows((known) => mergedRows(known, found));
      told = { from: gap.from, to: gap.to, after: gap.after, found: found.length, isCut: isCut || missing.length > found.length };
    } catch (fault) {
      if (signal.aborted) return;
      told = { ...gap, fault };
    }
    // The button goes away with what it fetched.
    if (told.fault === undefined) box.current?.focus();
    setGaps((known) => known.map((one) => (one.from === gap.from ? told : one)));
  };
  const row = selected === undefined ? undefined : rows.find(({ seq }) => seq === selected);
  return (
    <div ref={whole} className="tail">
      <div className="status-line" style={{ alignItems: "center", marginBottom: 8 }}>
        <button type="button" className="button" aria-pressed={paused} onClick={turn}>
          {paused ? `Resume, ${count(waiting)} new` : "Pause"} <kbd>Space</kbd>
        </button>
        <span role="status">{rows.length > 0 ? linesText(rows.length) : paused ? "Paused: what comes now waits" : "Waiting for the next line"}</span>
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
      {gaps.map((gap) => (
        <GapNote key={gap.from} gap={gap} zone={zone} fetch={() => fetchGap(gap)} />
      ))}
      <div className={row ? "beside open" : "beside"}>
        <Lines rows={rows} zone={zone} isShort={isOneDay(rangeOf(rows), zone)} label="Lines as they arrive" following={!paused} onHold={() => setPaused(true)} selected={selected} select={(next) => (setPaused(true), select(next))} box={box} />
        {row && about(row, () => (select(undefined), box.current?.focus()))}
      </div>
    </div>
  );
}
