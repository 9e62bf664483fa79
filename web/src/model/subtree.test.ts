import { expect, test } from "vitest";
import { build } from "./build";
import { criticalPath } from "./critical";
import { repetitionsOf } from "./rows";
import { subtreeOf, waysOf } from "./subtree";
import { nameOf } from "./trace";

const trace = build({
  name: "r",
  from: 0,
  length: 100,
  children: [
    { name: "a", from: 5, length: 10 },
    { name: "b", from: 20, length: 50, children: [{ name: "c", from: 30, length: 60, error: true, children: [{ name: "d", from: 31, length: 1 }] }] },
    { name: "e", from: 90, length: 5 },
  ],
});

test("a span with all below it is a trace of its own", () => {
  const part = subtreeOf(trace, 2);
  expect(Array.from({ length: part.count }, (_, span) => nameOf(part, span))).toEqual(["b", "c", "d"]);
  expect([[...part.parent], [...part.depth], [...part.from].map((at) => at / 1e6)]).toEqual([[-1, 0, 1], [0, 1, 2], [0, 10, 11]]);
  expect([part.length / 1e6, part.spans, part.errors, Number(part.start) / 1e6]).toEqual([70, 3, 1, 20]);
  expect(criticalPath(part, 0).map(({ span, from, to }) => `${nameOf(part, span)} ${from / 1e6}-${to / 1e6}`)).toEqual(["b 0-10", "c 10-11", "d 11-12", "c 12-50"]);
  expect(repetitionsOf(part)).toEqual([]);
});

test("the way to a span begins at the top", () => {
  expect(waysOf(trace, 4).map((span) => nameOf(trace, span))).toEqual(["r", "b", "c", "d"]);
  expect(waysOf(trace, -1)).toEqual([]);
});

test("marks come along", () => {
  const marked = { ...trace, markStart: Int32Array.from([0, 1, 1, 1, 3, 3, 4]), markAt: Float64Array.from([1e6, 31e6, 32e6, 91e6]), markKind: new Uint8Array(4), markError: new Uint8Array(4), markName: new Int32Array(4) };
  const part = subtreeOf(marked, 2);
  expect([[...part.markStart], [...part.markAt]]).toEqual([[0, 0, 2, 2], [11e6, 12e6]]);
});
