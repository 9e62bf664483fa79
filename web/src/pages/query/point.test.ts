import { expect, test } from "vitest";
import { readQuery } from "../../model/query";
import type { Calculation, Graphs, Heat } from "../../model/series";
import { pointConditions } from "./point";

const grid = { first: 0, step: 1_000, steps: 3 };
const source: Graphs = { grid, start: 0, end: 3_000, calculations: [], names: ["a"] };
const heat: Heat = { rows: 3, edges: Float64Array.of(1, 10, 100, 100), counts: new Float32Array(9), scale: "log", hasZero: false, hasOver: true };
const line = (op: string, column: string): Calculation => ({ label: "", op, column, measure: { unit: "none", factor: 1 }, lines: [] });
const ran = readQuery("P50(duration_ms) GROUP BY `a b`, name");

test("a point of a line: its group, and values up to its own", () => {
  expect(pointConditions(ran, source, line("P50", "duration_ms"), [["x y", null]], { step: 1, group: 0, value: 12.5 })).toEqual([
    ['`a b` = "x y"', "name does-not-exist", "duration_ms <= 12.7"],
    ['`a b` = "x y"', "name does-not-exist"],
  ]);
  expect(pointConditions(ran, source, line("COUNT", ""), [["x", "y"]], { step: 1, group: 0, value: 12.5 })).toEqual([["`a b` = x", "name = y"]]);
});

test("a cell of a heatmap: its own values first", () => {
  const calculation = { ...line("HEATMAP", "duration_ms"), heat };
  expect(pointConditions(ran, source, calculation, [], { step: 0, row: 1 })).toEqual([["duration_ms >= 10", "duration_ms < 100"], ["duration_ms < 100"]]);
  expect(pointConditions(ran, source, calculation, [], { step: 0, row: 2 })).toEqual([["duration_ms >= 100"], []]);
});
