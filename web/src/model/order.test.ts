import { expect, test } from "vitest";
import { heldOrder } from "./order";

const held = (shown: string, next: string) => heldOrder([...shown], [...next]).join("");

test("what stands there keeps its place, newcomers take the places of those that are gone", () => {
  expect(held("", "abc")).toBe("abc");
  expect(held("abc", "cba")).toBe("abc");
  expect(held("abcd", "xdba")).toBe("abxd");
  expect(held("abcd", "ydxa")).toBe("ayxd");
  expect(held("ab", "xyabz")).toBe("abxyz");
  // More goes than comes.
  expect(held("abcd", "dxa")).toBe("axd");
  expect(held("abc", "")).toBe("");
});

test("held twice is as held once", () => {
  const once = held("abcdef", "fxdya");
  expect(held(once, "fxdya")).toBe(once);
});
