import { type RefObject, useEffect, useRef } from "react";
import { type Frame, timeAt } from "./frame";

interface Times {
  start: number;
  end: number;
}

/** The times of a frame so many times as long, round one that stays where it is. */
export function zoomedRound({ start, end }: Times, at: number, factor: number): Times {
  return { start: at - (at - start) * factor, end: at + (end - at) * factor };
}

/** What one notch of a wheel makes of the range. */
const NOTCH = 1.25;
/** How far a zoom goes in one go. */
const MOST = 20;
/** Times are asked for when the wheel rests so long. */
const REST_MS = 180;
/** A range is not made shorter than this, milliseconds. */
const LEAST_MS = 10;

/** Ctrl or Cmd and the wheel zoom in time round the pointer; without, the page scrolls as ever. */
export function useWheelZoom(holder: RefObject<HTMLElement | null>, picture: RefObject<HTMLElement | null>, frame: Frame, onRange: ((range: Times) => void) | undefined): void {
  const latest = useRef({ frame, onRange });
  latest.current = { frame, onRange };
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    let factor = 1;
    let x = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = () => {
      const { frame: now, onRange: ask } = latest.current;
      const range = zoomedRound(now, timeAt(now, x), factor);
      factor = 1;
      timer = undefined;
      if (picture.current) picture.current.style.transform = "";
      if (range.end - range.start >= LEAST_MS) ask?.(range);
    };
    const turn = (event: WheelEvent) => {
      if (!(event.ctrlKey || event.metaKey) || !latest.current.onRange) return;
      event.preventDefault();
      if (timer === undefined) x = event.clientX - element.getBoundingClientRect().left;
      else clearTimeout(timer);
      factor = Math.min(MOST, Math.max(1 / MOST, factor * (event.deltaY > 0 ? NOTCH : 1 / NOTCH)));
      if (picture.current) {
        picture.current.style.transformOrigin = `${x}px 0`;
        picture.current.style.transform = `scaleX(${1 / factor})`;
      }
      timer = setTimeout(settle, REST_MS);
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => {
      clearTimeout(timer);
      element.removeEventListener("wheel", turn);
    };
  }, [holder, picture]);
}
