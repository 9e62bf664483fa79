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

// The reasons as the server writes them (crates/receive/otlp/src/error.rs).
test.each([
  ["no API key in any of the headers x-honeycomb-team, authorization, x-glasshive-key, api-key", undefined, /showed no key.*spelling/],
  ["unknown API key in 'x-honeycomb-team'", "x-honeycomb-team: hcxik_...ab12", /^The key hcxik_\.\.\.ab12 is none of this server's/],
  ["disabled API key in 'x-honeycomb-team'", undefined, /switched off/],
  ["the key in 'authorization' is of kind 'query' and lacks the permission 'events' (send telemetry)", undefined, /takes an ingest key/],
  ["the browser key in 'x-honeycomb-team' may not be used from origin 'http://a.example'", undefined, /pages of the origins that it names/],
])("a sender that is told: %s", (reason, credential, say) => {
  expect(fixOf({ status: "401", target: "POST /v1/traces", reason, credential: credential ?? null }, "")?.say).toMatch(say);
});

test("who asks needs another key than who sends", () => {
  expect(fixOf({ status: "401", target: "POST /hive/v1/e/local/query" }, "")?.line).toBe("export GLASSHIVE_KEY=YOUR_CONFIGURATION_KEY");
  expect(fixOf({ status: "403", target: "GET /hive/v1/keys", credential: "x-glasshive-key: ***" }, "")?.say).toContain("only sends");
  expect(fixOf({ status: "403", target: "OPTIONS /hive/v1/keys" }, "")?.say).toContain("pages of this server");
});

test("what nobody can mend from there has no fix", () => expect(fixOf({ status: "500", target: "GET /x" }, "")).toBeUndefined());
