import { expect, test } from "vitest";
import { fixOf } from "./fix";

test.each([
  ["401", "POST /v1/traces", /^export OTEL_EXPORTER_OTLP_HEADERS=/],
  ["404", "POST /otel/v1/traces", /^export OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/here:4318$/],
  ["415", "POST /v1/logs", /PROTOCOL=http\/protobuf$/],
  ["400", "POST /v1/traces", /ENDPOINT=http:\/\/here:4318$/],
  ["503", "POST /v1/traces", undefined],
])("%s %s", (status, target, line) => {
  const fix = fixOf({ status, target }, "http://here:4318");
  expect(fix?.say).toBeTruthy();
  if (line) expect(fix?.line).toMatch(line);
  else expect(fix?.line).toBeUndefined();
});

test("what nobody can mend from there has no fix", () => expect(fixOf({ status: "500", target: "GET /x" }, "")).toBeUndefined());
