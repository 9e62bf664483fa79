import { expect, test } from "vitest";
import { splitFields } from "./expression";
import { printQuery, readQuery, timeClause, whereText, withCondition } from "./query";
import { conditionParts, renameColumn } from "./words";

const narrowed = (text: string, condition: string) => printQuery(withCondition(readQuery(text), condition));

test.each([
  ["COUNT WHERE a = 1 OR a = 2", "COUNT WHERE a in (1, 2) AND x = y"],
  ['COUNT WHERE a = "b c" OR a in (d, e)', 'COUNT WHERE a in ("b c", d, e) AND x = y'],
  ["COUNT WHERE a = 1 OR #off b = 2", "COUNT WHERE a = 1 AND #off b = 2 AND x = y"],
  ["COUNT WHERE a = 1 OR b exists", 'WITH either = ($a = 1 OR $a = "1") OR (EXISTS($b)) COUNT WHERE either = true AND x = y'],
  ['COUNT WHERE name contains "q x" OR duration_ms > 1.5s', 'WITH either = (EXISTS($name) AND CONTAINS(STRING($name), "q x")) OR ($duration_ms > 1500 OR $duration_ms > "1.5s") COUNT WHERE either = true AND x = y'],
  ["COUNT WHERE a != b OR c not-in (true)", 'WITH either = !($a = "b") OR !($c = true OR $c = "true") COUNT WHERE either = true AND x = y'],
  ["WITH either = $a > 1 COUNT WHERE either = true OR `b c` = d", 'WITH either = $a > 1, either_2 = ($either = true OR $either = "true") OR ($"b c" = "d") COUNT WHERE either_2 = true AND x = y'],
])("a condition more never widens: %s", (text, expected) => expect(narrowed(text, "x = y")).toBe(expected));

test("joined in both ways, conditions stay as they were written", () => {
  const text = "COUNT WHERE a = 1 AND b = 2 OR c = 3";
  expect(readQuery(text).where).toHaveLength(1);
  expect(printQuery(readQuery(text))).toBe(text);
});

test("a condition that is one of several joined by OR holds for all when it is asked for", () => {
  expect(narrowed("COUNT WHERE a = 1 OR a = 2", "a = 1")).toBe("COUNT WHERE a in (1, 2) AND a = 1");
});

test.each([
  ["s = $duration_ms / 1000 P99(s), COUNT", ["s = $duration_ms / 1000"], "P99(s), COUNT"],
  ['s = $a, kind = IF($s < 0.1, "fast, (", "slow") COUNT', ["s = $a", 'kind = IF($s < 0.1, "fast, (", "slow")'], "COUNT"],
  ["slow = $duration_ms > 1000, name, slow", ["slow = $duration_ms > 1000"], "name, slow"],
  ["x = !($a = 1) AND $b = 2 OR EXISTS($c) COUNT", ["x = !($a = 1) AND $b = 2 OR EXISTS($c)"], "COUNT"],
  ["x = -1 * $a P95(x)", ["x = -1 * $a"], "P95(x)"],
])("definitions end: %s", (text, fields, rest) => expect(splitFields(text)).toEqual({ fields, rest }));

test("definitions go with conditions, calculations do not", () => {
  const query = readQuery("WITH s = $duration_ms / 1000 P99(s), COUNT WHERE s > 1 GROUP BY name LIMIT 5");
  expect(printQuery(query)).toBe("WITH s = $duration_ms / 1000 P99(s), COUNT WHERE s > 1 GROUP BY name LIMIT 5");
  expect(whereText(query, "a = 1")).toBe("WITH s = $duration_ms / 1000 WHERE s > 1 AND a = 1");
});

test.each([
  ["COUNT LAST 1h GROUP BY name", "LAST 1h"],
  ["COUNT FROM -3h TO now WHERE a = 1", "FROM -3h TO now"],
  ['COUNT WHERE a = "last 1h"', ""],
])("time of %s", (text, time) => expect(timeClause(text)).toBe(time));

test("conditions are read", () => {
  expect(conditionParts('`a b`!="x \\"y\\""')).toEqual({ column: "a b", op: "!=", values: [{ text: 'x "y"', quoted: true }] });
  expect(conditionParts("status in (500, x)")).toEqual({ column: "status", op: "in", values: [{ text: "500", quoted: false }, { text: "x", quoted: false }] });
  expect(conditionParts("duration_ms>=5")).toEqual({ column: "duration_ms", op: ">=", values: [{ text: "5", quoted: false }] });
  expect(conditionParts("just a text")).toBeUndefined();
});

test("a column is renamed whole, and nothing else is", () => {
  expect(renameColumn("P95(user)", "user", "user.id", false)).toBe("P95(user.id)");
  expect(renameColumn("P95(user.id)", "user", "x", false)).toBe("P95(user.id)");
  expect(renameColumn("user = user", "user", "user.id", true)).toBe("user.id = user");
  expect(renameColumn("superuser = user", "user", "user.id", true)).toBe("superuser = user");
  expect(renameColumn("`a b`>=5", "a b", "c d", true)).toBe("`c d`>=5");
  expect(renameColumn("MAX(user) desc", "user", "user.id", false)).toBe("MAX(user.id) desc");
});
