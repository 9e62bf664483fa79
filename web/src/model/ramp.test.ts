import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Oklab, RAMP_ENTRIES, oklabOf, rampOf, rgbOf, rgbOfOklab, shade, shadingOf, weightAt } from "./ramp";

const css = readFileSync(new URL("../ui/tokens.css", import.meta.url), "utf8");
const [lightCss = "", darkCss = ""] = css.split('[data-theme="dark"]');
const token = (part: string, name: string) => new RegExp(`--${name}:\\s*([^;]+);`).exec(part)?.[1]?.trim() ?? "";
const themes = [["light", lightCss], ["dark", darkCss]] as const;

function luminance(hex: string): number {
  const channel = (value: number) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const [red, green, blue] = rgbOf(hex);
  return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
}
function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
const distance = (one: Oklab, other: Oklab) => Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);

describe.each(themes)("%s", (_, part) => {
  test("words can be read on every ground", () => {
    for (const ground of ["bg", "surface", "raised"]) {
      for (const word of ["text", "text-2", "text-3"]) {
        expect(contrast(token(part, word), token(part, ground)), `${word} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
      for (const word of ["info", "ok", "warn", "error", "accent-text"]) {
        expect(contrast(token(part, word), token(part, ground)), `${word} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test("borders of controls and group colours stand out", () => {
    expect(contrast(token(part, "line-strong"), token(part, "bg"))).toBeGreaterThanOrEqual(3);
    const groups = Array.from({ length: 12 }, (_, n) => token(part, `g${n + 1}`));
    for (const colour of groups) expect(contrast(colour, token(part, "bg")), colour).toBeGreaterThanOrEqual(3);
    const labs = groups.map((colour) => oklabOf(rgbOf(colour)));
    for (let one = 0; one < 12; one++) {
      for (let other = 0; other < one; other++) {
        const [a, b] = [labs[one], labs[other]];
        if (a && b) expect(distance(a, b), `${groups[one]} ${groups[other]}`).toBeGreaterThanOrEqual(0.07);
      }
    }
  });

  test("more is further from the background", () => {
    const ramp = rampOf(token(part, "ramp").split(" "));
    expect(ramp).toHaveLength(RAMP_ENTRIES);
    const lightness = ramp.map((colour) => oklabOf(colour)[0]);
    const direction = Math.sign((lightness.at(-1) ?? 0) - (lightness[0] ?? 0));
    for (let n = 1; n < lightness.length; n++) expect(Math.sign((lightness[n] ?? 0) - (lightness[n - 1] ?? 0)) * direction, `entry ${n}`).toBeGreaterThanOrEqual(0);
  });
});

test("OKLab there and back", () => {
  for (const hex of ["#205185", "#ffffff", "#000000", "#c2570c"]) expect(rgbOfOklab(oklabOf(rgbOf(hex)))).toEqual(rgbOf(hex));
});

test("shading and its inverse", () => {
  for (const scale of ["sqrt", "linear", "log"] as const) {
    const shading = shadingOf([0, 1, 5, 20, 101], 0.3, scale);
    expect(shading).toMatchObject({ min: 1, max: 101 });
    expect(shade(1, shading)).toBeCloseTo(0.3);
    expect(shade(101, shading)).toBeCloseTo(1);
    expect(shade(500, shading)).toBeCloseTo(1);
    for (const weight of [1, 7, 60, 101]) expect(weightAt(shade(weight, shading), shading)).toBeCloseTo(weight);
  }
  expect(shade(3, shadingOf([3, 3], 0.3, "sqrt"))).toBe(0.6);
});
