import { expect, test } from "vitest";
import { type Bin, type Compared, binName, headline, medianOf, stepsOf } from "./bubble";

const print = (value: number) => `${Math.round(value)} ms`;
const plain = (text: string) => text.replaceAll("\u202f", " ");
const bin = (kind: string, selected: number, rest: number, more: Partial<Bin> = {}): Bin => ({ kind, selected, rest, selected_rows: 1, rest_rows: 1, ...more });
const column = (bins: Bin[], deciding: number | null): Compared => ({ name: "c", type: "dimension", class: "normal", score: 1, deciding, coverage: [1, 1], bins, twins: [] });

test("headlines", () => {
  expect(plain(headline(column([bin("value", 0.9, 0.001, { value: "7" })], 0), print))).toBe("7 is 90 % of the selection, 0.1 % of the rest");
  expect(plain(headline(column([bin("missing", 1, 0)], 0), print))).toBe("absent in 100 % of the selection, 0 % of the rest");
  const twoSided = [bin("value", 0.47, 0.08, { value: true }), bin("value", 0.53, 0.92, { value: false })];
  expect(plain(headline(column(twoSided, 1), print))).toBe("true is 47 % of the selection, 8 % of the rest");
  const ranges = [bin("range", 0, 0.8, { low: 0, high: 10 }), bin("range", 1, 0.2, { low: 10, high: 20 })];
  expect(headline(column(ranges, null), print)).toBe("median 15 ms, 6 ms of the rest");
});

test("names of bins", () => {
  expect(binName(bin("range", 0, 0, { low: 5, high: null }), print)).toBe("from 5 ms");
  expect(binName(bin("value", 0, 0, { value: true }), print)).toBe("true");
  expect(binName(bin("other", 0, 0, { values: 40 }), print)).toBe("other (40 values)");
});

test("medians and outlines", () => {
  const ranges = [bin("range", 0.25, 0, { low: 0, high: 10 }), bin("range", 0.75, 0, { low: 10, high: 20 }), bin("missing", 0, 1)];
  expect(medianOf(ranges, "selected")).toBeCloseTo(13.33, 1);
  expect(medianOf(ranges, "rest")).toBeUndefined();
  expect(stepsOf(ranges, "selected").map(({ y }) => Math.round(y * 100))).toEqual([33, 33, 100, 100]);
});
