import { expect, test } from "vitest";
import { changeDoor, changeText } from "./changes";

const text = (change: Parameters<typeof changeText>[0]) => changeText(change).replace(/[\u202f\u00a0]/g, " ");

test("facts are told with their numbers", () => {
  expect(text({ kind: "slower", service: "web", name: "POST /cart", count: 120, now_ms: 61, before_ms: 10, week_ms: 12 })).toBe("P95 of POST /cart in web ×6.1: 61 ms, 10 ms before, 12 ms a week ago");
  expect(text({ kind: "slower", service: "", name: "POST /cart", count: 120, now_ms: 30, before_ms: 20 })).toBe("P95 of POST /cart ×1.5: 30 ms, 20 ms before");
  expect(text({ kind: "new_error", service: "web", name: "KeyError", count: 41 })).toBe("New: KeyError in web, 41 times");
  expect(text({ kind: "new_error", service: "web", name: "KeyError", count: 1 })).toBe("New: KeyError in web, once");
  expect(text({ kind: "refused", service: "", name: "unknown API key", count: 14 })).toBe("Refused 14 requests: unknown API key");
});

test("each leads to where it is seen, a slower route beside the time before", () => {
  expect(changeDoor({ kind: "slower", service: "web", name: "POST /cart", count: 120 })).toEqual({ page: "/query", params: { q: 'P95(duration_ms), HEATMAP(duration_ms), COUNT WHERE name = "POST /cart" AND service.name = web AND trace.span_id exists', cmp: "previous" } });
  expect(changeDoor({ kind: "refused", service: "", name: "x", count: 1 }).page).toBe("/connect");
  expect(changeDoor({ kind: "new_error", service: "", name: "KeyError", count: 1 }).params).toEqual({ q: "COUNT WHERE exception.type = KeyError GROUP BY name" });
});
