import { RAMP_ENTRIES, shade, shadingOf } from "../model/ramp";
import type { Colours } from "./colours";

/**
 * Counts from left to right as a background. The browser paints it beside the page's own work; a canvas for each row of a table would cost
 * a layer each.
 */
export function stripOf(counts: readonly number[], { rampCss, rampFloor }: Colours): string {
  const shading = shadingOf(counts, rampFloor, "sqrt");
  const entry = (n: number) => ((counts[n] ?? 0) > 0 ? Math.round(shade(counts[n] ?? 0, shading) * (RAMP_ENTRIES - 1)) : -1);
  const stops: string[] = [];
  let now = entry(0);
  for (let n = 1; n <= counts.length; n++) {
    const next = n < counts.length ? entry(n) : Number.NaN;
    if (next === now) continue;
    // A colour that begins before the one ahead of it ends begins where that one ends: edges are sharp.
    stops.push(`${now < 0 ? "transparent" : (rampCss[now] ?? "")} 0 ${Math.round((n / counts.length) * 1e4) / 100}%`);
    now = next;
  }
  return stops.length > 0 ? `linear-gradient(90deg, ${stops.join(", ")})` : "none";
}
