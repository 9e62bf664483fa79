import { expect, test } from "vitest";
import { type Tree, build } from "./build";
import { causes, inOrder, lanesOf, longerBy, pathsOf } from "./paths";

const queries = (count: number, each: number): Tree[] => Array.from({ length: count }, (_, n) => ({ name: "SELECT", service: "db", from: n * each, length: each }));
const request = (count: number, each: number): Tree => ({ name: "GET /", from: 0, length: 100, children: [{ name: "load", from: 0, length: count * each, children: queries(count, each) }, { name: "render", from: 90, length: 5 }] });

test("spans called alike on the same way down are one", () => {
  const { paths, pathOf } = pathsOf([build(request(8, 5), { name: "SELECT", service: "db", from: 99, length: 1 })]);
  expect(paths.map(({ name, depth, sides }) => [name, depth, sides[0]?.count])).toEqual([["GET /", 0, 1], ["load", 1, 1], ["SELECT", 2, 8], ["render", 1, 1], ["SELECT", 0, 1]]);
  expect([...(pathOf[0] ?? [])]).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
});

test("lanes touch, lie within their parent's, and add up", () => {
  const { paths } = pathsOf([build(request(8, 5))]);
  const { from, width, depth } = lanesOf(paths);
  expect(depth).toBe(3);
  // What no span below took is the parent's own.
  expect([...width].map((ns) => ns / 1e6)).toEqual([100, 40, 40, 5]);
  expect([...from].map((ns) => ns / 1e6)).toEqual([0, 0, 0, 40]);
});

test("where the second trace lost its time", () => {
  const { paths } = pathsOf([build(request(2, 5)), build({ ...request(12, 6), length: 170 })]);
  const [first] = causes(paths, true, 3);
  expect(first).toMatchObject({ name: "SELECT", service: "db" });
  expect(first?.sides.map(({ count }) => count)).toEqual([2, 12]);
  expect(longerBy(first ?? paths[0]!) / 1e6).toBe(62);
  expect(causes(paths, false, 3).every((path) => longerBy(path) < 0)).toBe(true);
});

test("what only one of them has stands where it was called", () => {
  const a = build({ name: "r", from: 0, length: 10, children: [{ name: "x", from: 0, length: 1 }, { name: "z", from: 5, length: 1 }] });
  const b = build({ name: "r", from: 0, length: 10, children: [{ name: "y", from: 0, length: 1, children: [{ name: "deep", from: 0, length: 1 }] }] });
  const { paths } = pathsOf([a, b]);
  expect(inOrder(paths).map((n) => paths[n]?.name)).toEqual(["r", "x", "z", "y", "deep"]);
  expect(paths.map(({ first }) => first)).toEqual([[0, 0], [1, -1], [2, -1], [-1, 1], [-1, 2]]);
});
