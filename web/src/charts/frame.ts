import type { Zone } from "../lib/time";
import { type Tick, timeTicks } from "../model/ticks";
import type { Colours } from "./colours";

/** Where data lie within a chart, CSS pixels, and the times at its edges. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  start: number;
  end: number;
}

/** Room for the labels of values, the same in every chart, so that times stand above one another. */
export const LEFT = 64;
const RIGHT = 12;
const TOP = 6;
export const AXIS = 20;

export function frameOf(width: number, height: number, start: number, end: number): Frame {
  return { left: LEFT, top: TOP, width: Math.max(1, width - LEFT - RIGHT), height: Math.max(1, height - TOP - AXIS), start, end };
}

export const xOf = ({ left, width, start, end }: Frame, time: number): number => left + ((time - start) / (end - start)) * width;
export const timeAt = ({ left, width, start, end }: Frame, x: number): number => start + ((x - left) / width) * (end - start);

/** Graphs that stand above one another have the same ticks. */
let last: { of: string; ticks: Tick[] } = { of: "", ticks: [] };

function ticksOf(start: number, end: number, most: number, zone: Zone): Tick[] {
  const of = `${start} ${end} ${most} ${zone}`;
  if (last.of !== of) last = { of, ticks: timeTicks(start, end, most, zone) };
  return last.ticks;
}

/** Ticks of time below the frame, and a hair line for each. */
export function paintTimes(context: CanvasRenderingContext2D, frame: Frame, zone: Zone, colours: Colours): void {
  const ticks = ticksOf(frame.start, frame.end, Math.max(2, Math.floor(frame.width / 90)), zone);
  context.font = `11px ${colours.sans}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = colours.text3;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  for (const { at, label } of ticks) {
    const x = Math.round(xOf(frame, at)) + 0.5;
    context.beginPath();
    context.moveTo(x, frame.top + frame.height);
    context.lineTo(x, frame.top + frame.height + 4);
    context.stroke();
    const half = context.measureText(label).width / 2;
    context.fillText(label, Math.min(Math.max(x, frame.left + half), frame.left + frame.width - half), frame.top + frame.height + 5);
  }
  context.beginPath();
  context.moveTo(frame.left, frame.top + frame.height + 0.5);
  context.lineTo(frame.left + frame.width, frame.top + frame.height + 0.5);
  context.stroke();
}

/** Labels of values left of the frame. With `grid`, a hair line for each. */
export function paintValues(context: CanvasRenderingContext2D, frame: Frame, ticks: readonly { y: number; label: string }[], colours: Colours, grid: boolean): void {
  context.font = `11px ${colours.sans}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { y, label } of ticks) {
    context.fillStyle = colours.text3;
    context.fillText(label, frame.left - 8, Math.min(Math.max(y, frame.top + 5), frame.top + frame.height - 4));
    if (!grid) continue;
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(frame.left, Math.round(y) + 0.5);
    context.lineTo(frame.left + frame.width, Math.round(y) + 0.5);
    context.stroke();
  }
}
