import { expect, test } from "vitest";
import { FUNCTIONS, columnReference, columnsRead, definitionOf, definitionText, renamed, typedAt, withColumn, withDefinition, withoutDefinition } from "./calculated";
import { printQuery, readQuery } from "./query";

test("a piece of WITH is a name and an expression", () => {
  expect(definitionOf("slow = $duration_ms > 500")).toEqual({ name: "slow", expression: "$duration_ms > 500" });
  expect(definitionOf("`odd name`=IF($a = 1, 2)")).toEqual({ name: "odd name", expression: "IF($a = 1, 2)" });
  expect(definitionOf("$a > 1")).toEqual({ name: "", expression: "$a > 1" });
  expect(definitionText({ name: "odd name", expression: " 1 " })).toBe("`odd name` = 1");
});

test("the columns that an expression reads, not what texts look like", () => {
  expect(columnsRead('IF($a.b > 1, CONCAT($"odd name", "$no"), $`raw`, $a.b)')).toEqual(["a.b", "odd name", "raw"]);
  expect(withColumn('$a + $ab + "$a"', "a", "c d")).toBe('$"c d" + $ab + "$a"');
  expect(columnReference("http.route")).toBe("$http.route");
});

test("a definition takes its old one's place, and clauses follow its name", () => {
  const query = readQuery("WITH slow = $duration_ms > 500, both = $slow COUNT, SUM(slow) WHERE slow = true GROUP BY slow");
  expect(printQuery(withDefinition(query, { name: "late", expression: "$duration_ms > 900" }, "slow"))).toBe("WITH late = $duration_ms > 900, both = $late COUNT, SUM(late) WHERE late = true GROUP BY late");
  expect(printQuery(withDefinition(readQuery("COUNT"), { name: "x", expression: "1" }))).toBe("WITH x = 1 COUNT");
  expect(printQuery(withoutDefinition(query, "both"))).toBe("WITH slow = $duration_ms > 500 COUNT, SUM(slow) WHERE slow = true GROUP BY slow");
  expect(printQuery(renamed(readQuery("COUNT WHERE sevice = a GROUP BY sevice"), "sevice", "service"))).toBe("COUNT WHERE service = a GROUP BY service");
});

test("what is being typed in an expression", () => {
  expect(typedAt("IF($dur", 7)).toEqual({ kind: "column", typed: "dur", from: 3 });
  expect(typedAt("1 + REG_", 8)).toEqual({ kind: "function", typed: "REG_", from: 4 });
  expect(typedAt('"IF', 3)).toBeUndefined();
  expect(typedAt('CONCAT("a", L', 13)).toEqual({ kind: "function", typed: "L", from: 12 });
  expect(typedAt("12", 2)).toBeUndefined();
});

test("functions have names of their own", () => {
  expect(new Set(FUNCTIONS.map(({ name }) => name)).size).toBe(FUNCTIONS.length);
});
