import { expect, it } from "vitest";
import { entityOf } from "./segment";

const DOCUMENT = `{"name":"shop","id":"0000000000000001","http":{"request":{"method":"GET","url":"http://a/b"},"response":{"status":500}},"fault":true,
 "cause":"00000000000000ee","annotations":{"tier":"gold","n":12345678901234567890},"metadata":{"default":{"k":[1]}},"aws":{"account_id":"1","xray":{"rule_name":"r","sdk":"X"}},
 "subsegments":[{"name":"local","id":"00000000000000AA","subsegments":[{"name":"db","id":"00000000000000bb","in_progress":true,"sql":{"sanitized_query":"SELECT 1"},
 "cause":{"exceptions":[{"id":"00000000000000ee","type":"E","message":"no","stack":[{"path":"a.py","line":3,"label":"f"},{"path":"b.py","line":null}]}]}}]}]}`;

it("reads a segment, with a cause that stands elsewhere", () => {
  const segment = entityOf(DOCUMENT, "0000000000000001");
  expect(Object.fromEntries(segment?.overview ?? [])).toEqual({ name: "shop", "ended as": "fault", request: "GET http://a/b", status: "500", "aws.account_id": "1", "sampled by": "r", SDK: "X" });
  expect(segment?.annotations).toEqual([["tier", "gold"], ["n", "12345678901234567890"]]);
  expect(segment?.exceptions).toEqual([{ type: "E", message: "no", remote: false, stack: ["at f (a.py:3)", "at ? (b.py:?)"] }]);
  expect(segment?.metadata).toEqual([["default", { k: [1] }]]);
});

it("reads subsegments at any depth, by ids in any case", () => {
  expect(entityOf(DOCUMENT, "00000000000000aa")?.overview).toEqual([["name", "local"]]);
  expect(entityOf(DOCUMENT, "00000000000000bb")).toMatchObject({ sql: [["sanitized_query", "SELECT 1"]], isInProgress: true });
  expect(entityOf(DOCUMENT, "00000000000000cc")).toBeUndefined();
  expect(entityOf("{", "00000000000000cc")).toBeUndefined();
});
