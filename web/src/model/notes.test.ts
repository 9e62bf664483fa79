import { expect, test } from "vitest";
import { notesOf } from "./notes";

const lost = { kind: "partial", text: "a file is missing" };

test("what is missing is said, each once, with or without words of the server", () => {
  expect(notesOf([])).toEqual([]);
  expect(notesOf([undefined, { notes: [lost], partial: true }, { notes: [lost], partial: true }])).toEqual(["a file is missing"]);
  expect(notesOf([{ notes: [], partial: true }])).toEqual(["not all of what was asked for could be read; what is shown is a part"]);
  expect(notesOf([{ notes: [], partial: false }, { notes: [] }])).toEqual([]);
});

test("groups are counted elsewhere; a page's own columns are nobody's mistake, what is missing stays", () => {
  const notes = [{ kind: "groups_cut", text: "200 of 300 groups" }, { kind: "unknown_column", text: "no event has a column \"error\"" }, lost];
  expect(notesOf([{ notes }])).toEqual(["no event has a column \"error\"", "a file is missing"]);
  expect(notesOf([{ notes }], true)).toEqual(["a file is missing"]);
});
