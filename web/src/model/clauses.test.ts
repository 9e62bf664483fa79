import { expect, test } from "vitest";
import { clashOf, clauseText, pieceAs, pieceMoved, pieceTaken, readPasted, withClauses } from "./clauses";
import { printQuery, readQuery } from "./query";

const query = readQuery("COUNT, P95(duration_ms) WHERE a = 1 OR #off b exists GROUP BY service.name, name ORDER BY COUNT desc");

test("a clause as text is read again where it is pasted", () => {
  expect(clauseText(query, "where")).toBe("WHERE a = 1 OR #off b exists");
  expect(readPasted("where", clauseText(query, "where"))).toEqual({ pieces: [{ text: "a = 1", off: false }, { text: "b exists", off: true }], join: "OR" });
  expect(clauseText(query, "groupBy")).toBe("GROUP BY service.name, name");
  expect(readPasted("groupBy", clauseText(query, "groupBy"))).toEqual({ pieces: [{ text: "service.name" }, { text: "name" }] });
  expect(clauseText(query, "calcs")).toBe("COUNT, P95(duration_ms)");
  expect(clauseText(query, "having")).toBe("");
});

test("a list without a keyword is pieces of the clause; one piece is typed as ever; other clauses go to their places", () => {
  expect(readPasted("where", "a = 1 AND b in (1, 2)")).toEqual({ pieces: [{ text: "a = 1", off: false }, { text: "b in (1, 2)", off: false }], join: "AND" });
  expect(readPasted("calcs", "COUNT, MAX(x)")).toEqual({ pieces: [{ text: "COUNT" }, { text: "MAX(x)" }] });
  expect(readPasted("where", "a in (1, 2)")).toBeUndefined();
  expect(readPasted("groupBy", "service.name")).toBeUndefined();
  const other = readPasted("calcs", "WHERE a = 1 GROUP BY b");
  expect(other && "query" in other && printQuery(withClauses(query, other.query))).toBe("COUNT, P95(duration_ms) WHERE a = 1 GROUP BY b ORDER BY COUNT desc");
  const elsewhere = readPasted("groupBy", "WHERE a = 1");
  expect(elsewhere && "query" in elsewhere && elsewhere.query.where).toEqual([{ text: "a = 1", off: false }]);
});

test.each([
  ["calcs", "COUNT", "orderBy", "COUNT desc"],
  ["calcs", "HEATMAP(duration_ms)", "orderBy", undefined],
  ["calcs", "P95(duration_ms)", "groupBy", "duration_ms"],
  ["calcs", "COUNT", "groupBy", undefined],
  ["where", "http.route = /x", "groupBy", "http.route"],
  ["groupBy", "user.id", "calcs", "COUNT_DISTINCT(user.id)"],
  ["groupBy", "user.id", "where", "user.id exists"],
  ["groupBy", "user.id", "orderBy", "user.id"],
  ["orderBy", "P95(duration_ms) desc", "calcs", "P95(duration_ms)"],
  ["having", "COUNT > 5", "orderBy", "COUNT desc"],
  ["calcs", "COUNT", "having", "COUNT > 0"],
  ["fields", "slow = $a > 1", "groupBy", "slow"],
  ["groupBy", "a", "fields", undefined],
] as const)("%s %s in %s is %s", (from, text, to, as) => expect(pieceAs(from, text, to)).toBe(as));

test("pieces change places, and clauses", () => {
  expect(pieceMoved(query, { clause: "groupBy", index: 0 }, 1).groupBy).toEqual(["name", "service.name"]);
  expect(pieceMoved(query, { clause: "where", index: 1 }, 0).where.map(({ text, off }) => [text, off])).toEqual([["b exists", true], ["a = 1", false]]);
  // The order follows a calculation that stays.
  const ordered = pieceTaken(query, { clause: "calcs", index: 1 }, "orderBy", 0);
  expect(ordered && printQuery(ordered)).toContain("COUNT, P95(duration_ms) WHERE a = 1 OR #off b exists GROUP BY service.name, name ORDER BY P95(duration_ms) desc, COUNT desc");
  const grouped = pieceTaken(query, { clause: "where", index: 0 }, "groupBy", 2);
  expect(grouped?.where.map(({ text }) => text)).toEqual(["b exists"]);
  expect(grouped?.groupBy).toEqual(["service.name", "name", "a"]);
  expect(pieceTaken(query, { clause: "calcs", index: 0 }, "groupBy", 0)).toBeUndefined();
});

test("a column of numbers that is asked for a word", () => {
  const types: Record<string, string> = { duration_ms: "float", error: "boolean", "service.name": "string" };
  const typeOf = (column: string) => types[column];
  expect(clashOf("duration_ms = fast", typeOf)).toEqual({ column: "duration_ms", kind: "a number", value: "fast" });
  expect(clashOf("error = maybe", typeOf)).toEqual({ column: "error", kind: "true or false", value: "maybe" });
  for (const fine of ["duration_ms > 250ms", "duration_ms = 1.5s", "duration_ms in (1, 2e3)", "service.name = 5", "error = true", "duration_ms exists", "other = x", "duration_ms > 1m30s"]) expect(clashOf(fine, typeOf), fine).toBeUndefined();
  expect(clashOf("duration_ms in (1, fast)", typeOf)?.value).toBe("fast");
});
