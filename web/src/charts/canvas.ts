import { useLayoutEffect, useRef, useState } from "react";

/** The size of an element in CSS pixels, as it changes; of the one that is given, or of the one that gets the reference. */
export function useSize<T extends HTMLElement>(given?: React.RefObject<T | null>): [React.RefObject<T | null>, { width: number; height: number }] {
  const own = useRef<T>(null);
  const element = given ?? own;
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const measure = () => {
      const next = { width: target.clientWidth, height: target.clientHeight };
      setSize((known) => (known.width === next.width && known.height === next.height ? known : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return [element, size];
}

/** Fits a canvas to a size in device pixels and hands out its context, cleared, in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | undefined {
  const scale = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = canvas.getContext("2d");
  if (!context) return undefined;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
