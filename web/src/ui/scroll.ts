import { type RefObject, useEffect } from "react";

/** Scrolling is noted once it rests so long. */
const REST_MS = 150;
/** So long the place that was left is waited for: what is above it may still be on its way. */
const WAIT_MS = 4_000;

/** How far the page is scrolled. */
export const scrolled = (): number => Math.round(document.getElementById("main")?.scrollTop ?? 0);

function placeIn(state: unknown): number {
  return typeof state === "object" && state !== null && "scroll" in state && typeof state.scroll === "number" ? state.scroll : 0;
}

/** Each entry of the browser's history keeps how far its page was scrolled: reload and Back lead there again, as they do where the whole document scrolls. */
export function useKeptScroll(main: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = main.current;
    if (!element) return;
    let rest: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    const stop = () => {
      cancelAnimationFrame(frame);
      frame = 0;
    };
    const note = () => {
      clearTimeout(rest);
      rest = setTimeout(() => {
        if (frame === 0) window.history.replaceState({ ...(window.history.state as object | null), scroll: scrolled() }, "");
      }, REST_MS);
    };
    const bring = (state: unknown) => {
      stop();
      const place = placeIn(state);
      if (place === 0) return;
      const until = performance.now() + WAIT_MS;
      const step = () => {
        element.scrollTop = place;
        frame = Math.abs(element.scrollTop - place) > 1 && performance.now() < until ? requestAnimationFrame(step) : 0;
      };
      frame = requestAnimationFrame(step);
    };
    const back = (event: PopStateEvent) => bring(event.state);
    // Whoever moves by hand meanwhile is not moved.
    const hands = ["wheel", "pointerdown", "keydown", "touchmove"];
    for (const hand of hands) window.addEventListener(hand, stop, { capture: true, passive: true });
    element.addEventListener("scroll", note);
    window.addEventListener("popstate", back);
    bring(window.history.state);
    return () => {
      stop();
      clearTimeout(rest);
      for (const hand of hands) window.removeEventListener(hand, stop, { capture: true });
      element.removeEventListener("scroll", note);
      window.removeEventListener("popstate", back);
    };
  }, [main]);
}
