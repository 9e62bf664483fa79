import { expect, test } from "vitest";
import type { Colours } from "./colours";
import { stripOf } from "./strip";

const colours = { rampCss: Array.from({ length: 64 }, (_, n) => `c${n}`), rampFloor: 0.3 } as unknown as Colours;

test("equal neighbours are one stop, nothing is painted where nothing is counted", () => {
  expect(stripOf([0, 0, 4, 4, 0], colours)).toBe("linear-gradient(90deg, transparent 0 40%, c38 0 80%, transparent 0 100%)");
});

test("the most is the ramp's end, the fewest its floor", () => {
  expect(stripOf([1, 101], colours)).toBe("linear-gradient(90deg, c19 0 50%, c63 0 100%)");
});

test("no counts, no background", () => {
  expect(stripOf([], colours)).toBe("none");
});
