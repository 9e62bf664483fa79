import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Page, test as base, expect } from "@playwright/test";

export { expect };
export const server = () => process.env.GLASSHIVE_URL ?? "";

/** A build of the pages that is newer than the binary's: the data are the server's, the pages these. */
const pages = process.env.GLASSHIVE_PAGES;
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

export async function withPages(page: Page): Promise<Page> {
  if (!pages) return page;
  const directory = pages;
  const isPage = (url: URL) =>
    url.pathname === "/" || /^\/(e|t|assets)\/|^\/signin$|^\/(xray|cloudwatch)\/home$|^\/[^/]+\/(environments|datasets)\//.test(url.pathname);
  await page.route(isPage, async (route) => {
    const { pathname } = new URL(route.request().url());
    const path = join(directory, pathname.startsWith("/assets/") ? pathname : "index.html");
    await route.fulfill({ body: await readFile(path), contentType: TYPES[extname(path)] ?? "application/octet-stream" });
  });
  return page;
}

/** A test whose page asks nothing of any other origin, breaks no policy and logs no error. */
export const test = base.extend<{ page: Page }>({
  page: async ({ page }, use) => {
    const faults: string[] = [];
    const foreign: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !/Failed to load resource|ERR_CONNECTION_REFUSED|Failed to fetch dynamically imported module/.test(message.text())) faults.push(message.text());
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.hostname !== "127.0.0.1" && url.protocol !== "data:") foreign.push(request.url());
    });
    await withPages(page);
    await use(page);
    expect(faults).toEqual([]);
    expect(foreign).toEqual([]);
  },
});

/** Nothing serious for people who see, hear or move otherwise, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  // What is being replaced is dimmed on purpose, and for a moment only.
  await expect(page.locator(".stale")).toHaveCount(0);
  for (const theme of ["light", "dark"]) {
    await page.evaluate((name) => localStorage.setItem("glasshive.theme", JSON.stringify(name)), theme);
    await page.emulateMedia({ colorScheme: theme as "light" | "dark" });
    await page.evaluate((name) => {
      document.documentElement.dataset.theme = name;
    }, theme);
    // The pages have no frames, which alone need a second tab; and what holds is not listed in full.
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] }).analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => `${theme} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`)).toEqual([]);
  }
}
