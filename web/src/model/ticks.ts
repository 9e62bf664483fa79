import { DAY_MS, HOUR_MS, MINUTE_MS, type Milliseconds, SECOND_MS, type Zone, clock, dayName, fromParts, partsOf } from "../lib/time";

export interface Tick {
  /** The value or time. */
  at: number;
  label: string;
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND_MS, 2 * SECOND_MS, 5 * SECOND_MS, 10 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS,
  MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS,
  HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS, 14 * DAY_MS, 28 * DAY_MS];

/** Round times between two, at most `most`, by the clock of the zone. A tick that begins a day carries its name. */
export function timeTicks(start: Milliseconds, end: Milliseconds, most: number, zone: Zone): Tick[] {
  const step = STEPS.find((candidate) => (end - start) / candidate <= most) ?? 28 * DAY_MS;
  const midnight = fromParts({ ...partsOf(start, zone), hour: 0, minute: 0, second: 0, ms: 0 }, zone);
  const ticks: Tick[] = [];
  const precision = step < SECOND_MS ? "ms" : step < MINUTE_MS ? "second" : "minute";
  const first = midnight + Math.ceil((start - midnight) / step) * step;
  for (let at = first; at <= end; at += step) {
    const parts = partsOf(at, zone);
    const isMidnight = parts.hour === 0 && parts.minute === 0 && parts.second === 0 && parts.ms === 0;
    ticks.push({ at, label: isMidnight || step >= DAY_MS ? dayName(at, zone) : clock(at, zone, precision) });
  }
  return ticks;
}

/** The next of 1, 2, 5, 10 ... that is not smaller. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const lead = value / power;
  return power * (lead <= 1.000001 ? 1 : lead <= 2.000001 ? 2 : lead <= 5.000001 ? 5 : 10);
}

/** Round values from 0 (or below) to past the highest, about `most` of them. */
export function linearTicks(low: number, high: number, most: number): number[] {
  const step = roundUp((high - Math.min(0, low)) / Math.max(1, most));
  const first = Math.floor(Math.min(0, low) / step) * step;
  const ticks = [];
  for (let n = 0; first + (n - 1) * step < high; n++) ticks.push(Number((first + n * step).toPrecision(12)));
  return ticks;
}

/** 1-2-5 values between two positive ones; powers of ten alone when there are many. */
export function logTicks(low: number, high: number, most: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const lead of [1, 2, 5]) ticks.push(Number((lead * 10 ** power).toPrecision(12)));
  }
  const inside = ticks.filter((tick) => tick >= low * 0.999999 && tick <= high * 1.000001);
  if (inside.length <= most) return inside;
  const tens = inside.filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9);
  const every = Math.ceil(tens.length / most);
  return tens.filter((_, n) => n % every === 0);
}
