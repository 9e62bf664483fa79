import { expect, it } from "vitest";
import { isLike, misses, total, trend, wants } from "./rules";

const ANY = { service_name: "*", service_type: "*", host: "*", http_method: "*", url_path: "*", resource_arn: "*", attributes: {} };

it("fills the time in which nothing was reported", () => {
  const reports = [{ at_ns: "1000000000000", requests: 4, borrowed: 1, sampled: 2 }];
  const shown = trend(reports, 1_025_000, 1);
  expect(shown.map(({ requests }) => requests)).toEqual([0, 0, 0, 4, 0, 0]);
  expect(total(shown)).toEqual({ requests: 4, borrowed: 1, sampled: 2 });
});

it("puts a rule into words", () => {
  expect(wants(ANY)).toBe("every request");
  expect(wants({ ...ANY, service_name: "shop*", attributes: { tier: "gold" } })).toBe("service shop*, tier gold");
});

it("says what a rule asks for that does not come", () => {
  const seen = { service_name: ["backend-flask"], host: [], url_path: ["/api/home"] };
  expect(misses({ ...ANY, service_name: "Cruddur" }, seen)).toEqual({ member: "service_name", wanted: "Cruddur", seen: ["backend-flask"] });
  expect(misses({ ...ANY, service_name: "Backend*", url_path: "/api/?ome", host: "x" }, seen)).toBeUndefined();
  expect(isLike("a.b", "axb")).toBe(false);
});
