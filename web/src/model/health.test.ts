import { expect, test } from "vitest";
import { type Known, healthOf } from "./health";

const fine: Known = { lost: false, ready: { checks: [{ ok: true, check: "tasks" }] }, events: 12, isUnknown: false, refused: 0, arrives: true };
const of = (more: Partial<Known>) => {
  const { level, word, why } = healthOf({ ...fine, ...more });
  return `${level} ${word}: ${why}`;
};

test("green only while something arrives", () => {
  expect(of({})).toBe("ok ok: events arrive; 12 events stored");
  expect(of({ arrives: false })).toBe(" quiet: nothing received in the last 5 min; 12 events stored");
  expect(of({ arrives: undefined })).toBe(" asking: 12 events stored; whether more arrive is not known yet");
  expect(of({ events: 0, arrives: false })).toBe(" empty: nothing received yet");
  expect(of({ events: undefined, arrives: undefined, isUnknown: true })).toBe(" unknown: how it is, is not known yet");
});

test("what is wrong goes first", () => {
  expect(of({ refused: 2 })).toBe("warn refusing: 2 requests refused in the last 5 min; open Connect to see why");
  expect(of({ refused: 2, ready: { checks: [{ ok: false, check: "durability", reason: "the disk is full" }, { ok: false, check: "tasks" }] } })).toBe("error down: durability: the disk is full; tasks does not hold");
  expect(of({ lost: true, refused: 2 })).toBe("error down: not reached");
});
