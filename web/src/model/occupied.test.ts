import { expect, test } from "vitest";
import { closer, occupiedBy } from "./occupied";
import type { Graphs } from "./series";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 1, 12);
const graphs = (op: string, values: number[]): Graphs => ({
  grid: { first: NOW - 120 * MINUTE, step: MINUTE, steps: 120 },
  start: NOW - 120 * MINUTE,
  end: NOW,
  calculations: [{ label: op, op, column: "", measure: { unit: "count", factor: 1 } as never, lines: [Float64Array.from({ length: 120 }, (_, n) => values[n] ?? Number.NaN)] }],
  names: [""],
});
const window = { start: NOW - 120 * MINUTE, end: NOW };
const at = (from: number, to: number, rest: number) => Array.from({ length: 120 }, (_, n) => (n >= from && n < to ? 3 : rest));

test("the first minutes of a server, within two hours, are brought near", () => {
  const found = occupiedBy(graphs("COUNT", at(117, 120, 0)));
  expect(found).toMatchObject({ start: NOW - 3 * MINUTE, end: NOW });
  expect(found && closer(found, window, true)).toEqual({ from: "-5m", to: "now" });
  expect(found && closer(found, window, false)?.to).toBe("2026-01-01T12:00:00.000Z");
});

test("what ended long ago is shown where it was", () => {
  const found = occupiedBy(graphs("P95", at(10, 20, Number.NaN)));
  expect(found && closer(found, window, true)).toEqual({ from: "2026-01-01T10:09:00.000Z", to: "2026-01-01T10:21:00.000Z" });
});

test("what fills the range stays", () => {
  const found = occupiedBy(graphs("COUNT", at(0, 60, 0)));
  expect(found && closer(found, window, true)).toBeUndefined();
  expect(occupiedBy(graphs("COUNT", at(0, 0, 0)))).toBeUndefined();
});
