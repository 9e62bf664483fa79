import { expect, test } from "vitest";
import { hasNothing } from "./nothing";

const answer = (rows_matched: number, rows_kept: number, ...values: unknown[]) => ({ cost: { rows_matched, rows_kept }, results: values.length > 0 ? [{ values }] : [] });

test.each([
  ["no group", answer(5, 0), true],
  ["nothing matched, nothing kept", answer(0, 0, 0), true],
  ["something matched", answer(1, 0, null), false],
  ["asked again: all of it was kept from before", answer(0, 36_273, 14_678), false],
  ["kept, and a heatmap with something in it", answer(0, 5, { under: 0, zero: 0, over: 0, counts: [0, 2] }), false],
  ["kept, and an empty heatmap", answer(0, 5, { under: 0, zero: 0, over: 0, counts: [0, 0] }), true],
  ["kept, and nothing met the conditions", answer(0, 36_273, 0, null), true],
])("%s", (_, told, expected) => expect(hasNothing(told)).toBe(expected));
