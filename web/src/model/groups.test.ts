import { expect, test } from "vitest";
import { SLOTS, groupBeside, slotOfService, slotsOf, slotsOfServices } from "./groups";

test("keys choose the group beside, and stay within the list", () => {
  const groups = [4, 7, 9];
  expect(groupBeside(groups, undefined, 1)).toBe(4);
  expect(groupBeside(groups, undefined, -1)).toBe(9);
  expect(groupBeside(groups, 4, 1)).toBe(7);
  expect(groupBeside(groups, 9, 1)).toBe(9);
  expect(groupBeside(groups, 9, -10)).toBe(4);
  expect(groupBeside(groups, 7, 0)).toBe(7);
  // One that is no longer drawn is as good as none.
  expect(groupBeside(groups, 5, 1)).toBe(4);
  expect(groupBeside([4], undefined, 1)).toBeUndefined();
});

const of = (slots: ReadonlyMap<string, number>, ...groups: string[]) => groups.map((group) => slots.get(group));

test("groups take colours by rank, and keep them when they are filtered and sorted", () => {
  const first = slotsOf(new Map(), ["a", "b", "c"]);
  expect(of(first, "a", "b", "c")).toEqual([0, 1, 2]);
  expect(of(slotsOf(first, ["c", "a"]), "c", "a")).toEqual([2, 0]);
  // Another group takes no colour that is known of one that may come back.
  const more = slotsOf(first, ["d", "c"]);
  expect(of(more, "d", "c", "a")).toEqual([3, 2, 0]);
  expect(of(slotsOf(more, ["b", "d"]), "b", "d")).toEqual([1, 3]);
});

test("where all colours are known, one of a group that is not there is taken", () => {
  const names = Array.from({ length: SLOTS }, (_, n) => `g${n}`);
  const full = slotsOf(new Map(), names);
  const next = slotsOf(full, ["new", ...names.slice(1)]);
  expect(next.get("new")).toBe(0);
  expect(next.has("g0")).toBe(false);
  expect(new Set(of(next, "new", ...names.slice(1))).size).toBe(SLOTS);
  // More than there are colours: they come again.
  expect([...slotsOf(new Map(), [...names, "x"]).values()].every((slot) => slot >= 0 && slot < SLOTS)).toBe(true);
});

test("a service has one colour wherever it is seen; where two meet, the one with fewer spans moves", () => {
  const names = Array.from({ length: 40 }, (_, n) => `service-${n}`);
  const rivals = names.filter((name) => slotOfService(name) === slotOfService(names[0] ?? ""));
  const [one = "", other = ""] = rivals;
  const free = names.find((name) => slotOfService(name) !== slotOfService(one)) ?? "";
  const alone = slotsOfServices([one, free], [5, 1]);
  expect(alone).toEqual([slotOfService(one), slotOfService(free)]);
  expect(slotsOfServices([free, one], [1, 5])).toEqual([...alone].reverse());
  const [few, many, third] = slotsOfServices([one, other, free], [2, 9, 1]);
  expect(many).toBe(slotOfService(other));
  expect(third).toBe(slotOfService(free));
  expect(few).not.toBe(many);
  expect(few).not.toBe(third);
  expect(new Set(slotsOfServices(names.slice(0, SLOTS), new Array<number>(SLOTS).fill(1))).size).toBe(SLOTS);
});
