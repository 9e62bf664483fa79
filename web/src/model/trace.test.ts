import { describe, expect, test } from "vitest";
import { type Tree, build } from "./build";
import { criticalPath } from "./critical";
import { type Folding, find, firstFolding, membershipsOf, placesOf, reachesOf, repetitionName, repetitionsOf, reveal, rowLabel, rowsOf, siblingOf, timesOf, withAncestors } from "./rows";
import { MISSING, type Trace, UNFINISHED, has, isSame, nameOf, traceOf } from "./trace";

const path = (trace: Trace) => criticalPath(trace, 0).map(({ span, from, to }) => `${nameOf(trace, span)} ${from / 1e6}-${to / 1e6}`);

describe("critical path", () => {
  test("one after another", () => {
    const trace = build({ name: "r", from: 0, length: 100, children: [{ name: "a", from: 10, length: 30 }, { name: "b", from: 50, length: 40 }] });
    expect(path(trace)).toEqual(["r 0-10", "a 10-40", "r 40-50", "b 50-90", "r 90-100"]);
  });

  test("of those that ran beside one another, the one that ended last", () => {
    const trace = build({ name: "r", from: 0, length: 100, children: [{ name: "a", from: 0, length: 60 }, { name: "b", from: 10, length: 80 }] });
    expect(path(trace)).toEqual(["r 0-10", "b 10-90", "r 90-100"]);
  });

  test("work that outlives its parent is cut, what begins after it is left out, consumers are off", () => {
    const trace = build({ name: "r", from: 0, length: 50, children: [{ name: "long", from: 40, length: 60 }, { name: "late", from: 60, length: 10 }, { name: "queue", from: 5, length: 30, kind: "consumer" }] });
    expect(path(trace)).toEqual(["r 0-40", "long 40-50"]);
  });

  test("sections are disjoint, in order and cover the root, whatever the tree", () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const grow = (depth: number, from: number, length: number): Tree => {
      const children = Array.from({ length: depth > 0 ? Math.floor(random() * 5) : 0 }, () => grow(depth - 1, Math.floor(from + random() * length * 1.2 - length * 0.1), Math.floor(random() * length)));
      return { name: "s", from, length, children: children.sort((a, b) => a.from - b.from) };
    };
    for (let n = 0; n < 200; n++) {
      const trace = build(grow(4, 100, 1_000));
      const sections = criticalPath(trace, 0);
      expect(sections[0]?.from).toBe(trace.from[0]);
      sections.forEach((section, at) => {
        expect(section.to).toBeGreaterThan(section.from);
        expect(section.to).toBe(sections[at + 1]?.from ?? (trace.from[0] ?? 0) + (trace.duration[0] ?? 0));
      });
    }
  });

  test("100,000 children, and 100,000 levels", () => {
    const wide = build({ name: "r", from: 0, length: 100_000, children: Array.from({ length: 100_000 }, (_, n) => ({ name: "q", from: n, length: 1 })) });
    expect(criticalPath(wide, 0)).toHaveLength(100_000);
    const count = 100_000;
    const deep: Trace = { ...wide, count, parent: Int32Array.from({ length: count }, (_, n) => n - 1), below: Int32Array.from({ length: count }, (_, n) => count - n - 1), from: new Float64Array(count), duration: new Float64Array(count).fill(5e6), kind: new Int32Array(count), ids: Array.from({ length: count }, String) };
    expect(criticalPath(deep, 0)).toEqual([{ span: count - 1, from: 0, to: 5e6 }]);
  });
});

const queries = (count: number): Tree[] => Array.from({ length: count }, (_, n) => ({ name: "SELECT", from: n * 2, length: 2, kind: "client", error: n === 2 }));

test("what follows from the parents", () => {
  const trace = build({ name: "r", from: 0, length: 100, children: [{ name: "a", from: 0, length: 50, children: [{ name: "b", from: 0, length: 5, error: true }] }, { name: "c", from: 60, length: 1 }] });
  expect([...trace.depth]).toEqual([0, 1, 2, 1]);
  expect([...trace.childCount]).toEqual([2, 1, 0, 0]);
  expect([...trace.below]).toEqual([3, 1, 0, 0]);
  expect([...trace.errorsBelow]).toEqual([1, 1, 0, 0]);
});

test("a trace that has grown is another, one that was read again is not", () => {
  const tree = (more: Tree[]) => build({ name: "r", from: 0, length: 100, children: [{ name: "a", from: 0, length: 50 }, ...more] });
  expect(isSame(tree([]), tree([]))).toBe(true);
  expect(isSame(tree([]), tree([{ name: "b", from: 60, length: 10 }]))).toBe(false);
  // A parent that was missing has come: as many lines, one span more.
  expect(isSame(build({ name: "r", from: 0, length: 9, missing: true }), { ...build({ name: "r", from: 0, length: 9 }), spans: 2 })).toBe(false);
});

test("marks lie by span; what has no length is unfinished", () => {
  const spans = { parent: [-1, 0], id: ["a", "b"], start: [0, 5], duration: [10, -1], self: [0, 0], name: [0, 0], service: [0, 0], host: [0, 0], kind: [0, 0], flags: [0, 0] };
  const marks = { span: [1, 1], at: [6, 7], kind: [0, 2], is_error: [false, true], name: [0, 0] };
  const trace = traceOf({ trace_id: "t", start_ns: "0", duration_ns: "10", span_count: 2, error_count: 0, missing_root: false, unattached: 0, partial: true, notes: [{ kind: "partial", text: "a file could not be read" }], names: ["n"], services: ["s"], hosts: [""], kinds: ["k"], spans, marks });
  expect([...trace.markStart]).toEqual([0, 0, 2]);
  expect([has(trace, 0, UNFINISHED), has(trace, 1, UNFINISHED)]).toEqual([false, true]);
  expect([trace.partial, trace.notes.map(({ text }) => text)]).toEqual([true, ["a file could not be read"]]);
});

describe("rows", () => {
  test("repeated siblings fold into one row, and open", () => {
    const trace = build({ name: "r", from: 0, length: 100, children: [{ name: "a", from: 0, length: 1 }, ...queries(7), { name: "z", from: 90, length: 1 }] });
    const repetitions = repetitionsOf(trace);
    expect(repetitions).toHaveLength(1);
    expect(repetitions[0]).toMatchObject({ first: 2, errors: 1, wall: 14e6, sum: 14e6, isSerial: false });
    expect([...membershipsOf(trace, repetitions)]).toEqual([-1, -1, 0, 0, 0, 0, 0, 0, 0, -1]);
    const folding = firstFolding(trace, repetitions, -1);
    expect([...rowsOf(trace, repetitions, folding)]).toEqual([0, 1, -1, 9]);
    reveal(trace, folding, repetitions, 4);
    expect([...rowsOf(trace, repetitions, folding)]).toEqual([0, 1, -1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("queries in a row that take much of their parent are told", () => {
    expect(repetitionsOf(build({ name: "r", from: 0, length: 20, children: queries(7) }))[0]).toMatchObject({ isSerial: true, share: 0.7 });
  });

  test("closed rows hide what is below", () => {
    const trace = build({ name: "r", from: 0, length: 100, children: [{ name: "a", from: 0, length: 50, children: [{ name: "b", from: 0, length: 5 }] }, { name: "c", from: 60, length: 1 }] });
    const folding: Folding = { open: Uint8Array.of(1, 0, 1, 1), openRepetitions: new Uint8Array(0) };
    expect([...rowsOf(trace, [], folding)]).toEqual([0, 1, 3]);
    expect([...rowsOf(trace, [], folding, withAncestors(trace, [2]))]).toEqual([0, 1, 2]);
  });

  test("large traces open by levels, and on the way to errors", () => {
    const many = Array.from({ length: 60 }, (_, n): Tree => ({ name: `s${n}`, from: n, length: 10, children: Array.from({ length: 10 }, (_, m): Tree => ({ name: `t${m}`, from: n, length: 1, error: n === 50 && m === 3 })) }));
    const trace = build({ name: "r", from: 0, length: 100, children: many });
    const rows = rowsOf(trace, [], firstFolding(trace, [], -1));
    expect(rows.length).toBe(1 + 60 + 10);
  });

  test("found by name, by length, by error", () => {
    const trace = build({ name: "GET /", from: 0, length: 100, children: [{ name: "db.select", from: 0, length: 60, error: true }, { name: "render", from: 60, length: 5 }] });
    expect(find(trace, "SELECT")).toEqual([1]);
    expect(find(trace, "duration > 50ms")).toEqual([0, 1]);
    expect(find(trace, "error")).toEqual([1]);
    expect(find(trace, "web")).toEqual([0, 1, 2]);
    expect(find(trace, " ")).toEqual([]);
  });

  test("a missing parent lies where its children do", () => {
    const trace = build({ name: "", from: 0, length: 0, missing: true, children: [{ name: "a", from: 5, length: 10 }, { name: "b", from: 12, length: 10 }] });
    expect([has(trace, 0, MISSING), trace.from[0], trace.duration[0]]).toEqual([true, 5e6, 17e6]);
  });
});

test("names that take turns fold from five turns on, and errors within are counted", () => {
  const turns = (count: number, names: readonly string[]): Tree[] => Array.from({ length: count * names.length }, (_, n) => ({ name: names[n % names.length] ?? "", from: n * 2, length: 1, error: n === 4 }));
  const of = (children: Tree[]) => {
    const trace = build({ name: "r", from: 0, length: 200, children });
    return repetitionsOf(trace).map((one) => `${timesOf(one)} ${repetitionName(trace, one)} !${one.errors}`);
  };
  expect(of(turns(5, ["SELECT", "UPDATE"]))).toEqual(["5 SELECT, UPDATE !1"]);
  expect(of(turns(6, ["a", "b", "c"]))).toEqual(["6 a, b, c !1"]);
  expect(of(turns(4, ["SELECT", "UPDATE"]))).toEqual([]);
  // What does not complete a turn stands for itself; alike ones fold as before.
  expect(of([...turns(5, ["a", "b"]), { name: "a", from: 90, length: 1 }])).toEqual(["5 a, b !1"]);
  expect(of([{ name: "x", from: 0, length: 1 }, ...turns(7, ["a"])])).toEqual(["7 a !1"]);
});

test("places among siblings, and how far below one reaches", () => {
  const trace = build({ name: "r", from: 10, length: 20, children: [{ name: "a", from: 12, length: 3, children: [{ name: "late", from: 40, length: 30 }] }, { name: "b", from: 5, length: 1 }] });
  expect([...placesOf(trace)]).toEqual([1, 1, 1, 2]);
  expect([siblingOf(trace, 1, 1), siblingOf(trace, 3, -1), siblingOf(trace, 3, 1)]).toEqual([3, 1, undefined]);
  const { from, to } = reachesOf(trace);
  expect([from[0], to[0], from[1], to[1]]).toEqual([5e6, 70e6, 40e6, 70e6]);
  expect(rowLabel(trace, 3).replace(/\s/g, " ")).toBe("level 2, b, web, 1 ms, starts at 5 ms, 2 of 2");
});
