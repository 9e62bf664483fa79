import { useLayoutEffect, useRef } from "react";

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
