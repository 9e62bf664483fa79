/** Colour as the eye sees it: lightness, green-red, blue-yellow. */
export type Oklab = [number, number, number];
export type Rgb = [number, number, number];

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const gamma = (value: number) => (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);

export function rgbOf(hex: string): Rgb {
  const number = Number.parseInt(hex.trim().slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

export function oklabOf([red, green, blue]: Rgb): Oklab {
  const [r, g, b] = [linear(red / 255), linear(green / 255), linear(blue / 255)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

export function rgbOfOklab([lightness, a, b]: Oklab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channel = (value: number) => Math.round(Math.min(1, Math.max(0, gamma(value))) * 255);
  return [
    channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** How many colours a ramp has. */
export const RAMP_ENTRIES = 64;

/** The stops as 64 colours, straight lines in OKLab between them. */
export function rampOf(stops: string[]): Rgb[] {
  const known = stops.map((stop) => oklabOf(rgbOf(stop)));
  return Array.from({ length: RAMP_ENTRIES }, (_, index) => {
    const at = (index / (RAMP_ENTRIES - 1)) * (known.length - 1);
    const low = Math.min(known.length - 2, Math.floor(at));
    const [one, other] = [known[low], known[low + 1]];
    if (!one || !other) return [0, 0, 0];
    const share = at - low;
    return rgbOfOklab([0, 1, 2].map((n) => (one[n as 0] ?? 0) * (1 - share) + (other[n as 0] ?? 0) * share) as Oklab);
  });
}

export type ColourScale = "sqrt" | "linear" | "log";

/** What maps weights to places on the ramp. */
export interface Shading {
  floor: number;
  min: number;
  max: number;
  scale: ColourScale;
}

/** The shading of these cells: from the smallest to the 99.5th percentile of those that are not empty. */
export function shadingOf(cells: ArrayLike<number>, floor: number, scale: ColourScale): Shading {
  let ends = known.get(cells);
  if (!ends) known.set(cells, (ends = endsOf(cells)));
  return { floor, scale, ...ends };
}

/** A graph and its legend ask for the same cells, which never change. */
const known = new WeakMap<ArrayLike<number>, { min: number; max: number }>();

function endsOf(cells: ArrayLike<number>): { min: number; max: number } {
  const weights = new Float64Array(cells.length);
  let count = 0;
  for (let n = 0; n < cells.length; n++) {
    const weight = cells[n] ?? 0;
    if (weight > 0) weights[count++] = weight;
  }
  const filled = weights.subarray(0, count).sort();
  const last = count - 1;
  const at = count < 40 ? last : Math.min(last, Math.ceil(count * 0.995) - 1);
  return { min: filled[0] ?? 0, max: filled[at] ?? 0 };
}

/** The place of a weight on the ramp, 0 to 1. */
export function shade(weight: number, { floor, min, max, scale }: Shading): number {
  if (max <= min) return 0.6;
  const share = Math.min(1, (weight - min) / Math.max(1, max - min));
  const bent = scale === "sqrt" ? Math.sqrt(share) : scale === "log" ? Math.log1p(share * 99) / Math.log(100) : share;
  return floor + (1 - floor) * bent;
}

/** The weight at a place: the inverse of `shade`. */
export function weightAt(place: number, { floor, min, max, scale }: Shading): number {
  const bent = Math.max(0, (place - floor) / (1 - floor));
  const share = scale === "sqrt" ? bent * bent : scale === "log" ? (100 ** bent - 1) / 99 : bent;
  return min + share * Math.max(1, max - min);
}
