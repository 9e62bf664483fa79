import { defineConfig } from "@playwright/test";

/** The tests start servers of their own: one with data, one without; see `e2e/server.ts`. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  outputDir: "e2e/.out",
  // One picture for all machines: letters are drawn as boxes, and a few pixels may differ (e2e/README.md).
  snapshotPathTemplate: "e2e/baselines/{arg}{ext}",
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000, toHaveScreenshot: { maxDiffPixels: 40, threshold: 0.05, animations: "disabled", caret: "hide" } },
  reporter: [["line"]],
  globalSetup: "./e2e/setup.ts",
  use: {
    viewport: { width: 1440, height: 900 },
    timezoneId: "Europe/Berlin",
    locale: "en-GB",
    // Colours are read as they are in the end, not on the way there.
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
