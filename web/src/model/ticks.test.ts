import { expect, test } from "vitest";
import { linearTicks, logTicks, roundUp, timeTicks } from "./ticks";

test("times", () => {
  const start = Date.UTC(2026, 10, 20, 22, 50);
  expect(timeTicks(start, start + 3 * 3_600_000, 6, "utc").map(({ label }) => label)).toEqual(["23:00", "23:30", "Sat 21 Nov", "00:30", "01:00", "01:30"]);
  expect(timeTicks(0, 1_000, 5, "utc").map(({ label }) => label)).toEqual(["Thu 1 Jan", "00:00:00.200", "00:00:00.400", "00:00:00.600", "00:00:00.800", "00:00:01.000"]);
});

test("values", () => {
  expect([0.3, 1, 1.1, 3, 7, 0].map(roundUp)).toEqual([0.5, 1, 2, 5, 10, 1]);
  expect(linearTicks(0, 87, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(linearTicks(-4, 4, 4)).toEqual([-4, -2, 0, 2, 4]);
  expect(logTicks(1, 100, 10)).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(logTicks(0.001, 10_000, 5)).toEqual([0.001, 0.1, 10, 1000]);
});
