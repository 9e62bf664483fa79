import { createStore } from "../lib/store";

/** What screen readers are told next, politely. */
export const announcement = createStore("");

let waiting: string | undefined;

/** Says a sentence to screen readers, at most one a second; the newest wins. */
export function announce(text: string): void {
  const idle = waiting === undefined;
  waiting = text;
  if (!idle) return;
  announcement.set(text);
  setTimeout(() => {
    const last = waiting;
    waiting = undefined;
    if (last !== undefined && last !== announcement.get()) announce(last);
  }, 1_000);
}
