import { expect, test } from "vitest";
import type { Heat } from "../model/series";
import { boxBetween, boxOf, expressionOf, extentOf, printBox, readBox, readBoxes, timesOfBoxes } from "./box";
import { rowAt, rowEdges, rowName, yOfValue } from "./heatmap";

const grid = { first: 1_000, step: 100, steps: 10 };
const heat: Heat = { rows: 4, edges: Float64Array.of(0, 1, 10, 100, 100), counts: new Float32Array(40), scale: "log", hasZero: true, hasOver: true };

test("a box survives the address and comes back as the same cells", () => {
  for (const box of [boxBetween(1, { step: 5, row: 2 }, { step: 3, row: 1 }), boxBetween(1, { step: 0, row: 0 }, { step: 9, row: 3 })]) {
    const read = readBox(printBox(1, extentOf(box, grid, heat)));
    expect(read && boxOf(read.extent, read.calc, grid, heat)).toEqual(box);
  }
  const band = boxBetween(0, { step: 2 }, { step: 4 });
  const read = readBox(printBox(0, extentOf(band, grid, undefined)));
  expect(read && boxOf(read.extent, 0, grid, undefined)).toEqual(band);
});

test("the highest and lowest row are open", () => {
  expect(extentOf({ calc: 0, firstStep: 1, lastStep: 1, firstRow: 2, lastRow: 3 }, grid, heat)).toEqual({ start: 1_100, end: 1_200, low: 10, high: Number.POSITIVE_INFINITY });
});

test.each([null, "", "x:1,2", "0:2,1", "0:1,2,a,b"])("nothing in %s", (text) => expect(readBox(text)).toBeUndefined());

test("boxes outside of the graph are not drawn", () => expect(boxOf({ start: 0, end: 500 }, 0, grid, heat)).toBeUndefined());

test("rows and pixels", () => {
  const frame = { left: 0, top: 0, width: 100, height: 50, start: 0, end: 1 };
  expect([49, 39, 29, 19, 1].map((y) => rowAt(heat, frame, y))).toEqual([0, 1, 2, 3, 3]);
  expect(rowEdges(heat, frame, 3)).toEqual({ top: 0, bottom: 20 });
  expect(yOfValue(heat, frame, 10)).toBeCloseTo(30);
  expect(yOfValue(heat, frame, Math.sqrt(10))).toBeCloseTo(35);
  const calculation = { label: "", op: "HEATMAP", column: "x", measure: { unit: "none" as const, factor: 1 }, lines: [] };
  expect([0, 1, 3].map((row) => rowName(calculation, heat, row))).toEqual(["0 or less", "1 – 10", "over 100"]);
});

test("several boxes of an address are of one calculation", () => {
  expect(readBoxes([])).toBeUndefined();
  expect(readBoxes(["1:0,5", "0:1000,2000,1,inf", "nothing", "0:3000,4500"])).toEqual({ calc: 0, extents: [{ start: 1_000, end: 2_000, low: 1, high: Number.POSITIVE_INFINITY }, { start: 3_000, end: 4_500 }] });
});

test("which events lie in some boxes, as an expression", () => {
  const extents = [{ start: 1_000, end: 2_500, low: 1, high: Number.POSITIVE_INFINITY }, { start: 3_000, end: 4_000, low: Number.NEGATIVE_INFINITY, high: 0.5 }];
  expect(timesOfBoxes(extents)).toEqual({ start: 1_000, end: 4_000 });
  expect(expressionOf(extents, "$duration_ms")).toBe("OR(AND(EVENT_TIMESTAMP() >= 1, EVENT_TIMESTAMP() < 2.5, $duration_ms >= 1), AND(EVENT_TIMESTAMP() >= 3, EVENT_TIMESTAMP() < 4, $duration_ms < 0.5))");
  expect(expressionOf([{ start: 0, end: 1_000 }], "$a")).toBe("AND(EVENT_TIMESTAMP() >= 0, EVENT_TIMESTAMP() < 1)");
});
