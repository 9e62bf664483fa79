import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../lib/time";
import { pointOf, printSpan, rangeOfClause, readRange, readSpan, windowOf } from "./range";

const NOW = Date.UTC(2026, 10, 20, 16, 2, 0); // a Friday

const read = (text: string) => {
  const result = readRange(text, NOW, "utc");
  return "range" in result ? `${result.range.from} ${result.range.to}` : `${result.error} @${result.at}`;
};

test.each([
  ["3h", "-3h now"],
  ["last 90 minutes", "-1h30m now"],
  ["1d 6h", "-1d6h now"],
  ["14:02 .. 15:00", "2026-11-20T14:02:00.000Z 2026-11-20T15:00:00.000Z"],
  ["14:02 to now", "2026-11-20T14:02:00.000Z now"],
  ["2026-11-19 10:00 - 2026-11-19T11:30:05.5Z", "2026-11-19T10:00:00.000Z 2026-11-19T11:30:05.500Z"],
  ["since 23:00", "2026-11-19T23:00:00.000Z now"],
  ["yesterday", "2026-11-19T00:00:00.000Z 2026-11-20T00:00:00.000Z"],
  ["today", "2026-11-20T00:00:00.000Z 2026-11-20T16:02:00.000Z"],
  ["wed", "2026-11-18T00:00:00.000Z 2026-11-19T00:00:00.000Z"],
  ["yesterday 10:00 to 11:00", "2026-11-19T10:00:00.000Z 2026-11-19T11:00:00.000Z"],
  ["around 1795180000 ± 1m", "2026-11-20T14:45:40.000Z 2026-11-20T14:47:40.000Z"].map((x) => x) as [string, string],
  ['{"level":"error","time":"2026-11-20T12:00:00+01:00"}', "2026-11-20T10:55:00.000Z 2026-11-20T11:05:00.000Z"],
])("%s", (text, expected) => {
  if (text.startsWith("around 1795")) {
    const point = 1795180000000;
    expect(read(text)).toBe(`${new Date(point - 60_000).toISOString()} ${new Date(point + 60_000).toISOString()}`);
  } else expect(read(text)).toBe(expected);
});

describe("what cannot be read says where", () => {
  test.each([
    ["", "type a span such as 2h, a day, or from .. to @1"],
    ["soon", '"soon" is no time range @1'],
    ["15:00 .. 14:00", "the end lies before the start @10"],
    ["14:00 .. 99:00", '"99:00" is no time @10'],
    ["2027-01-01 .. 2027-01-02", "the start lies in the future @1"],
  ])("%s", (text, expected) => expect(read(text)).toBe(expected));
});

test("spans", () => {
  expect(readSpan("1d 6h")).toBe(30 * HOUR_MS);
  expect(readSpan("2 parsecs")).toBeUndefined();
  expect(printSpan(5_400_000)).toBe("1h30m");
});

test("windows of addresses", () => {
  expect(windowOf({ from: "-2h", to: "now" }, NOW)).toEqual({ start: NOW - 2 * HOUR_MS, end: NOW });
  expect(windowOf({ from: "nonsense", to: "now" }, NOW)).toEqual({ start: NOW - 2 * HOUR_MS, end: NOW });
  expect(pointOf("2026-11-20T16:00:00Z", NOW)).toBe(NOW - 120_000);
});

test.each([
  ["LAST 1h30m", "-1h30m now"],
  ["since 2026-11-20", "2026-11-20T00:00:00.000Z now"],
  ["FROM -3h TO -2h", "-3h -2h"],
  ["from 1795190520 to now", "2026-11-20T16:02:00.000Z now"],
  ["FROM 2026-11-20T10:00:00+01:00 TO 2026-11-20T10:00:00Z", "2026-11-20T09:00:00.000Z 2026-11-20T10:00:00.000Z"],
])("a query's own time: %s", (text, expected) => {
  const range = rangeOfClause(text, NOW);
  expect(`${range?.from} ${range?.to}`).toBe(expected);
});

test.each(["", "LAST", "LAST hour", "FROM x TO y", "FROM -1h"])("no time in %s", (text) => expect(rangeOfClause(text, NOW)).toBeUndefined());
