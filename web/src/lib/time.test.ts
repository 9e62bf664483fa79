import { expect, test } from "vitest";
import { fromParts, isOneDay, moment, partsOf, widened, zoneName, zoneOf } from "./time";

test("named zones, on both sides of a change of clocks", () => {
  for (const at of [Date.UTC(2026, 2, 29, 0, 59, 59, 7), Date.UTC(2026, 2, 29, 1, 0, 0), Date.UTC(2026, 9, 25, 2, 30), Date.UTC(2026, 10, 20, 23, 30, 5, 250)]) {
    const { weekday: _, ...parts } = partsOf(at, "Europe/Berlin");
    expect(fromParts(parts, "Europe/Berlin")).toBe(at);
  }
  expect(moment(Date.UTC(2026, 10, 20, 23, 30, 5), "Asia/Kolkata", Date.UTC(2026, 10, 21))).toBe("Sat 21 Nov 05:00:05");
  expect(zoneName(0, "utc")).toBe("UTC");
});

test("zones of addresses", () => {
  expect([null, "local", "UTC", "Europe/Berlin", "Nowhere/Land"].map(zoneOf)).toEqual(["local", "local", "utc", "Europe/Berlin", "local"]);
});

test("one day, or two, in a zone", () => {
  const range = { start: Date.UTC(2026, 10, 20, 22, 30), end: Date.UTC(2026, 10, 20, 23, 30) };
  expect([isOneDay(range, "utc"), isOneDay(range, "Europe/Berlin")]).toEqual([true, false]);
  expect(isOneDay({ start: range.start, end: range.start + 7 * 86_400_000 }, "utc")).toBe(false);
});

test("after midnight, rows of the day before still say their day", () => {
  const shown = { start: Date.UTC(2026, 10, 21, 0, 5), end: Date.UTC(2026, 10, 21, 0, 20) };
  expect(isOneDay(shown, "utc")).toBe(true);
  expect(widened(shown, [Date.UTC(2026, 10, 21, 0, 10)])).toEqual(shown);
  expect(isOneDay(widened(shown, [Date.UTC(2026, 10, 20, 23, 59), Date.UTC(2026, 10, 20, 23, 50)]), "utc")).toBe(false);
});
