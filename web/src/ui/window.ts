import { type RefObject, useLayoutEffect } from "react";

const MARGIN_PX = 8;

/** Keeps a layer that hangs from its left edge within the window: it is moved to the left by what would stand out. */
export function useWithinWindow(layer: RefObject<HTMLElement | null>): void {
  // With every drawing: what a layer lists makes it wider and narrower.
  useLayoutEffect(() => {
    const element = layer.current;
    if (!element) return;
    element.style.left = "0";
    const over = element.getBoundingClientRect().right + MARGIN_PX - document.documentElement.clientWidth;
    if (over > 0) element.style.left = `${-Math.ceil(over)}px`;
  });
}
