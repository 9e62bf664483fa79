import { expect, test } from "vitest";
import { findId } from "./ids";

const ID = "5b8efff798038103d269b633813fc60c";

test.each([
  [ID, ID],
  [` "${ID.toUpperCase()}",`, ID],
  ["1-5b8efff7-98038103d269b633813fc60c", ID],
  ["5b8efff7-9803-8103-d269-b633813fc60c", ID],
  [`trace_id=${ID} span_id=eee19b7ec3c1b174`, ID],
  ["W47/95gDgQPSabYzgT/GDA==", ID],
])("%s", (text, id) => {
  expect(findId(text)).toEqual({ kind: "trace", id });
});

test("headers name a span too", () => {
  expect(findId(`traceparent: 00-${ID}-eee19b7ec3c1b174-01`)).toEqual({ kind: "trace", id: ID, span: "eee19b7ec3c1b174" });
  expect(findId("X-Amzn-Trace-Id: Root=1-5b8efff7-98038103d269b633813fc60c;Parent=EEE19b7ec3c1b174;Sampled=1")).toEqual({
    kind: "trace",
    id: ID,
    span: "eee19b7ec3c1b174",
  });
});

test.each(["", "checkout", "00000000000000000000000000000000", `${ID}0`, "COUNT WHERE a = 1"])("nothing in %s", (text) => {
  expect(findId(text)).toBeUndefined();
});
