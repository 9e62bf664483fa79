import { expect, test } from "vitest";
import { type Shown, shownComparison } from "./hooks";

type Answer = Shown["data"];
const answer = (rows: number, sampled: boolean, rest = 10_000) => ({ selected: { rows }, rest: { rows: rest }, sampled: sampled ? { rows: 1, of: 2 } : null }) as unknown as Answer;
const exact: Shown = { what: "box", data: answer(500, false), isEstimate: false, isOld: false };

test("an estimate stands until all are counted", () => {
  expect(shownComparison("box", answer(500, true), undefined, undefined)).toMatchObject({ isEstimate: true, isOld: false });
  expect(shownComparison("box", answer(500, true), answer(900, false), undefined)).toMatchObject({ isEstimate: false, data: { selected: { rows: 900 } } });
  expect(shownComparison("box", answer(500, false), undefined, undefined)).toMatchObject({ isEstimate: false });
});

test("of few rows on either side nothing is estimated", () => {
  expect(shownComparison("box", answer(10, true), undefined, undefined)).toBeUndefined();
  expect(shownComparison("box", answer(500, true, 0), undefined, undefined)).toBeUndefined();
});

test("what was shown stays until there is another answer: of another box dimmed, of the same one in place of an estimate", () => {
  expect(shownComparison("other", undefined, undefined, exact)).toEqual({ ...exact, isOld: true });
  expect(shownComparison("other", answer(80, true), undefined, exact)).toMatchObject({ what: "other", isEstimate: true, isOld: false });
  expect(shownComparison("box", answer(80, true), undefined, exact)).toEqual({ ...exact, isOld: true });
  expect(shownComparison("box", answer(80, true), answer(700, false), exact)).toMatchObject({ isOld: false, data: { selected: { rows: 700 } } });
});
