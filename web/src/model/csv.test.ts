import { expect, test } from "vitest";
import { csvOf, namesOf } from "./csv";

test("values keep every digit, quote and line", () => {
  const rows = [["a, b", 9007199254740993n, null], ['say "x"\nthen', 0.1, { k: [1n] }], [undefined, Number.NaN, true]];
  expect(csvOf(["name", "it's, here", "v"], rows)).toBe('name,"it\'s, here",v\r\n"a, b",9007199254740993,\r\n"say ""x""\nthen",0.1,"{""k"":[1]}"\r\n,,true\r\n');
});

test("names in order of first sight", () => expect(namesOf([{ b: 1 }, { a: 1, b: 2 }])).toEqual(["b", "a"]));
