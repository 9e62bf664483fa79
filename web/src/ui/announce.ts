import { createStore } from "../lib/store";

/** What screen readers are told next, politely. */
export const announcement = createStore("");

let waiting: string | undefined;

/** What is shown to everybody for a while. */
export const toast = createStore("");
const TOAST_MS = 6_000;
let hiding: ReturnType<typeof setTimeout> | undefined;

/** Says a sentence to screen readers, at most one a second; the newest wins. With `shown`, it is there to see as well. */
export function announce(text: string, shown = false): void {
  if (shown) {
    toast.set(text);
    clearTimeout(hiding);
    hiding = setTimeout(() => toast.set(""), TOAST_MS);
  }
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
