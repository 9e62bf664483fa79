import { afterEach, expect, test, vi } from "vitest";
import { withChanges } from "../lib/address";
import { pageAddress } from "./view";

afterEach(() => vi.unstubAllGlobals());
const at = (path: string, search: string) => vi.stubGlobal("window", { location: { pathname: path, search } });

test("a link to a page and a change of parameters give one view one address", () => {
  at("/e/local/logs", "?event=7&tz=utc&from=-1h&q=COUNT");
  const more = { tab: "bubbleup", q: "P95(duration_ms) WHERE http.route = /a", box: "0:1,2,3,inf" };
  const changed = withChanges({ path: "/e/local/query", params: new URLSearchParams("tz=utc&from=-1h") }, more);
  expect(pageAddress("/query", more)).toBe(changed);
  expect(changed).toBe("/e/local/query?q=P95(duration_ms)+WHERE+http.route+=+/a&from=-1h&tz=utc&tab=bubbleup&box=0:1,2,3,inf");
});

test("time and zone go along, the rest of the page that is left does not; empty ones are left out", () => {
  at("/e/a%20b/query", "?q=COUNT&live=1&to=now&from=-1h");
  expect(pageAddress("", { q: "" })).toBe("/e/a%20b?from=-1h&to=now");
  at("/", "");
  expect(pageAddress("/connect")).toBe("/e/local/connect");
});
