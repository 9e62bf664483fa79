import { describe, expect, test } from "vitest";
import { EMPTY, calcParts, columnOfCondition, columnText, equals, printQuery, readQuery, valueText, withCondition } from "./query";

describe("a text is cut into clauses and printed again", () => {
  test.each([
    "COUNT",
    "HEATMAP(duration_ms), COUNT",
    'P95(duration_ms) WHERE http.route = "/a, b" AND status in (500, 502) GROUP BY `order by`, name HAVING COUNT > 5 ORDER BY P95(duration_ms) desc LIMIT 20 STEP 1m IN web, api',
    "COUNT WHERE a = 1 OR b = 2",
    "COUNT WHERE (a = 1 AND b = 2)",
    'COUNT WHERE note = "she said \\"where\\""',
    "COUNT WHERE #off a = 1 AND b = 2",
  ])("%s", (text) => expect(printQuery(readQuery(text))).toBe(text));
});

test("keywords in any case and order; times are the picker's", () => {
  const query = readQuery("where error=true count last 2h group by name");
  expect(query.where).toEqual([{ text: "error=true count", off: false }]);
  expect(readQuery("count limit 5 group by name last 1h")).toEqual({ ...EMPTY, calcs: ["count"], groupBy: ["name"], limit: "5" });
});

test("conditions that are off are not sent", () => {
  expect(printQuery(readQuery("COUNT WHERE #off a = 1 AND b = 2"), true)).toBe("COUNT WHERE b = 2");
});

test("calculations, columns, values", () => {
  expect(calcParts("p95( duration_ms )")).toEqual({ op: "P95", column: "duration_ms" });
  expect(calcParts("COUNT")).toEqual({ op: "COUNT", column: "" });
  expect(columnText("http.route")).toBe("http.route");
  expect(columnText("bytes sent")).toBe("`bytes sent`");
  expect(columnText("limit")).toBe("`limit`");
  expect(valueText("/api/home")).toBe("/api/home");
  expect(valueText("two words")).toBe('"two words"');
  expect(valueText("500")).toBe('"500"');
  expect(valueText(500)).toBe("500");
  expect(equals("a", null)).toBe("a does-not-exist");
  expect(equals("a", "x y", true)).toBe('a != "x y"');
  expect(columnOfCondition("`a b` = 1")).toBe("a b");
  expect(columnOfCondition("duration_ms>=5")).toBe("duration_ms");
});

test("a condition is added once", () => {
  const once = withCondition(EMPTY, "a = 1");
  expect(withCondition(once, "a = 1")).toEqual(once);
  expect(withCondition({ ...EMPTY, where: [{ text: "a = 1", off: true }] }, "a = 1")).toEqual(once);
});
