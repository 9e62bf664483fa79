import { expect, test } from "vitest";
import { answerOf } from "./build";
import { firstFolding, repetitionsOf, rowsOf } from "./rows";
import { CYCLE, DUPLICATE, type TraceAnswer, addressOf, mainOf, nameOf, partsOf, spanOfId, traceOf } from "./trace";

const ROOT = "aaaaaaaa00000001";
const TWICE = "bbbbbbbb00000002";

/** A root with a span that came twice with other contents, the second with a child; and with `cycle` two spans that name each other. */
function damaged(flags: number[], ids: string[]): TraceAnswer {
  const answer = answerOf({ name: "root", from: 0, length: 100, children: [{ name: "first", from: 10, length: 20 }, { name: "second", from: 40, length: 20, children: [{ name: "below", from: 45, length: 5 }] }] });
  answer.spans.flags = flags;
  answer.spans.id = ids;
  answer.marks = { span: [2, 3], at: [41e6, 46e6], kind: [0, 0], is_error: [false, false], name: [0, 0] };
  return answer;
}

test("a second span of an id stands under a line that says so, with its children and marks", () => {
  const trace = traceOf(damaged([0, 0, DUPLICATE, 0], [ROOT, TWICE, TWICE, "cccccccc00000003"]));
  const rows = [...rowsOf(trace, [], firstFolding(trace, [], -1))].map((span) => `${"-".repeat(trace.depth[span] ?? 0)}${nameOf(trace, span)}`);
  expect(rows).toEqual(["root", "-first", "-once more bbbbbbbb…", "--second", "---below"]);
  expect([...trace.markStart]).toEqual([0, 0, 0, 0, 1, 2]);
  // Our line lies where those below it do, and no span's time is counted twice.
  expect([trace.from[2], trace.duration[2], trace.self[2]]).toEqual([40e6, 20e6, 0]);
  expect(trace.spans).toBe(4);
  expect(repetitionsOf(trace)).toEqual([]);
});

test("each of two spans of one id has an address; the id alone is the first one's", () => {
  const trace = traceOf(damaged([0, 0, DUPLICATE, 0], [ROOT, TWICE, TWICE, "cccccccc00000003"]));
  expect([1, 2, 3].map((span) => addressOf(trace, span))).toEqual([TWICE, `head-${TWICE}~0`, `${TWICE}~1`]);
  for (let span = 0; span < trace.count; span++) expect(spanOfId(trace, addressOf(trace, span))).toBe(span);
  expect(spanOfId(trace, "dddddddddddddddd")).toBe(-1);
});

test("a circle of parents is cut under a line that says so; a copy at the top is no part", () => {
  const answer = answerOf({ name: "egg", from: 0, length: 10, children: [{ name: "hen", from: 1, length: 5 }] }, { name: "again", from: 20, length: 10 });
  answer.spans.flags = [CYCLE, 0, DUPLICATE];
  answer.spans.id = [ROOT, TWICE, TWICE];
  const trace = traceOf({ ...answer, missing_root: true });
  expect(Array.from({ length: trace.count }, (_, span) => nameOf(trace, span))).toEqual(["its own ancestor", "egg", "hen", "once more bbbbbbbb…", "again"]);
  expect(partsOf(trace)).toEqual([0]);
  expect(nameOf(trace, mainOf(trace))).toBe("egg");
});

test("nothing is added where nothing is wrong", () => {
  const answer = answerOf({ name: "root", from: 0, length: 100, missing: true, children: [{ name: "first", from: 10, length: 20 }] });
  expect(traceOf(answer).count).toBe(2);
});

test("a trace is called after the longest that stands at its top", () => {
  const trace = traceOf(answerOf({ name: "missing", from: 0, length: 0, missing: true, children: [{ name: "long", from: 0, length: 900 }] }, { name: "short", from: 1, length: 2 }, { name: "main", from: 0, length: 50 }));
  expect(nameOf(trace, mainOf(trace))).toBe("main");
  expect(partsOf(trace)).toHaveLength(3);
  const lost = traceOf(answerOf({ name: "missing", from: 0, length: 0, missing: true, children: [{ name: "a", from: 0, length: 5 }, { name: "b", from: 0, length: 9 }] }));
  expect(nameOf(lost, mainOf(lost))).toBe("b");
  expect(mainOf(traceOf(answerOf()))).toBe(-1);
});
