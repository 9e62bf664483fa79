import { expect, test } from "vitest";
import { readLook, withLook } from "./look";

const usual = { ramp: "sqrt", log: false, asTable: false } as const;

test("each graph has its own look, and the usual one takes no room", () => {
  let text = withLook(null, "COUNT", { ...usual, log: true, asTable: true });
  expect(text).toBe("COUNT:log,table");
  text = withLook(text, "HEATMAP(duration_ms)", { ...usual, ramp: "log" });
  expect(readLook(text, "COUNT")).toEqual({ ramp: "sqrt", log: true, asTable: true });
  expect(readLook(text, "HEATMAP(duration_ms)")).toEqual({ ramp: "log", log: false, asTable: false });
  expect(readLook(text, "P95(duration_ms)")).toEqual(usual);
  expect(withLook(text, "COUNT", usual)).toBe("HEATMAP(duration_ms):logramp");
  expect(withLook("COUNT:log", "COUNT", usual)).toBe("");
});

test("names with separators in them, and what nobody wrote", () => {
  const text = withLook("", 'COUNT WHERE (a = "x;y:z")', { ...usual, ramp: "linear" });
  expect(readLook(text, 'COUNT WHERE (a = "x;y:z")').ramp).toBe("linear");
  expect(readLook(";;:log;COUNT", "COUNT")).toEqual(usual);
});

test("where values are cut off, and lines that run across gaps", () => {
  const text = withLook("", "P95(duration_ms)", { ...usual, joined: true, clip: 1_500.5 });
  expect(text).toBe("P95(duration_ms):joined,clip=1500.5");
  expect(readLook(text, "P95(duration_ms)")).toEqual({ ...usual, joined: true, clip: 1_500.5 });
  expect(readLook("COUNT:clip=much", "COUNT")).toEqual(usual);
});
