import { expect, test } from "vitest";
import { type Answer, extent, graphsOf, groupName, strideOf } from "./series";

const answer: Answer = {
  grid: { first_ns: "1000000000", step_ns: "500000000", steps: 3 },
  window: { start_ns: "1000000000", end_ns: "2500000000" },
  breakdowns: ["name"],
  calculations: ["COUNT", "P95(duration_ms)", "HEATMAP(duration_ms)"],
  heatmaps: [null, null, { scale: "log", edges: [1, 10, 100] }],
  results: [{ group: ["a"], values: [3, 2.5, null] }, { group: [null], values: [1, null, null] }],
  series: [
    { step: 0, group: 0, values: [2, 1.5, { under: 1, zero: 2, over: 0, counts: [3, 4] }] },
    { step: 2, group: 0, values: [1, "inf", { under: 0, zero: 0, over: 5, counts: [0, 6] }] },
    { step: 1, group: 1, values: [1, null, { under: 0, zero: 0, over: 0, counts: [7, 0] }] },
  ],
};

test("an answer as columns", () => {
  const graphs = graphsOf(answer);
  expect(graphs.grid).toEqual({ first: 1000, step: 500, steps: 3 });
  expect(graphs.names).toEqual(["a", "(none)"]);
  const [count, p95, heatmap] = graphs.calculations;
  expect(count?.lines.map((line) => [...line])).toEqual([[2, 0, 1], [0, 1, 0]]);
  expect(p95?.lines.map((line) => [...line])).toEqual([[1.5, Number.NaN, Number.POSITIVE_INFINITY], [Number.NaN, Number.NaN, Number.NaN]]);
  expect(p95?.measure).toEqual({ unit: "ms", factor: 1 });
  expect(count?.measure.unit).toBe("none");
  const one = heatmap?.heat;
  expect(one).toMatchObject({ rows: 4, hasZero: true, hasOver: true, scale: "log" });
  expect([...(one?.edges ?? [])]).toEqual([0, 1, 10, 100, 100]);
  // zero, row 0 with what lies below it, row 1, over
  expect([...(one?.counts ?? [])]).toEqual([2, 4, 4, 0, 0, 0, 0, 0, 0, 0, 6, 5]);
});

test("a histogram's values are counted as events are", () => {
  const [count] = graphsOf({ ...answer, calculations: ["HISTOGRAM_COUNT(duration_ms)", ...answer.calculations.slice(1)] }).calculations;
  expect(count?.lines.map((line) => [...line])).toEqual([[2, 0, 1], [0, 1, 0]]);
  expect(count?.measure.unit).toBe("none");
});

test("every event of the first group that was counted is drawn", () => {
  const [, , heatmap] = graphsOf(answer).calculations;
  expect(heatmap?.heat?.counts.reduce((sum, weight) => sum + weight, 0)).toBe(1 + 2 + 3 + 4 + 5 + 6);
});

test("an answer without groups has no heatmap", () => {
  expect(graphsOf({ ...answer, results: [], series: [] }).calculations[2]).not.toHaveProperty("heat");
});

test("extents and names", () => {
  expect(extent([Float64Array.of(Number.NaN, 3), Float64Array.of(1)])).toEqual({ low: 1, high: 3 });
  expect(extent([Float64Array.of(Number.NaN)])).toBeUndefined();
  expect(groupName(["a", null, 5])).toBe("a · (none) · 5");
});

const NONE = Number.NaN;

test.each([
  ["points side by side", [1, 2, 3, 4], 1],
  ["each minute, in steps of 5 s", Array.from({ length: 60 }, (_, step) => (step % 12 === 5 ? step : NONE)), 18],
  ["each second step", [1, NONE, 2, NONE, 3, NONE, 4], 3],
  ["one that is missing stays a gap", [1, NONE, NONE, 2, NONE, NONE, 3, NONE, NONE, NONE, NONE, NONE, 4, NONE, NONE, 5, NONE, NONE, 6], 4],
  ["as they come", [1, NONE, NONE, NONE, NONE, NONE, NONE, 2, NONE, 3, NONE, NONE, NONE, NONE, 4], 1],
  ["two points tell no interval", [1, NONE, NONE, 2], 1],
  ["nothing", [NONE, NONE], 1],
])("a line hangs together over its interval: %s", (_, line, stride) => expect(strideOf(Float64Array.from(line))).toBe(stride));
