import { expect, test } from "vitest";
import { inNames } from "./outline";

test("a chosen group keeps its name when another answer ranks it elsewhere", () => {
  const cell = { step: 1, row: undefined, group: 0, groupName: "cart" };
  expect(inNames(cell, ["cart", "web"])).toBe(cell);
  expect(inNames(cell, ["web", "cart"]).group).toBe(1);
  expect(inNames(cell, ["web"]).group).toBeUndefined();
});
