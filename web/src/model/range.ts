import { DAY_MS, HOUR_MS, MINUTE_MS, type Milliseconds, SECOND_MS, type Zone, clock, dayName, fromParts, moment, partsOf, zoneName } from "../lib/time";
import { duration } from "../lib/format";

/** A range as it stands in an address: each end relative (`-2h`, `now`) or absolute (ISO with zone). */
export interface Range {
  from: string;
  to: string;
}

export const DEFAULT_RANGE: Range = { from: "-2h", to: "now" };

/** A range with its ends fixed. */
export interface Window {
  start: Milliseconds;
  end: Milliseconds;
}

export type ReadRange = { range: Range } | { error: string; at: number };

const UNITS: Record<string, Milliseconds> = {
  ms: 1,
  s: SECOND_MS, sec: SECOND_MS, secs: SECOND_MS, second: SECOND_MS, seconds: SECOND_MS,
  m: MINUTE_MS, min: MINUTE_MS, mins: MINUTE_MS, minute: MINUTE_MS, minutes: MINUTE_MS,
  h: HOUR_MS, hr: HOUR_MS, hrs: HOUR_MS, hour: HOUR_MS, hours: HOUR_MS,
  d: DAY_MS, day: DAY_MS, days: DAY_MS,
  w: 7 * DAY_MS, week: 7 * DAY_MS, weeks: 7 * DAY_MS,
  mo: 30 * DAY_MS, month: 30 * DAY_MS, months: 30 * DAY_MS,
  y: 365 * DAY_MS, year: 365 * DAY_MS, years: 365 * DAY_MS,
};
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** `1d 6h` as milliseconds; nothing when it is no length of time. */
export function readSpan(text: string): Milliseconds | undefined {
  const trimmed = text.trim().toLowerCase();
  if (!/^(\d+(\.\d+)?\s*[a-z]+\s*)+$/.test(trimmed)) return undefined;
  let sum = 0;
  for (const [, number, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const length = UNITS[unit ?? ""];
    if (length === undefined) return undefined;
    sum += Number(number) * length;
  }
  return sum > 0 ? sum : undefined;
}

/** A length as it stands in an address: `2h`, `1d6h`, `90s`. */
export function printSpan(ms: Milliseconds): string {
  let rest = Math.round(ms);
  let text = "";
  for (const [unit, length] of [["d", DAY_MS], ["h", HOUR_MS], ["m", MINUTE_MS], ["s", SECOND_MS], ["ms", 1]] as const) {
    const whole = Math.floor(rest / length);
    if (whole > 0) text += `${whole}${unit}`;
    rest -= whole * length;
  }
  return text || "0s";
}

/** The point an end means; nothing when it cannot be read. */
export function pointOf(text: string, now: Milliseconds): Milliseconds | undefined {
  const trimmed = text.trim();
  if (trimmed === "now") return now;
  const back = /^(?:now\s*)?-\s*(.+)$/.exec(trimmed);
  if (back?.[1]) {
    const span = readSpan(back[1]);
    return span === undefined ? undefined : now - span;
  }
  return readPoint(trimmed, now, "utc");
}

/** The range that a query's own time clause names: `LAST 1h`, `FROM -3h TO now`, `SINCE 2026-01-01`; nothing when it cannot be read. */
export function rangeOfClause(text: string, now: Milliseconds): Range | undefined {
  const match = /^(LAST|SINCE|FROM)\s+(.+)$/is.exec(text.trim());
  const body = match?.[2]?.trim() ?? "";
  const end = (point: string): string | undefined => {
    const bare = point.trim().replace(/^"(.*)"$/, "$1");
    if (bare === "now" || (/^-/.test(bare) && readSpan(bare.slice(1)) !== undefined)) return bare;
    const at = pointOf(bare, now);
    return at === undefined ? undefined : new Date(Math.round(at)).toISOString();
  };
  switch (match?.[1]?.toUpperCase()) {
    case "LAST":
      return readSpan(body) === undefined ? undefined : { from: `-${body}`, to: "now" };
    case "SINCE": {
      const from = end(body);
      return from === undefined ? undefined : { from, to: "now" };
    }
    case "FROM": {
      const [first, last] = body.split(/\s+TO\s+/i);
      const [from, to] = [end(first ?? ""), end(last ?? "")];
      return from === undefined || to === undefined ? undefined : { from, to };
    }
    default:
      return undefined;
  }
}

/** The ends of a range at this moment; the default's when it cannot be read. */
export function windowOf(range: Range, now: Milliseconds): Window {
  const start = pointOf(range.from, now);
  const end = pointOf(range.to, now);
  if (start === undefined || end === undefined || end <= start) return { start: now - 2 * HOUR_MS, end: now };
  return { start, end };
}

export const isRelative = (range: Range): boolean => range.to === "now" && range.from.startsWith("-");

/** An absolute range of these ends. */
export function absolute({ start, end }: Window): Range {
  return { from: new Date(Math.round(start)).toISOString(), to: new Date(Math.round(end)).toISOString() };
}

/** Reads what was typed or pasted into the time field. */
export function readRange(typed: string, now: Milliseconds, zone: Zone): ReadRange {
  const text = typed.trim().replace(/^=\s*/, "");
  if (!text) return { error: "type a span such as 2h, a day, or from .. to", at: 1 };
  const last = /^(?:last|past)\s+(.*)$/i.exec(text);
  const span = readSpan(last?.[1] ?? text);
  if (span !== undefined) return { range: { from: `-${printSpan(span)}`, to: "now" } };
  const since = /^since\s+(.+)$/i.exec(text);
  if (since?.[1]) return between(since[1], "now", 7, 7 + since[1].length, now, zone);
  const around = /^around\s+(.+?)(?:\s*(?:±|\+-|\+\/-)\s*(.+))?$/i.exec(text);
  if (around?.[1]) return aroundPoint(around[1], around[2], now, zone);
  const two = /^(.+?)\s*(?:\.\.|\bto\b|\buntil\b|\s-\s)\s*(.+)$/i.exec(text);
  if (two?.[1] && two[2]) return between(two[1], two[2], 1, text.length - two[2].length + 1, now, zone);
  const day = readDay(text, now, zone);
  if (day !== undefined) {
    const parts = partsOf(day, zone);
    return { range: absolute({ start: day, end: Math.min(now, fromParts({ ...parts, day: parts.day + 1 }, zone)) }) };
  }
  const stamp = firstTimestamp(text);
  if (stamp) return aroundPoint(stamp, undefined, now, zone);
  return { error: `"${text}" is no time range`, at: 1 };
}

function between(from: string, to: string, fromAt: number, toAt: number, now: Milliseconds, zone: Zone): ReadRange {
  const start = readPoint(from, now, zone);
  if (start === undefined) return { error: `"${from}" is no time`, at: fromAt };
  // An end that is only a clock lies on the start's day.
  const end = readPoint(to, now, zone, start);
  if (end === undefined) return { error: `"${to}" is no time`, at: toAt };
  if (end <= start) return { error: "the end lies before the start", at: toAt };
  if (start > now) return { error: "the start lies in the future", at: fromAt };
  if (to.trim() === "now") return { range: { from: new Date(Math.round(start)).toISOString(), to: "now" } };
  return { range: absolute({ start, end }) };
}

function aroundPoint(text: string, half: string | undefined, now: Milliseconds, zone: Zone): ReadRange {
  const point = readPoint(text, now, zone);
  if (point === undefined) return { error: `"${text}" is no time`, at: 8 };
  const span = half === undefined ? 5 * MINUTE_MS : readSpan(half);
  if (span === undefined) return { error: `"${half}" is no length of time`, at: 8 + text.length };
  return { range: absolute({ start: point - span, end: point + span }) };
}

function readDay(text: string, now: Milliseconds, zone: Zone): Milliseconds | undefined {
  const word = text.trim().toLowerCase();
  const today = { ...partsOf(now, zone), hour: 0, minute: 0, second: 0, ms: 0 };
  if (word === "today") return fromParts(today, zone);
  if (word === "yesterday") return fromParts({ ...today, day: today.day - 1 }, zone);
  const weekday = WEEKDAYS.findIndex((name) => word.length >= 3 && ["", "day", "sday", "nesday", "rsday", "urday"].some((end) => word === name + end));
  if (weekday >= 0) return fromParts({ ...today, day: today.day - ((today.weekday - weekday + 7) % 7) }, zone);
  const iso = /^(\d{4})-(\d\d)-(\d\d)$/.exec(word);
  if (!iso) return undefined;
  return fromParts({ year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]), hour: 0, minute: 0, second: 0, ms: 0 }, zone);
}

/** One point: `now - 1h`, ISO, a clock, a day with a clock, or an epoch in s, ms, µs or ns. `day` is where a lone clock lies. */
export function readPoint(typed: string, now: Milliseconds, zone: Zone, day?: Milliseconds): Milliseconds | undefined {
  const text = typed.trim();
  if (/^now$/i.test(text)) return now;
  const back = /^now\s*-\s*(.+)$/i.exec(text);
  if (back?.[1]) {
    const span = readSpan(back[1]);
    return span === undefined ? undefined : now - span;
  }
  if (/^\d{10}$/.test(text)) return Number(text) * 1e3;
  if (/^\d{13}$/.test(text)) return Number(text);
  if (/^\d{16}$/.test(text)) return Number(text) / 1e3;
  if (/^\d{19}$/.test(text)) return Number(BigInt(text) / 1_000n) / 1e3;
  const iso = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?$/i.exec(text);
  if (iso) return isoPoint(iso, zone);
  const withClock = /^(?:(.+?)\s+)?(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?$/.exec(text);
  if (!withClock) return readDay(text, now, zone);
  const [, dayText, hour = "0", minute = "0", second = "0", fraction = "0"] = withClock;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const base = dayText ? readDay(dayText, now, zone) : (day ?? now);
  if (base === undefined) return undefined;
  const clockParts = { hour: Number(hour), minute: Number(minute), second: Number(second), ms: Number(fraction.padEnd(3, "0")) };
  const parts = { ...partsOf(base, zone), ...clockParts };
  const point = fromParts(parts, zone);
  // A lone clock is the nearest past one.
  return !dayText && day === undefined && point > now ? fromParts({ ...parts, day: parts.day - 1 }, zone) : point;
}

function isoPoint(match: RegExpExecArray, zone: Zone): Milliseconds | undefined {
  const [, year, month, day, hour, minute, second = "0", fraction = "", offset] = match;
  const parts = { year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second), ms: 0 };
  if (parts.month < 1 || parts.month > 12 || parts.day < 1 || parts.day > 31 || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return undefined;
  const ms = fraction ? Number(`0.${fraction}`) * 1e3 : 0;
  if (!offset) return fromParts(parts, zone) + ms;
  const base = fromParts(parts, "utc") + ms;
  if (/^z$/i.test(offset)) return base;
  const sign = offset.startsWith("-") ? 1 : -1;
  const digits = offset.replace(/\D/g, "");
  return base + sign * (Number(digits.slice(0, 2)) * HOUR_MS + Number(digits.slice(2)) * MINUTE_MS);
}

/** The first timestamp within a pasted line. */
function firstTimestamp(text: string): string | undefined {
  const iso = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s*(?:Z|[+-]\d\d:?\d\d)?/i.exec(text)?.[0];
  return iso ?? /(?<!\d)(?:1\d{9}|1\d{12}|1\d{15}|1\d{18})(?!\d)/.exec(text)?.[0];
}

/** `Last 2 h`, `Last 1 d 6 h`; nothing for absolute ranges. */
export function relativeName(range: Range): string | undefined {
  if (!isRelative(range)) return undefined;
  const span = readSpan(range.from.slice(1));
  return span === undefined ? undefined : `Last ${duration(span)}`;
}

/** `14:02–16:02 CET`, `Fri 20 Nov 22:00 – Sat 21 Nov 01:00 CET`. */
export function windowName({ start, end }: Window, zone: Zone, now: Milliseconds): string {
  const precision = end - start < 10 * MINUTE_MS ? "second" : "minute";
  const zoneText = zoneName(end, zone);
  const sameDay = dayName(start, zone) === dayName(end, zone);
  if (sameDay && dayName(end, zone) === dayName(now, zone)) return `${clock(start, zone, precision)}–${clock(end, zone, precision)} ${zoneText}`;
  const tail = sameDay ? clock(end, zone, precision) : moment(end, zone, now, precision);
  return `${moment(start, zone, now, precision)} – ${tail} ${zoneText}`;
}
