import { expect, test } from "vitest";
import { Kept } from "./held";

test("the last are kept, the others are counted", () => {
  const kept = new Kept<number>(4);
  for (let n = 0; n < 12; n++) kept.add(n);
  expect([kept.size, kept.lost]).toEqual([4, 8]);
  expect(kept.take()).toEqual([8, 9, 10, 11]);
  kept.add(12);
  expect([kept.size, kept.lost]).toEqual([1, 8]);
});
