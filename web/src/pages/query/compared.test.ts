import { expect, test } from "vitest";
import { readQuery } from "../../model/query";
import { basesOf, readBase, sidesOf } from "./compared";

const ran = readQuery("HEATMAP(duration_ms) WHERE service.name = cart");
const window = { start: 10_000, end: 20_000 };
const one = { start: 11_000, end: 12_000, low: 5, high: Number.POSITIVE_INFINITY };
const other = { start: 15_000, end: 16_000, low: 1, high: 2 };

test("one box against the rest needs no field", () => {
  expect(sidesOf(ran, { extents: [one], column: "duration_ms" }, "rest", window)).toEqual({
    text: "COUNT WHERE service.name = cart AND duration_ms exists",
    selection: { start_ns: "11000000000", end_ns: "12000000000", ranges: [{ column: "duration_ms", low: 5 }] },
    window,
  });
});

test("several boxes are one selection", () => {
  const { text, selection } = sidesOf(ran, { extents: [one, other], column: "duration_ms" }, "rest", window);
  expect(text).toBe(
    "WITH compared_side = OR(AND(EVENT_TIMESTAMP() >= 11, EVENT_TIMESTAMP() < 12, $duration_ms >= 5), AND(EVENT_TIMESTAMP() >= 15, EVENT_TIMESTAMP() < 16, $duration_ms >= 1, $duration_ms < 2)) COUNT WHERE service.name = cart AND duration_ms exists",
  );
  expect(selection).toEqual({ equals: [{ column: "compared_side", value: true }] });
});

test("the last box against the others: what lies in none is on no side", () => {
  const { text, selection } = sidesOf(ran, { extents: [one, other], column: "duration_ms" }, "box", window);
  expect(text).toContain('IF(AND(EVENT_TIMESTAMP() >= 15, EVENT_TIMESTAMP() < 16, $duration_ms >= 1, $duration_ms < 2), "selected", AND(EVENT_TIMESTAMP() >= 11, EVENT_TIMESTAMP() < 12, $duration_ms >= 5), "base")');
  expect(text).toContain("compared_side exists");
  expect(selection).toEqual({ equals: [{ column: "compared_side", value: "selected" }] });
});

test("against the period before, the range is twice as long", () => {
  const { text, window: both } = sidesOf(readQuery("COUNT GROUP BY a"), { group: [{ column: "a", value: 'x"y' }, { column: "b", value: null }] }, "previous", window);
  expect(text).toBe('WITH compared_side = IF(AND(EVENT_TIMESTAMP() >= 10, AND(EQUALS($a, "x\\"y"), NOT(EXISTS($b)))), "selected", EVENT_TIMESTAMP() < 10, "base") COUNT WHERE compared_side exists');
  expect(both).toEqual({ start: 0, end: 20_000 });
});

test("another box is a base only where there is one", () => {
  expect(basesOf({ extents: [one] })).toEqual(["rest", "previous"]);
  expect(readBase("box", { extents: [one] })).toBe("rest");
  expect(readBase("box", { extents: [one, other] })).toBe("box");
  expect(readBase("previous", { group: [] })).toBe("previous");
});
