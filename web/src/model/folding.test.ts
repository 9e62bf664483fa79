import { expect, test } from "vitest";
import { type Tree, build } from "./build";
import { allFolded, byOneLevel, spansOfService, toLevel, waysTo, withSiblingsOpen } from "./folding";
import { membershipsOf, repetitionsOf, rowsOf } from "./rows";

const queries: Tree[] = Array.from({ length: 6 }, (_, n) => ({ name: "SELECT", from: n, length: 1 }));
// r 0, a 1, b 2, c 3, six queries 4 to 9, d 10, e 11
const trace = build({
  name: "r",
  from: 0,
  length: 100,
  children: [{ name: "a", from: 0, length: 50, children: [{ name: "b", from: 0, length: 40, children: [{ name: "c", from: 0, length: 5 }, ...queries] }] }, { name: "d", from: 60, length: 9, children: [{ name: "e", from: 61, length: 1 }] }],
});
const repetitions = repetitionsOf(trace);
const rows = (folding: Parameters<typeof rowsOf>[2]) => [...rowsOf(trace, repetitions, folding)];

test("level by level, and back", () => {
  let folding = allFolded(trace, repetitions, false);
  const seen = [rows(folding)];
  for (let n = 0; n < 4; n++) {
    folding = byOneLevel(trace, folding, 1);
    seen.push(rows(folding));
  }
  expect(seen).toEqual([[0], [0, 1, 10], [0, 1, 2, 10, 11], [0, 1, 2, 3, -1, 10, 11], [0, 1, 2, 3, -1, 10, 11]]);
  folding = byOneLevel(trace, folding, -1);
  expect(rows(folding)).toEqual([0, 1, 2, 10, 11]);
  expect(rows(byOneLevel(trace, allFolded(trace, repetitions, false), -1))).toEqual([0]);
});

test("one more opens the shallowest that is closed, wherever others are open", () => {
  const folding = waysTo(trace, repetitions, [3]);
  expect(rows(folding)).toEqual([0, 1, 2, 3, -1, 10]);
  expect(rows(byOneLevel(trace, folding, 1))).toEqual([0, 1, 2, 3, -1, 10, 11]);
});

test("only the ways to some spans, with the repetitions they are in or without", () => {
  expect(rows(waysTo(trace, repetitions, [11]))).toEqual([0, 1, 10, 11]);
  expect(rows(waysTo(trace, repetitions, [5]))).toEqual([0, 1, 2, 3, -1, 10]);
  expect(rows(waysTo(trace, repetitions, [5], membershipsOf(trace, repetitions)))).toEqual([0, 1, 2, 3, -1, 4, 5, 6, 7, 8, 9, 10]);
});

test("by service, and beside one another", () => {
  const service = Int32Array.from(trace.service);
  service[11] = 7;
  expect(spansOfService({ ...trace, service }, 7)).toEqual([11]);
  expect(rows(withSiblingsOpen(trace, waysTo(trace, repetitions, [1]), 1))).toEqual([0, 1, 2, 10, 11]);
});

test("down to a level", () => {
  expect(rows(toLevel(trace, repetitions, 1))).toEqual([0]);
  expect(rows(toLevel(trace, repetitions, 2))).toEqual([0, 1, 10]);
  expect(rows(toLevel(trace, repetitions, 3))).toEqual([0, 1, 2, 10, 11]);
});
