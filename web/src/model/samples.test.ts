import { expect, test } from "vitest";
import { SAMPLES, linesOf } from "./samples";

const ADDRESS = "http://here:4318";

test.each(SAMPLES.map((sample) => [sample.id, sample] as const))("%s says where to send, and shows a key only where one is asked for", (id, sample) => {
  expect(linesOf(sample, ADDRESS, undefined)).toContain(ADDRESS);
  expect(linesOf(sample, ADDRESS, undefined)).not.toMatch(/KEY|x-honeycomb-team/);
  expect(linesOf(sample, ADDRESS, "hcxik_1")).toMatch(id === "browser" ? /"x-honeycomb-team": "YOUR_BROWSER_KEY"/ : /x-honeycomb-team(=|: )hcxik_1/);
});
