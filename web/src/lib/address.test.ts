import { expect, test } from "vitest";
import { decoded, pathOf, print, withChanges } from "./address";

test("equal views have equal addresses", () => {
  const one = print("/e/local/query", new URLSearchParams("tab=raw&q=COUNT&x=1"));
  const other = print("/e/local/query", new URLSearchParams("x=1&q=COUNT&tab=raw"));
  expect(one).toBe("/e/local/query?q=COUNT&tab=raw&x=1");
  expect(other).toBe(one);
});

test("what is written is read back", () => {
  const q = "P95(duration_ms) WHERE http.route = \"/a b\" AND x >= 5 & y # 1 + 2 GROUP BY `it``s`";
  const text = print("/e/local/query", new URLSearchParams({ q }));
  expect(new URLSearchParams(text.split("?")[1]).get("q")).toBe(q);
});

test("unknown parameters are kept, empty ones left out", () => {
  const address = { path: "/e/local/query", params: new URLSearchParams("later=1&q=COUNT&tab=raw") };
  expect(withChanges(address, { tab: null, q: "" })).toBe("/e/local/query?later=1");
});

test("paths, and percent signs that encode nothing", () => {
  expect(pathOf("/e/local/query?q=a/b#c")).toBe("/e/local/query");
  expect([decoded("50%"), decoded("a%20b")]).toEqual(["50%", "a b"]);
});
