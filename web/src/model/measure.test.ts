import { expect, test } from "vitest";
import { build } from "./build";
import { criticalPath } from "./critical";
import { between, idleWithin, nextSection } from "./measure";

// r 0, a 1, b 2, c 3, d 4
const trace = build({ name: "r", from: 0, length: 100, children: [{ name: "a", from: 10, length: 40, children: [{ name: "b", from: 10, length: 10 }, { name: "c", from: 15, length: 15 }] }, { name: "d", from: 70, length: 10 }] });
const idle = (from: number, to: number) => idleWithin(trace, { from: from * 1e6, to: to * 1e6 }) / 1e6;

test("idle is when no span without children ran", () => {
  expect(idle(0, 100)).toBe(70);
  expect(idle(10, 30)).toBe(0);
  expect(idle(25, 75)).toBe(40);
  expect(idle(90, 95)).toBe(5);
});

test("between two spans: from the beginning of one to the end of the other", () => {
  expect(between(trace, 2, 4)).toEqual({ from: 10e6, to: 80e6 });
  expect(between(trace, 4, 2)).toEqual({ from: 10e6, to: 80e6 });
  expect(between(trace, 1, 1)).toEqual({ from: 10e6, to: 50e6 });
});

test("sections of the critical path, one after the other, though a span has several", () => {
  const sections = criticalPath(trace, 0);
  const spans = sections.map(({ span }) => span);
  expect(spans).toEqual([0, 1, 3, 1, 0, 4, 0]);
  const walked: number[] = [];
  let [at, selected] = [-1, -1];
  for (let n = 0; n < spans.length + 1; n++) {
    at = nextSection(sections, at, selected, 1);
    selected = sections[at]?.span ?? -1;
    walked.push(at);
  }
  expect(walked).toEqual([0, 1, 2, 3, 4, 5, 6, 0]);
  expect(nextSection(sections, 0, 0, -1)).toBe(6);
  // A span that was selected otherwise is where it goes on from.
  expect(nextSection(sections, 0, 4, 1)).toBe(6);
  expect(nextSection([], -1, 0, 1)).toBe(-1);
});
