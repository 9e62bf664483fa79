import { expect, test } from "vitest";
import { type Reading, rateOf, withReading } from "./arrivals";

const read = (...pairs: [at: number, value: number][]) => pairs.reduce<Reading[]>((known, [at, value]) => withReading(known, { at, value }), []);

test("a rate looks past the pauses between batches", () => {
  expect(rateOf(read([0, 100], [1_000, 300], [2_000, 300], [3_000, 300], [4_000, 300]))).toBe(50);
});

test("nothing is said before there is something to say", () => {
  expect(rateOf([])).toBeUndefined();
  expect(rateOf(read([0, 100]))).toBeUndefined();
  expect(rateOf(read([0, 100], [5_000, 100]))).toBeUndefined();
  expect(rateOf(read([0, 100], [5_000, 100], [15_000, 100]))).toBe(0);
});

test("what is long ago no longer counts, nor what was deleted", () => {
  expect(rateOf(read([0, 0], [1_000, 500], [20_000, 500], [40_000, 500]))).toBe(0);
  expect(rateOf(read([0, 500], [1_000, 40], [2_000, 50]))).toBe(10);
  // An answer that is read twice is one reading.
  expect(read([0, 1], [0, 2])).toEqual([{ at: 0, value: 1 }]);
});
