import { expect, test } from "vitest";
import { type Tree, build } from "./build";
import { aligned, skewsOf } from "./skew";
import { nameOf } from "./trace";

const web = { service: "web", host: "ip-10-0-1-7" };
const api = { service: "backend", host: "ip-10-0-2-2" };

/** A call of 60 ms to another host, whose answer took 20 ms and lies so much too early. */
const calling = (early: number, more: Partial<Tree> = {}): Tree => ({
  ...web,
  name: "GET /",
  from: 0,
  length: 100,
  kind: "server",
  children: [{ ...web, name: "call", from: 20, length: 60, kind: "client", children: [{ ...api, name: "answer", from: 40 - early, length: 20, kind: "server", children: [{ ...api, name: "query", from: 45 - early, length: 5, kind: "client" }], ...more }] }],
});

test("a server's span outside of its caller tells of a clock, by what centres it", () => {
  const skews = skewsOf(build(calling(132)));
  expect(skews?.told).toEqual([{ service: "backend", host: "ip-10-0-2-2", caller: "ip-10-0-1-7", offset: 132e6 }]);
  expect([...(skews?.moves ?? [])]).toEqual([0, 0, 132e6, 132e6]);
  expect(skewsOf(build(calling(-30)))?.told[0]?.offset).toBe(-30e6);
});

test("no clock is told of where nothing says so", () => {
  // Within its caller, or a millisecond outside of it.
  expect(skewsOf(build(calling(0)))).toBeUndefined();
  expect(skewsOf(build(calling(21)))).toBeUndefined();
  expect(skewsOf(build(calling(22)))?.told).toHaveLength(1);
  // On the same host, on one that is not known, longer than the call, or no server's.
  expect(skewsOf(build(calling(132, { host: web.host })))).toBeUndefined();
  expect(skewsOf(build(calling(132, { host: "" })))).toBeUndefined();
  expect(skewsOf(build(calling(132, { length: 61 })))).toBeUndefined();
  expect(skewsOf(build(calling(132, { kind: "internal" })))).toBeUndefined();
});

test("a call back to a host above keeps that host's clock", () => {
  const back: Tree = { ...web, name: "back", from: 46, length: 2, kind: "server" };
  const trace = build(calling(132, { children: [{ ...api, name: "query", from: 45 - 132, length: 5, kind: "client", children: [back] }] }));
  expect([...(skewsOf(trace)?.moves ?? [])]).toEqual([0, 0, 132e6, 132e6, 0]);
});

test("aligned, bars, marks and own times move, and received times are still known", () => {
  const trace = build(calling(132));
  const skews = skewsOf(trace);
  if (!skews) throw new Error("the clock is told of");
  const straight = aligned(trace, skews);
  expect([...straight.from].map((at) => at / 1e6)).toEqual([0, 20, 40, 45]);
  expect([...straight.from].map((at, span) => (Number(straight.start) + at - (straight.moved?.[span] ?? 0)) / 1e6)).toEqual([0, 20, 40 - 132, 45 - 132]);
  expect([...straight.self].map((length) => length / 1e6)).toEqual([40, 40, 15, 5]);
  expect(straight.length).toBe(100e6);
  expect(nameOf(straight, 2)).toBe("answer");
  // A parent that never came lies where those below it lie by then.
  const lost = build({ name: "lost", from: 0, length: 0, missing: true, children: [calling(132)] });
  const found = skewsOf(lost);
  expect(found && [...aligned(lost, found).from].slice(0, 2)).toEqual([0, 0]);
  expect(found && aligned(lost, found).length).toBe(100e6);
  // What only a wrong clock put before the root is no part of the time that is shown.
  const late = build({ name: "x", from: 0, length: 1 }, { ...calling(0), from: 50, length: 100 });
  expect(aligned(late, { moves: Float64Array.from([60e6, 0, 0, 0, 0]), told: [] }).start).toBe(20_000_000n);
});
