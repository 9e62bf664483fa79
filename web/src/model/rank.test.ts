import { expect, test } from "vitest";
import { best, meant, rank, slips } from "./rank";

test("exact, prefix, part, letters in order", () => {
  expect([rank("name", "name"), rank("na", "name"), rank("route", "http.route"), rank("hrt", "http.route"), rank("x", "http.route")]).toEqual([4, 3, 2, 1, 0]);
});

test("frequent ones first among equals", () => {
  const weight = (name: string) => (name === "http.target" ? 5 : 1);
  expect(best("http", ["http.route", "http.target", "name"], weight, 5)).toEqual(["http.target", "http.route"]);
});

test("did you mean", () => {
  expect(meant("user_id", ["user.id", "name"])).toBe("user.id");
  expect(meant("duratoin_ms", ["duration_ms", "name"])).toBe("duration_ms");
  expect(meant("colour", ["name"])).toBeUndefined();
  expect(slips("kitten", "sitting")).toBe(3);
});
