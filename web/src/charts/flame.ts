import type { Lane, Path } from "../model/paths";
import { type Colours, slotColour } from "./colours";

export const LANE_PX = 20;
/** Narrower ones are drawn without a name. */
const NAMED_PX = 34;

export interface FlameView {
  paths: readonly Path[];
  lane: Lane;
  /** The services' slots, by name. */
  slots: ReadonlyMap<string, number>;
  /** The part that fills the width, nanoseconds. */
  shown: { from: number; to: number };
  hovered: number | undefined;
  hits: Uint8Array | undefined;
}

export const flameX = ({ from, to }: FlameView["shown"], width: number, at: number): number => ((at - from) / (to - from)) * width;

/** Every path as a box, its callers above it; what is narrower than half a pixel is left out. */
export function paintFlame(context: CanvasRenderingContext2D, width: number, top: number, height: number, view: FlameView, colours: Colours): void {
  const { paths, lane, slots, shown, hovered, hits } = view;
  context.font = `11px ${colours.sans}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (let n = 0; n < paths.length; n++) {
    const path = paths[n];
    if (!path) continue;
    const y = path.depth * LANE_PX - top;
    if (y + LANE_PX < 0 || y > height) continue;
    const left = Math.max(0, flameX(shown, width, lane.from[n] ?? 0));
    const right = Math.min(width, flameX(shown, width, (lane.from[n] ?? 0) + (lane.width[n] ?? 0)));
    if (right - left < 0.5) continue;
    const wide = Math.max(1, right - left - 1);
    context.globalAlpha = hits && !hits[n] ? 0.25 : 1;
    context.fillStyle = slotColour(colours, slots.get(path.service) ?? 0);
    context.fillRect(left, y + 1, wide, LANE_PX - 2);
    if ((path.sides[0]?.errors ?? 0) > 0) {
      context.fillStyle = colours.error;
      context.fillRect(left, y + LANE_PX - 4, wide, 3);
    }
    if (n === hovered) {
      context.strokeStyle = colours.text;
      context.lineWidth = 2;
      context.strokeRect(left + 1, y + 2, Math.max(1, wide - 2), LANE_PX - 4);
    }
    if (wide < NAMED_PX) continue;
    const label = fitted(context, path.name, wide - 10);
    // Names stand on a ground of their own: not every colour of a service carries text.
    context.fillStyle = colours.bg;
    context.fillRect(left + 3, y + 4, context.measureText(label).width + 4, LANE_PX - 8);
    context.fillStyle = colours.text;
    context.fillText(label, left + 5, y + LANE_PX / 2);
  }
  context.globalAlpha = 1;
}

function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let most = Math.floor((width / context.measureText(text).width) * text.length);
  while (most > 1 && context.measureText(`${text.slice(0, most)}…`).width > width) most--;
  return `${text.slice(0, Math.max(1, most))}…`;
}
