import { defineConfig } from "@playwright/test";
import walks from "../playwright.config";

/** Readings, not tests: nothing here fails because a machine is slow. */
export default defineConfig({
  testDir: ".",
  testMatch: "*.measure.ts",
  outputDir: "../e2e/.out",
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 120_000 },
  reporter: [["line"]],
  use: { ...walks.use },
});
