import { describe, expect, test } from "vitest";
import { conditionPlace, finishCondition, finishPiece, placeOf, searchOf, take } from "./complete";

describe("where a half-typed condition stands", () => {
  test.each([
    ["", "column", "", 0],
    ["http.ro", "column", "http.ro", 0],
    ["http.route ", "operator", "", 11],
    ["http.route con", "operator", "con", 11],
    ["http.route /api", "value", "/api", 11],
    ["http.route = ", "value", "", 13],
    ["http.route=/a", "value", "/a", 11],
    ["duration_ms>5", "value", "5", 12],
    ["status in (500, 5", "value", "5", 16],
    ['name = "two w', "value", "two w", 7],
    ["`a b` starts-with x", "value", "x", 18],
    ["error exists", "operator", "exists", 6],
  ])("%s", (text, kind, typed, from) => expect(conditionPlace(text)).toMatchObject({ kind, typed, from }));

  test("values know their column", () => expect(conditionPlace("`a b` = x").column).toBe("a b"));
});

test("other clauses", () => {
  expect(placeOf("calcs", "P9")).toEqual({ kind: "calculation", typed: "P9", from: 0 });
  expect(placeOf("calcs", "P95(dur")).toEqual({ kind: "column", typed: "dur", from: 4 });
  expect(placeOf("orderBy", "P95(duration_ms) d")).toEqual({ kind: "direction", typed: "d", from: 17 });
  expect(placeOf("groupBy", "na")).toEqual({ kind: "column", typed: "na", from: 0 });
});

test("pieces are finished", () => {
  expect(finishCondition("route /api/home")).toBe("route = /api/home");
  expect(finishCondition("route = /a")).toBe("route = /a");
  expect(finishCondition("error exists")).toBe("error exists");
  expect(finishCondition("name GET /items")).toBe('name = "GET /items"');
  expect(finishCondition("name = GET /items")).toBe('name = "GET /items"');
  expect(finishCondition("body contains two words")).toBe('body contains "two words"');
  for (const whole of ['name = "GET /"', "status in (500, 502)", "a = 1 AND b = 2", "error exists"]) expect(finishCondition(whole)).toBe(whole);
  expect(finishPiece("calcs", "count")).toBe("COUNT");
  expect(finishPiece("calcs", "p95(duration_ms")).toBe("P95(duration_ms)");
});

test("a proposal replaces what was typed", () => {
  expect(take("where", "htt", placeOf("where", "htt"), "http.route")).toEqual({ text: "http.route ", whole: false });
  expect(take("where", "http.route c", placeOf("where", "http.route c"), "contains")).toEqual({ text: "http.route contains ", whole: false });
  expect(take("where", "x exi", placeOf("where", "x exi"), "exists")).toEqual({ text: "x exists ", whole: true });
  expect(take("where", "x = 5", placeOf("where", "x = 5"), "500")).toEqual({ text: "x = 500", whole: true });
  expect(take("calcs", "P9", placeOf("calcs", "P9"), "P95(")).toEqual({ text: "P95(", whole: false });
  expect(take("calcs", "P95(d", placeOf("calcs", "P95(d"), "duration_ms")).toEqual({ text: "P95(duration_ms)", whole: true });
  expect(take("groupBy", "b", placeOf("groupBy", "b"), "bytes sent")).toEqual({ text: "`bytes sent`", whole: true });
});

test("words that name no column are sought in the text", () => {
  const isColumn = (name: string) => name === "name" || name === "body";
  expect(searchOf("could not render", isColumn)).toBe('body contains "could not render"');
  expect(searchOf("timeout", isColumn)).toBe("body contains timeout");
  expect(searchOf("ValueError: no price", isColumn)).toBe('body contains "ValueError: no price"');
  expect(searchOf('"no price"', isColumn)).toBe('body contains "no price"');
  for (const condition of ["name = x", "name GET", "other = 5", "other exists", "body contains x", ""]) expect(searchOf(condition, isColumn)).toBeUndefined();
});
