import { expect, test } from "vitest";
import { beforeOf, changeText, offsetChoices, offsetOf } from "./before";
import type { Answer } from "./series";

const answer = (first: number, groups: string[], value: number): Answer => ({
  grid: { first_ns: String(first * 1e6), step_ns: "1000000000", steps: 2 },
  window: { start_ns: String(first * 1e6), end_ns: String((first + 2_000) * 1e6) },
  breakdowns: ["name"],
  calculations: ["COUNT"],
  heatmaps: [null],
  results: groups.map((name) => ({ group: [name], values: [value] })),
  series: groups.map((_, group) => ({ step: 1, group, values: [value + group] })),
});

test("an earlier answer lies under the present one, group by group", () => {
  const before = beforeOf(answer(10_000, ["a", "b", "c"], 5), answer(8_000, ["b", "a"], 3), 2_000);
  expect(before.grid).toEqual({ first: 10_000, step: 1_000, steps: 2 });
  expect(before.lines[0]?.map((line) => line && [...line])).toEqual([[0, 4], [0, 3], undefined]);
  expect(before.values).toEqual([[3], [3], [Number.NaN]]);
});

test.each([
  [6, 1, "+5 (×6)"],
  [60, 50, "+10 (+20 %)"],
  [30, 50, "−20 (−40 %)"],
  [5, 0, "+5"],
  [5, 5, "same"],
  [5, Number.NaN, "–"],
])("from %s to what was %s", (now, before, text) => expect(changeText(now, before, String).replaceAll("\u202f", " ")).toBe(text));

test("offsets", () => {
  expect([offsetOf("previous", 7), offsetOf("1d", 7), offsetOf(null, 7), offsetOf("x", 7)]).toEqual([7, 86_400_000, undefined, undefined]);
  expect(offsetChoices(86_400_000).map(({ cmp }) => cmp)).toEqual(["previous", "7d"]);
});
