import type { Locator, Page } from "@playwright/test";

/** Presses of a hand, counted: what a scenario allows at most is part of it. */
export class Hand {
  presses = 0;
  async click(what: Locator): Promise<void> {
    this.presses++;
    await what.click();
  }
  async key(page: Page, key: string): Promise<void> {
    this.presses++;
    await page.keyboard.press(key);
  }
  /** Words that are typed: each is a press. */
  async type(page: Page, text: string): Promise<void> {
    this.presses += text.split(/\s+/).length;
    await page.keyboard.type(text);
  }
  /** A part of a graph's plot, from one place to another in shares of its width and height: one press. */
  async drag(page: Page, graph: Locator, from: [number, number], to: [number, number]): Promise<void> {
    this.presses++;
    const bounds = await graph.boundingBox();
    if (!bounds) throw new Error("the graph has no place");
    const at = ([x, y]: [number, number]): [number, number] => [bounds.x + 64 + x * (bounds.width - 76), bounds.y + 6 + y * (bounds.height - 26)];
    await page.mouse.move(...at(from));
    await page.mouse.down();
    await page.mouse.move(...at(to), { steps: 6 });
    await page.mouse.up();
  }
}

export const iso = (ms: number) => new Date(ms).toISOString();

/** What a screen reader is told. */
export const said = (page: Page) => page.locator(".only-read[aria-live=polite]");

/** Presses Tab until something has the focus; how many it took, or an error when it is not reached. */
export async function tabTo(page: Page, what: Locator, most = 60): Promise<number> {
  for (let n = 0; n <= most; n++) {
    if (await what.evaluate((element) => element === document.activeElement, undefined, { timeout: 5_000 })) return n;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${what}`);
}
