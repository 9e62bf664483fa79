import { useEffect, useId, useRef, useState } from "react";
import { isAsking } from "../api/hooks";
import { type Changes, useChange } from "../lib/address";
import { createStore, useStore } from "../lib/store";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../lib/time";
import { duration } from "../lib/format";
import { type Range, absolute, isRelative, printSpan, readRange, relativeName, windowName, windowOf } from "../model/range";
import { Form } from "./Form";
import { Icon } from "./icons";
import { isShortcut } from "./keys";
import { askAgain, askByItself, isTimeless, useTime, useView } from "./view";

const PRESETS = [5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS, 28 * DAY_MS];
/** Ranges before the last zooms, newest last. */
const earlier = createStore<Range[]>([]);
const KEPT_ZOOMS = 20;

const remember = (range: Range) => earlier.set([...earlier.get(), range].slice(-KEPT_ZOOMS));

/** Narrows the view's time, remembering where it was. */
export function useZoom(): (range: Range) => void {
  const { range, setRange } = useTime();
  return (next) => {
    remember(range);
    setRange(next);
  };
}

/** The same as a change of the address, to go along with others in one step. */
export function useZoomChanges(): (range: Range) => Changes {
  const { range } = useTime();
  return ({ from, to }) => {
    remember(range);
    return { from, to };
  };
}

export function TimePicker() {
  const { range, window: shown, zone, live, setRange } = useTime();
  const change = useChange();
  const before = useStore(earlier);
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const zoom = useZoom();
  const shift = (by: number) => zoom(absolute({ start: shown.start + by, end: shown.end + by }));
  const length = shown.end - shown.start;
  const out = () => zoom(absolute({ start: shown.start - length / 2, end: shown.end + length / 2 }));
  const back = () => {
    const last = before.at(-1);
    if (!last) return;
    earlier.set(before.slice(0, -1));
    setRange(last);
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      const action = { "[": () => shift(-length), "]": () => shift(length), "{": () => shift(-length / 2), "}": () => shift(length / 2), z: back, Z: out }[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  const timeless = isTimeless(useView());
  const paused = useLive(live && isRelative(range) && !timeless);
  const button = useRef<HTMLButtonElement>(null);
  const name = relativeName(range);
  return (
    <div className="time" role="group" aria-label="Time">
      <button type="button" className="button plain square" aria-label="Earlier" title="Earlier ([)" onClick={() => shift(-length)}>
        <Icon name="back" />
      </button>
      <div className="anchor" ref={box}>
        <button ref={button} type="button" className="button range" title={windowName(shown, zone, Date.now())} aria-expanded={open} aria-haspopup="dialog" onClick={() => setOpen(!open)}>
          {name && <strong>{name}</strong>} <span className={name ? "quiet mono cut" : "mono cut"}>{windowName(shown, zone, Date.now())}</span> <Icon name="down" size={14} />
        </button>
        {open && (
          <TimePanel
            range={range}
            close={(focus) => {
              setOpen(false);
              if (focus) button.current?.focus();
            }}
            set={setRange}
            holder={box}
          />
        )}
      </div>
      <button type="button" className="button plain square" aria-label="Later" title="Later (])" onClick={() => shift(length)}>
        <Icon name="forward" />
      </button>
      <button type="button" className="button plain square" aria-label="Zoom out" title="Zoom out (Shift-Z)" onClick={out}>
        <Icon name="out" />
      </button>
      <button
        type="button"
        className="button plain"
        aria-pressed={live && !timeless}
        disabled={!isRelative(range) || timeless}
        title={timeless ? "This page is of no range of time: r asks again" : isRelative(range) ? "Ask again by itself (l)" : "Only ranges that end now can be live"}
        onClick={() => change({ live: live ? null : "1" }, "replace")}
      >
        <span className={live && !paused && !timeless ? "dot ok" : "dot"} /> {live && paused ? "Live, paused" : "Live"}
      </button>
    </div>
  );
}

/**
 * Asks again every five seconds, but not while the pointer is down, a menu is open or the tab is hidden: then it says that it is paused. What
 * was asked is waited for, however long it takes.
 */
function useLive(on: boolean): boolean {
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    setPaused(false);
    if (!on) return;
    let down = false;
    const press = () => {
      down = true;
    };
    const release = () => {
      down = false;
    };
    window.addEventListener("pointerdown", press);
    window.addEventListener("pointerup", release);
    const timer = setInterval(() => {
      const rests = down || document.hidden || document.querySelector("[role=menu], [role=dialog], dialog[open]") !== null;
      setPaused(rests);
      if (!rests && !isAsking()) askByItself();
    }, 5_000);
    return () => {
      clearInterval(timer);
      window.removeEventListener("pointerdown", press);
      window.removeEventListener("pointerup", release);
    };
  }, [on]);
  return paused;
}

function TimePanel({ range, close, set, holder }: { range: Range; close: (focus: boolean) => void; set: (range: Range) => void; holder: React.RefObject<HTMLDivElement | null> }) {
  const { zone } = useTime();
  const [text, setText] = useState("");
  const reading = useId();
  const closing = useRef(close);
  closing.current = close;
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!holder.current?.contains(event.target as Node)) closing.current(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [holder]);
  const now = Date.now();
  const read = text ? readRange(text, now, zone) : undefined;
  const meant = read && "range" in read ? windowOf(read.range, now) : undefined;
  const pick = (next: Range) => {
    set(next);
    close(true);
  };
  return (
    <div
      className="layer below time-panel"
      role="dialog"
      aria-label="Time range"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close(true);
      }}
    >
      <Form submit={() => read && "range" in read && pick(read.range)}>
        <input
          className="field mono"
          style={{ width: "100%" }}
          autoFocus
          spellCheck={false}
          placeholder="2h · 14:02 .. 15:00 · yesterday · a log line"
          aria-label="Time range as text"
          aria-describedby={reading}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Form>
      <p id={reading} className={read && "error" in read ? "reading bad" : "reading"}>
        {meant && `= ${windowName(meant, zone, now)}, ${duration(meant.end - meant.start)}`}
        {read && "error" in read && `Character ${read.at}: ${read.error}.`}
        {!read && "Enter takes what is typed. Paste any log line: its time is found."}
      </p>
      <div className="presets">
        {PRESETS.map((length) => {
          const from = `-${printSpan(length)}`;
          return (
            <button key={length} type="button" className="button" aria-pressed={range.from === from && range.to === "now"} onClick={() => pick({ from, to: "now" })}>
              {duration(length)}
            </button>
          );
        })}
      </div>
      <button type="button" className="button" onClick={askAgain}>
        Ask again now
      </button>
    </div>
  );
}
