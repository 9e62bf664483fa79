import { expect, test } from "vitest";
import { aboutColumn, othersOf, valueProposals } from "./propose";

const plain = (text: string) => text.replaceAll("\u202f", " ");
const shown = (...from: Parameters<typeof valueProposals>) => valueProposals(...from).map(({ text, about }) => `${text}: ${plain(about)}`);

test("a column tells its type, its share of the events, and what it is for", () => {
  expect(plain(aboutColumn({ type: "string", events: 40, description: "Who asks" }, 160))).toBe("string · 25 % of events · Who asks");
  expect(plain(aboutColumn({ type: "integer", events: 0 }, 160))).toBe("integer");
  expect(plain(aboutColumn({ type: "float", events: 3 }, 0, "histogram"))).toBe("histogram");
  expect(aboutColumn(undefined, 10)).toBe("");
});

const numbers = { min: 0.766273, p50: 0.769511421319797, p95: 12.8007621951219512, max: 40 };

test("of numbers: the least, P50, P95 and the greatest, first where hardly two are equal", () => {
  expect(shown({ values: [{ value: 0.766273, count: 1 }, { value: 3.5, count: 2n }], numbers }, "", true, 12)).toEqual(["0.766273: the least · 1 event", "0.7695: P50", "12.8: P95", "40: the greatest", "3.5: 2 events"]);
  expect(shown({ values: [{ value: 200, count: 9 }, { value: 404, count: 1 }], numbers: { min: 200, p50: 200, p95: 306, max: 404 } }, "", false, 12)).toEqual(["200: 9 events · the least · P50", "404: 1 event · the greatest", "306: P95"]);
  // Many values leave room for them.
  const many = Array.from({ length: 30 }, (_, n) => ({ value: n, count: 1 }));
  expect(shown({ values: many, numbers: { min: 100, p50: 200, p95: 300, max: 400 } }, "", false, 12).slice(-4)).toEqual(["100: the least", "200: P50", "300: P95", "400: the greatest"]);
});

test("values begin as what was typed; texts have no numbers", () => {
  expect(shown({ values: [{ value: "/api/home", count: 5 }, { value: "/cart", count: 2 }, { value: null, count: 1 }] }, "/A", false, 12)).toEqual(["/api/home: 5 events"]);
  expect(shown({ values: [], numbers: { min: null, p50: null, p95: "inf", max: "inf" } }, "", true, 12)).toEqual([]);
});

test("values are those of events that meet the other conditions", () => {
  const pieces = [{ text: "a = 1" }, { text: "b = 2", off: true }, { text: "c = 3" }];
  expect(othersOf(pieces, undefined, true, [])).toBe("a = 1 AND c = 3");
  expect(othersOf(pieces, 0, true, ["meta.signal_type = log"])).toBe("meta.signal_type = log AND c = 3");
  expect(othersOf(pieces, 0, false, ["meta.signal_type = log"])).toBe("meta.signal_type = log");
  expect(othersOf([], undefined, true, [])).toBe("");
});
