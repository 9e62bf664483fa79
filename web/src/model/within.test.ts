import { expect, test } from "vitest";
import type { Trace } from "./trace";
import { questionsWithin, spansOf, united } from "./within";

const column = (name: string, type = "string", more = {}) => ({ name, type, computed: false, events: 3, ...more });
const COLUMNS = [column("db.query.text"), column("user.id", "integer"), column("name"), column("duration_ms", "float", { computed: true }), column("never", "string", { events: 0 })];

test("words are sought in every field that may hold them, whatever their case", () => {
  expect(questionsWithin("ab", "UPDATE stock", COLUMNS)).toEqual(['WITH found_within = CONTAINS(TO_LOWER(CONCAT($"db.query.text")), "update stock") WHERE trace.trace_id = ab AND found_within = true']);
  expect(questionsWithin("ab", "4711", COLUMNS)[0]).toContain('CONCAT($"db.query.text", "\\n", $"user.id")');
  expect(questionsWithin("ab", "it's \"so\"", COLUMNS)[0]).toContain('"it\'s \\"so\\""');
});

test("conditions are asked as they are", () => {
  expect(questionsWithin("ab", "user.id = 7", COLUMNS)).toEqual(["WHERE user.id = 7 AND trace.trace_id = ab"]);
  expect(questionsWithin("ab", "duration > 50ms AND error", COLUMNS)).toEqual(["WHERE duration_ms > 50ms AND error = true AND trace.trace_id = ab"]);
  expect(questionsWithin("ab", "a = 1 AND b = 2 OR c = 3", COLUMNS)).toEqual(["WHERE a = 1 AND b = 2 OR c = 3 AND trace.trace_id = ab"]);
  // OR becomes one condition: the trace's own narrows it.
  expect(questionsWithin("ab", "user.id = 7 OR user.id = 8", COLUMNS)).toEqual(["WHERE user.id in (7, 8) AND trace.trace_id = ab"]);
});

test("what the trace itself answers is not asked", () => {
  for (const text of ["", " a", "error", "duration>50ms", "duration >= 1.5 s"]) expect(questionsWithin("ab", text, COLUMNS)).toEqual([]);
  expect(questionsWithin("ab", "words", [])).toEqual([]);
});

test("many columns are asked in parts, each short enough, none left out", () => {
  const many = Array.from({ length: 400 }, (_, n) => column(`app.part_${n}.of_a_long_name`));
  const questions = questionsWithin("ab", "words", many);
  expect(questions.length).toBeGreaterThan(2);
  for (const question of questions) expect(question.length).toBeLessThan(4_095 + 120);
  const named = questions.flatMap((question) => [...question.matchAll(/part_(\d+)/g)].map(([, n]) => Number(n)));
  expect(named).toEqual(many.map((_, n) => n));
});

test("events are of their span, or of the one they happened within", () => {
  const trace = { ids: ["aa", "bb", "cc"] } as unknown as Trace;
  const rows = [{ fields: { "trace.span_id": "cc", "trace.parent_id": "aa" } }, { fields: { "trace.parent_id": "bb", "meta.annotation_type": "span_event" } }, { fields: { "trace.span_id": "zz" } }, { fields: { "trace.span_id": "cc" } }];
  expect(spansOf(trace, rows)).toEqual([1, 2]);
  expect(united([0, 2], [1, 2])).toEqual([0, 1, 2]);
});
