import { expect, test } from "vitest";
import { type Tree, build } from "./build";
import { type Foldable, MOST_TEXT, folded, hasRow, nameOfSpan, printSteps, readSteps, serviceStep, spanOfName, withStep } from "./fold";
import { firstFolding, membershipsOf, repetitionsOf, rowsOf } from "./rows";

const queries: Tree[] = Array.from({ length: 6 }, (_, n) => ({ name: "SELECT", from: n, length: 1 }));
// r 0, a 1, b 2, six queries 3 to 8, d 9, e 10
const built = build({
  name: "r",
  from: 0,
  length: 100,
  children: [{ name: "a", from: 0, length: 50, children: [{ name: "b", from: 0, length: 40, children: queries }] }, { name: "d", from: 60, length: 9, children: [{ name: "e", from: 61, length: 1 }] }],
});
const trace = { ...built, ids: ["10000000000abcde", "20000000000abcde", "ff000000005b1234", ...Array.from({ length: 6 }, (_, n) => `000000000000${n}c0${n}`), "ff000000005b1234", "not hex"] };
const repetitions = repetitionsOf(trace);
const of: Foldable = { trace, repetitions, memberOf: membershipsOf(trace, repetitions), errors: [10], hits: [3], critical: () => [0, 1, 2] };
const first = firstFolding(trace, repetitions, -1);
const rows = (text: string) => [...rowsOf(trace, repetitions, folded(of, first, readSteps(text)))];
const after = (...steps: string[]) => printSteps(steps.reduce<string[]>((known, step) => withStep(known, step) ?? known, []));

test("spans are named by what no other id ends with", () => {
  expect(trace.ids.map((_, span) => nameOfSpan(trace, span)).filter((_, n) => n < 4 || n > 8)).toEqual(["10000000000abcde", "20000000000abcde", "b1234", "00c00", "b1234~1", "-10"]);
  for (const span of trace.ids.keys()) expect(spanOfName(trace, nameOfSpan(trace, span))).toBe(span);
  expect(spanOfName(trace, "ffff1")).toBe(-1);
  expect(spanOfName(trace, "-99")).toBe(-1);
});

test("steps in order, from what is open at first", () => {
  expect(rows("")).toEqual([0, 1, 2, -1, 9, 10]);
  expect(rows("0")).toEqual([0]);
  expect(rows("0.m.m")).toEqual([0, 1, 2, 9, 10]);
  expect(rows("l")).toEqual([0, 1, 2, 9, 10]);
  expect(rows("e")).toEqual([0, 1, 9, 10]);
  expect(rows("c")).toEqual([0, 1, 2, 9]);
  expect(rows("tb1234~1")).toEqual([0, 1, 2, -1, 9]);
  expect(rows("x00c00")).toEqual([0, 1, 2, -1, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(rows("r1")).toEqual(rows("x00c00"));
  expect(rows("r1.r0")).toEqual(rows(""));
  expect(rows("0.v00c00")).toEqual([0, 1, 2, -1, 3, 4, 5, 6, 7, 8, 9]);
  expect(rows("0.t10000000000abcde.b20000000000abcde")).toEqual([0, 1, 2, 9, 10]);
  expect(rows("k10000000000abcde")).toEqual([0]);
  expect(rows("0.o10000000000abcde")).toEqual([0, 1, 2, -1, 9, 10]);
  expect(rows(serviceStep(trace.services[0] ?? ""))).toEqual([0, 1, 2, -1, 9, 10]);
  // What nobody wrote is passed over.
  expect(rows("0.?.q.tzz.t")).toEqual([0]);
});

test("what no longer matters is forgotten", () => {
  expect(after("tabcde", "m", "0")).toBe("0");
  expect(after("tabcde", "tb1234", "tabcde")).toBe("tb1234");
  expect(after("tabcde", "m", "tabcde")).toBe("tabcde.m.tabcde");
  expect(after("x00c00", "tabcde", "r1")).toBe("tabcde.r1");
});

test("an address holds so much: what was only shown goes first, and what was folded by hand is refused at last", () => {
  const shown = Array.from({ length: 400 }, (_, n) => `v${(n + 0xa0000).toString(16)}`);
  const many = shown.reduce<string[]>((known, step) => withStep(known, step) ?? [], ["0"]);
  expect(printSteps(many).length).toBeLessThanOrEqual(MOST_TEXT);
  expect([many[0], many.at(-1)]).toEqual(["0", shown.at(-1)]);
  const full = Array.from({ length: 250 }, (_, n) => `t${(n + 0xa0000).toString(16)}`);
  expect(withStep(full, "tfffff")).toBeUndefined();
  expect(withStep(full, "1")).toEqual(["1"]);
});

test("a span has a row when all above it is open, and the repetition it is in", () => {
  expect(hasRow(of, first, 10)).toBe(true);
  expect(hasRow(of, first, 4)).toBe(false);
  expect(hasRow(of, folded(of, first, ["r1"]), 4)).toBe(true);
  expect(hasRow(of, folded(of, first, ["0"]), 10)).toBe(false);
});
