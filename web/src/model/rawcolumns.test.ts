import { expect, test } from "vitest";
import { occurring, printChosen, readChosen, shifted, varying } from "./rawcolumns";

const rows = [{ fields: { a: 1, b: "x", c: null } }, { fields: { a: 1, b: "y", c: null, d: 2 } }];
const print = (value: unknown) => String(value);

test("columns that occur, and those that vary", () => {
  expect(occurring(["e", "d", "a"], rows)).toEqual(["d", "a"]);
  expect(varying(["a", "b", "c", "d", "e"], rows, print)).toEqual(["b", "d"]);
  expect(varying(["a"], rows.slice(0, 1), print)).toEqual(["a"]);
});

test("a choice survives the address; an order is changed by places", () => {
  expect(readChosen(printChosen(["a", "b c", "d"]))).toEqual(["a", "b c", "d"]);
  expect(readChosen(null)).toBeUndefined();
  expect(shifted(["a", "b", "c"], "c", -2)).toEqual(["c", "a", "b"]);
  expect(shifted(["a", "b", "c"], "a", 9)).toEqual(["b", "c", "a"]);
  expect(shifted(["a"], "z", 1)).toEqual(["a"]);
});
