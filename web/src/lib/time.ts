/** Nanoseconds since 1970 UTC, or a length of time in nanoseconds. */
export type Nanoseconds = bigint;
/** Milliseconds since 1970 UTC, or a length of time in milliseconds; fractions allowed. */
export type Milliseconds = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** How times are shown: `local` for the browser's zone, `utc`, or a zone by its name, such as `Europe/Berlin`. */
export type Zone = string;

/** The zone that an address names; the browser's when it names none that is known. */
export function zoneOf(name: string | null): Zone {
  if (name === null || name === "local") return "local";
  if (name.toLowerCase() === "utc") return "utc";
  return formatOf(name) ? name : "local";
}

/** The browser's own zone, by its name. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

/** Writes a time in a named zone; nothing when no zone is called so. */
function formatOf(name: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(name)) {
    try {
      formats.set(name, new Intl.DateTimeFormat("en-GB", { timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }));
    } catch {
      formats.set(name, undefined);
    }
  }
  return formats.get(name);
}

/** A named zone's clock, as if it were UTC's. */
function shifted(ms: Milliseconds, zone: Zone): Milliseconds {
  const found = Object.fromEntries((formatOf(zone)?.formatToParts(ms) ?? []).map(({ type, value }) => [type, Number(value)]));
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found;
  return Date.UTC(year, month - 1, day, hour, minute, second, ((Math.floor(ms) % 1_000) + 1_000) % 1_000);
}

export function nsToMs(ns: Nanoseconds | string): Milliseconds {
  const value = typeof ns === "string" ? BigInt(ns) : ns;
  return Number(value / 1_000_000n) + Number(value % 1_000_000n) / 1e6;
}

export function msToNs(ms: Milliseconds): Nanoseconds {
  const whole = Math.floor(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

/** The parts of a time in a zone. */
export interface Parts {
  year: number;
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
}

export function partsOf(ms: Milliseconds, zone: Zone): Parts {
  const isNamed = zone !== "utc" && zone !== "local";
  const date = new Date(isNamed ? shifted(ms, zone) : Math.floor(ms));
  const utc = zone !== "local";
  return {
    year: utc ? date.getUTCFullYear() : date.getFullYear(),
    month: (utc ? date.getUTCMonth() : date.getMonth()) + 1,
    day: utc ? date.getUTCDate() : date.getDate(),
    weekday: utc ? date.getUTCDay() : date.getDay(),
    hour: utc ? date.getUTCHours() : date.getHours(),
    minute: utc ? date.getUTCMinutes() : date.getMinutes(),
    second: utc ? date.getUTCSeconds() : date.getSeconds(),
    ms: utc ? date.getUTCMilliseconds() : date.getMilliseconds(),
  };
}

/** A point in time from parts in a zone; hours and days may run over. */
export function fromParts(parts: Omit<Parts, "weekday">, zone: Zone): Milliseconds {
  const { year, month, day, hour, minute, second, ms } = parts;
  if (zone === "local") return new Date(year, month - 1, day, hour, minute, second, ms).getTime();
  const wanted = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  if (zone === "utc") return wanted;
  // The zone's distance to UTC at the time itself is known only from a time near it.
  const near = wanted - (shifted(wanted, zone) - wanted);
  return wanted - (shifted(near, zone) - near);
}

const two = (number: number) => String(number).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** `UTC`, or the local zone's short name at that time, such as `CET`. */
export function zoneName(ms: Milliseconds, zone: Zone): string {
  if (zone === "utc") return "UTC";
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short", ...(zone === "local" ? {} : { timeZone: zone }) }).formatToParts(new Date(ms));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local";
}

/** `14:02`, `14:02:05` or `14:02:05.123`, whatever the precision needs. */
export function clock(ms: Milliseconds, zone: Zone, precision: "minute" | "second" | "ms" = "second"): string {
  const { hour, minute, second, ms: rest } = partsOf(ms, zone);
  const base = `${two(hour)}:${two(minute)}`;
  if (precision === "minute") return base;
  return precision === "second" ? `${base}:${two(second)}` : `${base}:${two(second)}.${String(rest).padStart(3, "0")}`;
}

/** `Fri 20 Nov`. */
export function dayName(ms: Milliseconds, zone: Zone): string {
  const { weekday, day, month } = partsOf(ms, zone);
  return `${DAYS[weekday]} ${day} ${MONTHS[month - 1]}`;
}

/** `Fri 20 Nov 14:02:05`, with the year where it is another than `now`'s. */
export function moment(ms: Milliseconds, zone: Zone, now: Milliseconds = Date.now(), precision: "minute" | "second" | "ms" = "second"): string {
  const { year } = partsOf(ms, zone);
  const withYear = year === partsOf(now, zone).year ? "" : ` ${year}`;
  return `${dayName(ms, zone)}${withYear} ${clock(ms, zone, precision)}`;
}

/** Whether a range lies within one day, which then need not be told at each of its times. */
export const isOneDay = ({ start, end }: { start: Milliseconds; end: Milliseconds }, zone: Zone): boolean => end - start < DAY_MS && dayName(start, zone) === dayName(end, zone);

/** A range with times that may lie outside of it: what is listed may be older than what is asked for by now. */
export const widened = ({ start, end }: { start: Milliseconds; end: Milliseconds }, times: readonly Milliseconds[]): { start: Milliseconds; end: Milliseconds } => ({ start: Math.min(start, ...times), end: Math.max(end, ...times) });

/** `2026-11-21T14:02:05.123Z`, to the nanosecond where the value has one. */
export function isoOfNs(ns: Nanoseconds): string {
  const iso = new Date(Number(ns / 1_000_000n)).toISOString();
  const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return rest % 1_000_000n === 0n ? iso : `${iso.slice(0, 20)}${String(rest).padStart(9, "0").replace(/0+$/, "")}Z`;
}
