import { expect, test } from "vitest";
import { levelsOf, withLevel } from "./levels";
import { printQuery, readQuery } from "./query";

const pressed = (text: string, ...levels: string[]) => printQuery(levels.reduce(withLevel, readQuery(text)));

test("levels are alternatives, and come off again", () => {
  expect(pressed("WHERE a = 1", "error")).toBe("WHERE a = 1 AND severity = error");
  expect(pressed("WHERE a = 1", "error", "warn")).toBe("WHERE a = 1 AND severity in (error, warn)");
  expect(pressed("WHERE severity in (error, warn)", "error")).toBe("WHERE severity = warn");
  expect(pressed("WHERE severity = error", "error")).toBe("");
  expect(levelsOf(readQuery("WHERE #off severity = error AND severity != warn"))).toEqual([]);
});
