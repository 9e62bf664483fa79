import { metricUnits } from "./units";

/** A blank between a number and its unit that does not break and is thin. */
const THIN = "\u202f";

/** At most three significant digits, no trailing zeros. */
function short(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** A count: exact to 9 999, then `12.3 k`, `1.24 M`. */
export function count(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size < 10_000) return Number.isInteger(value) ? exact(value) : exact(Number(value.toPrecision(size >= 1_000 ? 4 : 3)));
  for (const [unit, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= unit) return `${short(value / unit)}${THIN}${name}`;
  }
  return exact(value);
}

/** Every digit, in groups of three. */
export function exact(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const [whole = "0", rest] = String(value).split(".");
  const grouped = whole.includes("e") ? whole : whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/** `842 ms`, `1.9 s`, `2 min 4 s`, `3 h 5 min`, `450 µs`, `80 ns`. */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (!Number.isFinite(ms)) return String(ms);
  if (size === 0) return `0${THIN}ms`;
  if (size < 0.001) return `${short(ms * 1e6)}${THIN}ns`;
  if (size < 1) return `${short(ms * 1e3)}${THIN}µs`;
  if (size < 999.5) return `${short(ms)}${THIN}ms`;
  if (size < 59_950) return `${short(ms / 1e3)}${THIN}s`;
  const seconds = Math.round(size / 1e3);
  const sign = ms < 0 ? "-" : "";
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string) =>
    `${sign}${large}${THIN}${largeUnit}${small === 0 ? "" : ` ${small}${THIN}${smallUnit}`}`;
  if (seconds < 3_600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** `1.2 kB`, `3.4 MB`. */
export function bytes(value: number): string {
  for (const [unit, name] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    if (Math.abs(value) >= unit) return `${short(value / unit)}${THIN}${name}`;
  }
  return `${short(value)}${THIN}B`;
}

/** A share of 1: `12 %`, `0.1 %`, `< 0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return `<${THIN}0.1${THIN}%`;
  if (value < 100 && value > 99.9) return `>${THIN}99.9${THIN}%`;
  return `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))}${THIN}%`;
}

/** What a column's numbers measure, by its name. */
export type Unit = "ms" | "bytes" | "none";

const UNITS: Record<string, { unit: Unit; factor: number }> = {
  ns: { unit: "ms", factor: 1e-6 },
  us: { unit: "ms", factor: 1e-3 },
  µs: { unit: "ms", factor: 1e-3 },
  ms: { unit: "ms", factor: 1 },
  s: { unit: "ms", factor: 1e3 },
  min: { unit: "ms", factor: 6e4 },
  h: { unit: "ms", factor: 3.6e6 },
  By: { unit: "bytes", factor: 1 },
  kBy: { unit: "bytes", factor: 1e3 },
  MBy: { unit: "bytes", factor: 1e6 },
  GBy: { unit: "bytes", factor: 1e9 },
  KiBy: { unit: "bytes", factor: 2 ** 10 },
  MiBy: { unit: "bytes", factor: 2 ** 20 },
  GiBy: { unit: "bytes", factor: 2 ** 30 },
};

/** By what its sender says where it is a metric, else by its name. */
export function unitOfColumn(column: string): { unit: Unit; factor: number } {
  const said = metricUnits.get().get(column) ?? metricUnits.get().get(column.replace(/\.(sum|avg|min|max|p\d+|histogram)$/, ""));
  if (said !== undefined && !column.endsWith(".count")) return UNITS[said] ?? { unit: "none", factor: 1 };
  if (/_ms$|\.ms$|_millis$/.test(column)) return { unit: "ms", factor: 1 };
  // OpenTelemetry's metrics called so are in seconds, and so are what is kept of their histograms.
  if (/\.duration(\.(sum|avg|min|max|p\d+))?$/.test(column)) return { unit: "ms", factor: 1e3 };
  if (/_ns$/.test(column)) return { unit: "ms", factor: 1e-6 };
  if (/_us$/.test(column)) return { unit: "ms", factor: 1e-3 };
  if (/(_s|_seconds)$/.test(column)) return { unit: "ms", factor: 1e3 };
  if (/(^|[._])(bytes|size)$/.test(column)) return { unit: "bytes", factor: 1 };
  return { unit: "none", factor: 1 };
}

/** A value of a column in its unit. */
export function inUnit(value: number, { unit, factor }: { unit: Unit; factor: number }): string {
  if (unit === "ms") return duration(value * factor);
  return unit === "bytes" ? bytes(value * factor) : count(value);
}

/** `1 event`, `2 events`. */
export function plural(number: number, noun: string, many = `${noun}s`): string {
  return `${count(number)} ${number === 1 ? noun : many}`;
}
