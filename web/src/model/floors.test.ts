import { readFileSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("..", import.meta.url));
/** What each folder may import from. */
const BELOW: Record<string, string[]> = {
  lib: [],
  model: ["lib"],
  api: ["lib", "model"],
  ui: ["lib", "model", "api"],
  charts: ["lib", "model", "ui"],
  pages: ["lib", "model", "api", "ui", "charts"],
  routes: ["lib", "model", "api", "ui", "charts", "pages"],
};

function files(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? files(path) : /\.tsx?$/.test(name) ? [path] : [];
  });
}

test("imports lead downwards", () => {
  const breaches: string[] = [];
  for (const path of files(source)) {
    const own = relative(source, path).split("/")[0] ?? "";
    for (const [, target] of readFileSync(path, "utf8").matchAll(/from "(\.\.?\/[^"]+)"|import\("(\.\.?\/[^"]+)"\)/g)) {
      if (!target) continue;
      const other = relative(source, join(path, "..", target)).split("/")[0] ?? "";
      if (other !== own && own in BELOW && !BELOW[own]?.includes(other)) breaches.push(`${relative(source, path)} imports ${other}`);
    }
  }
  expect(breaches).toEqual([]);
});

test("colours are tokens", () => {
  const breaches = files(source).filter((path) => !path.endsWith(".test.ts") && /["'`]#[0-9a-f]{3,8}["'`]/i.test(readFileSync(path, "utf8")));
  expect(breaches).toEqual([]);
});
