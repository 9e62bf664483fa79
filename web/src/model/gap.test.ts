import { expect, test } from "vitest";
import { gapText, mergedRows } from "./gap";

const AT = Date.parse("2026-03-01T14:03:02.000Z");

test("what was received since the last event is asked for, whenever it happened", () => {
  const text = gapText("meta.signal_type = log", { from: AT, to: AT + 5_000, after: 1_772_373_781_000_000_007n });
  expect(text).toBe("WHERE meta.signal_type = log AND meta.ingest_time >= 1772373781000000007 FROM 2026-03-01T13:03:02.000Z TO 2026-03-01T15:03:07.000Z");
});

test("conditions joined by OR stay together; without an event before, a minute allows for clocks", () => {
  const text = gapText("a = 1 OR b = 2", { from: AT, to: AT, after: undefined });
  expect(text).toContain("meta.ingest_time >= 1772373722000000000");
  expect(text).toMatch(/WHERE either = true AND meta\.ingest_time/);
  expect(gapText("", { from: AT, to: AT, after: 1n })).toMatch(/^WHERE meta\.ingest_time >= 1 FROM/);
});

test("rows stand in the order of arrival, each once", () => {
  const rows = (...seqs: string[]) => seqs.map((seq) => ({ seq }));
  expect(mergedRows(rows("8", "9", "12"), rows("10", "11", "9")).map(({ seq }) => seq)).toEqual(["8", "9", "10", "11", "12"]);
});
