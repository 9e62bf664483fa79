import { expect, test } from "vitest";
import { gathered, isTelling, keyOf } from "./refusals";

const refusal = (target: string, status: string, reason: string, peer = "127.0.0.1:40000", credential?: string) => ({ time_ns: "1", target, status, reason, peer, credential: credential ?? null });

test.each([
  ["POST /v1/traces", "401", "no API key in any of the headers", true],
  ["POST /opentelemetry.proto.collector.trace.v1.TraceService/Export", "16 UNAUTHENTICATED", "unknown API key", true],
  ["OPTIONS /hive/v1/environments", "403", "a page of http://a.example may neither read nor change anything here", true],
  ["POST /hive/v1/session", "401", "this name and password do not belong together", false],
  ["GET /hive/v1/environments", "401", "no key, or one that is not known and enabled; and nobody is signed in", false],
  ["POST /hive/v1/e/local/query", "400", "WHERE, character 19: expected AND", false],
  ["POST /hive/v1/e/prod/query", "404", "there is no environment `prod`", false],
  ["POST /hive/v1/e/local/boards", "403", "this needs an editor, and you are a viewer", false],
  ["GET /hive/v1/environments", "421", "Host 'doctor.invalid' is not a name of this server", false],
])("%s %s %s", (target, status, reason, expected) => expect(isTelling(refusal(target, status, reason))).toBe(expected));

test("a key that may not ask is told", () => {
  expect(isTelling(refusal("POST /hive/v1/e/local/query", "403", "this key may not read telemetry", "[::1]:1", "x-glasshive-key: hcxik_...md0e"))).toBe(true);
  expect(keyOf("x-glasshive-key: hcxik_...md0e")).toBe("hcxik_...md0e");
});

test("equal ones are one, whatever the port", () => {
  const list = [refusal("POST /v1/logs", "401", "a", "[::1]:2"), refusal("POST /v1/traces", "401", "a"), refusal("POST /v1/logs", "401", "a", "[::1]:1")];
  expect(gathered(list).map(({ last, times }) => [last.target, last.peer, times])).toEqual([
    ["POST /v1/logs", "[::1]:2", 2],
    ["POST /v1/traces", "127.0.0.1:40000", 1],
  ]);
});
