import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/**
 * A list that gets less room, as when what is selected opens under it, keeps what is selected in sight: `id` names its row, `height` is
 * the room there is.
 */
export function useKeptInSight(height: number, id: string | undefined): void {
  const last = useRef(height);
  useLayoutEffect(() => {
    const isLess = height < last.current;
    last.current = height;
    if (isLess && id !== undefined) document.getElementById(id)?.scrollIntoView({ block: "nearest" });
  }, [height, id]);
}

/** What of an element is in sight, in pixels from its upper edge. */
export interface Sight {
  top: number;
  bottom: number;
}

/** At how many shares of an element's height the browser tells how much of it is in sight, and in steps of how many pixels that is heard. */
const SHARES = Array.from({ length: 33 }, (_, n) => n / 32);
const STEP_PX = 80;

/** What of an element is in sight, as pages are scrolled and as what stands above it grows. The browser tells it with each frame: no layout is read. Until then it is taken for so many pixels. */
export function useSight(element: RefObject<HTMLElement | null>, isWatched: boolean, height: number): Sight {
  const [sight, setSight] = useState<Sight>({ top: 0, bottom: height });
  useEffect(() => {
    const target = element.current;
    if (!target || !isWatched) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const last = entries.at(-1);
        if (!last) return;
        const top = Math.floor((last.intersectionRect.top - last.boundingClientRect.top) / STEP_PX) * STEP_PX;
        const bottom = Math.ceil((last.intersectionRect.bottom - last.boundingClientRect.top) / STEP_PX) * STEP_PX;
        const next = last.isIntersecting ? { top, bottom } : { top: 0, bottom: 0 };
        setSight((known) => (known.top === next.top && known.bottom === next.bottom ? known : next));
      },
      { threshold: SHARES },
    );
    observer.observe(target);
    return () => observer.disconnect();
  }, [element, isWatched]);
  return sight;
}
