import { expect, test } from "vitest";
import { metricQuery } from "./metric";

test.each([
  [{ name: "http.server.request.duration", kind: "histogram" }, "P50(http.server.request.duration), P95(http.server.request.duration), HEATMAP(http.server.request.duration)"],
  [{ name: "requests", kind: "sum", monotonic: true }, "RATE_MAX(requests) GROUP BY service.name"],
  [{ name: "in use", kind: "sum", monotonic: false }, "AVG(`in use`), MAX(`in use`)"],
  [{ name: "rpc", kind: "summary" }, "AVG(rpc.avg)"],
])("%j", (metric, query) => expect(metricQuery(metric)).toBe(query));
