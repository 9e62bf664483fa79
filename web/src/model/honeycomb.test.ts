import { expect, test } from "vitest";
import { readHoneycomb } from "./honeycomb";

test("a query of a dataset, or of the whole environment", () => {
  const query = { calculations: [{ op: "COUNT" }], time_range: 600 };
  const text = encodeURIComponent(JSON.stringify(query));
  expect(readHoneycomb(`/hive/environments/production/datasets/Frontend?query=${text}`)).toEqual({ env: "production", specification: query, datasets: ["frontend"] });
  expect(readHoneycomb(`https://ui.honeycomb.io/hive/environments/production?query=${text}`)).toEqual({ env: "production", specification: query, datasets: [] });
  expect(readHoneycomb("/hive/datasets/my%20app")).toEqual({ env: "local", specification: {}, datasets: ["my app"] });
});

test("a trace, with its time and span, as SDKs print it", () => {
  const expected = { env: "production", page: "/trace/0af7651916cd43dd8448eb211c80319c", params: { at: "1735743845000", span: "b7ad6b7169203331" } };
  const search = "trace_id=0af7651916cd43dd8448eb211c80319c&trace_start_ts=1735743845&trace_end_ts=1735743900&span=b7ad6b7169203331";
  expect(readHoneycomb(`/hive/environments/production/trace?${search}`)).toEqual(expected);
  expect(readHoneycomb(`/hive/environments/production/datasets/web/trace?${search}`)).toEqual(expected);
  expect(readHoneycomb("/hive/datasets/web/trace?trace_id=abc")).toEqual({ env: "local", page: "/trace/abc", params: {} });
});

test("boards by their ids", () => {
  expect(readHoneycomb("/hive/environments/production/board/AbC123/The-name")).toEqual({ env: "production", page: "/boards/AbC123", params: {} });
});

test.each(["/e/local/query", "/", "/hive/environments", "/hive/environments/production/slo/x", "/hive/datasets/web/result/abc", "/hive/environments/production?query=%7Bbroken", "http://"])("nothing of ours at %s", (address) => expect(readHoneycomb(address)).toBeUndefined());
