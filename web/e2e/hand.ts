import { type Locator, type Page, expect } from "@playwright/test";

/** What people come for, by the numbers of the walks, and in how many presses at most: a drag, a click, a key with those held along, a word that is typed, a step back are one each. */
export const MOST = {
  "which user is slow": 1,
  "only that user": 2,
  "the slowest trace": 1,
  "a pasted header": 2,
  "P95 by route": 8,
  "a mistyped column": 1,
  "without health checks": 2,
  "from a spike to its span": 2,
  "the failing SQL": 1,
  "unlike similar spans": 2,
  "slow beside typical": 2,
  "from a line to its trace and back": 2,
  "lines followed": 1,
  "lines held": 1,
  "lines go on": 1,
  "why nothing is shown": 2,
  "first data": 3,
  "this very screen": 1,
  "what was looked at": 2,
} as const;

interface Listening {
  glasshivePress?: () => void;
}

/** Tells of what a hand does to the page, whoever makes it do so. */
function listen(): void {
  const tell = () => (window as unknown as Listening).glasshivePress?.();
  const on = <Name extends keyof WindowEventMap>(name: Name, act: (event: WindowEventMap[Name]) => void) => window.addEventListener(name, (event) => event.isTrusted && act(event), true);
  let isWithinWord = false;
  const press = () => {
    isWithinWord = false;
    tell();
  };
  // A double click is one.
  on("mousedown", ({ detail }) => detail <= 1 && press());
  on("popstate", press);
  on("keydown", (event) => {
    if (event.repeat || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const isTyped = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && (event.target as HTMLElement).matches("input, textarea, [contenteditable]");
    if (!isTyped) return press();
    if (event.key !== " " && !isWithinWord) tell();
    isWithinWord = event.key !== " ";
  });
}

/** Counts the presses that really reach a page, from now on or from the last `begin`. */
export class Hand {
  private count = 0;
  private readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async on(page: Page): Promise<Hand> {
    const hand = new Hand(page);
    await page.exposeFunction("glasshivePress", () => {
      hand.count++;
    });
    await page.addInitScript(listen);
    await page.evaluate(listen);
    return hand;
  }

  begin(): void {
    this.count = 0;
  }

  async presses(): Promise<number> {
    // What was told before is heard before this is answered.
    await this.page.evaluate(() => undefined);
    return this.count;
  }

  /** Something was pressed, and no more often than people are promised. */
  async expectWithin(what: keyof typeof MOST): Promise<void> {
    const presses = await this.presses();
    expect(presses, what).toBeGreaterThan(0);
    expect(presses, what).toBeLessThanOrEqual(MOST[what]);
  }
}

/** Drags over a part of a graph's plot, from one place to another in shares of its width and height. */
export async function drag(page: Page, graph: Locator, from: [number, number], to: [number, number]): Promise<void> {
  const bounds = await graph.boundingBox();
  if (!bounds) throw new Error("the graph has no place");
  const at = ([x, y]: [number, number]): [number, number] => [bounds.x + 64 + x * (bounds.width - 76), bounds.y + 6 + y * (bounds.height - 26)];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 6 });
  await page.mouse.up();
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
