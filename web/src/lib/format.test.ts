import { expect, test } from "vitest";
import { bytes, count, duration, exact, percent, unitOfColumn } from "./format";
import { learnUnits } from "./units";

const plain = (text: string) => text.replaceAll("\u202f", " ");

test.each([
  [0, "0 ms"], [0.00008, "80 ns"], [0.45, "450 µs"], [1.234, "1.23 ms"], [842, "842 ms"], [999.6, "1 s"], [1_900, "1.9 s"],
  [124_000, "2 min 4 s"], [3_600_000, "1 h"], [11_100_000, "3 h 5 min"], [90_000_000, "1 d 1 h"], [-1_500, "-1.5 s"],
])("duration %s", (ms, text) => expect(plain(duration(ms))).toBe(text));

test.each([[0, "0"], [1_204, "1 204"], [12_345, "12.3 k"], [1_240_000, "1.24 M"], [0.5, "0.5"], [506.28, "506"], [236.94, "237"], [0.0312, "0.0312"]])("count %s", (value, text) => expect(plain(count(value))).toBe(text));

test("exact keeps every digit", () => {
  expect(plain(exact(1_234_567))).toBe("1 234 567");
  expect(plain(exact(1234.5678))).toBe("1 234.5678");
});

test.each([[0, "0 %"], [0.0004, "< 0.1 %"], [0.001, "0.1 %"], [0.9, "90 %"], [0.9999, "> 99.9 %"], [1, "100 %"]])("percent %s", (share, text) => expect(plain(percent(share))).toBe(text));

test("bytes", () => expect(plain(bytes(12_345))).toBe("12.3 kB"));

test("units as a metric's sender says them come before those of names", () => {
  learnUnits([{ name: "http.server.duration", unit: "ms" }, { name: "heap.used", unit: "MiBy" }, { name: "queue.duration", unit: "{jobs}" }, { name: "bare.duration" }]);
  expect(unitOfColumn("http.server.duration")).toEqual({ unit: "ms", factor: 1 });
  expect(unitOfColumn("http.server.duration.p99")).toEqual({ unit: "ms", factor: 1 });
  expect(unitOfColumn("http.server.duration.count")).toEqual({ unit: "none", factor: 1 });
  expect(unitOfColumn("heap.used")).toEqual({ unit: "bytes", factor: 2 ** 20 });
  expect(unitOfColumn("queue.duration")).toEqual({ unit: "none", factor: 1 });
  expect(unitOfColumn("bare.duration")).toEqual({ unit: "ms", factor: 1e3 });
  learnUnits([]);
});

test("units by name", () => {
  expect(unitOfColumn("duration_ms")).toEqual({ unit: "ms", factor: 1 });
  expect(unitOfColumn("wait_seconds")).toEqual({ unit: "ms", factor: 1e3 });
  expect(unitOfColumn("http.response.body.size")).toEqual({ unit: "bytes", factor: 1 });
  expect(unitOfColumn("http.server.request.duration")).toEqual({ unit: "ms", factor: 1e3 });
  expect(unitOfColumn("http.server.request.duration.p99")).toEqual({ unit: "ms", factor: 1e3 });
  expect(unitOfColumn("http.server.request.duration.count")).toEqual({ unit: "none", factor: 1 });
  expect(unitOfColumn("duration")).toEqual({ unit: "none", factor: 1 });
  expect(unitOfColumn("db.rows")).toEqual({ unit: "none", factor: 1 });
});
