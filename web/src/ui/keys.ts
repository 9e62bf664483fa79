import { useEffect, useRef } from "react";
import { go, readAddress, withChanges } from "../lib/address";
import { findId } from "../lib/ids";
import { singleKeys } from "../lib/preferences";
import { SECOND_MS } from "../lib/time";
import { announce } from "./announce";
import { copyText } from "./clipboard";
import { PAGES } from "./pages";
import { askAgain, exactLink, isTimeless, pageAddress, readView } from "./view";

/** Whether a key, or what is pasted, belongs to something that text is typed into. */
export function isTyping(event: Event): boolean {
  const target = event.target as HTMLElement | null;
  return !!target?.closest("input, textarea, select, [contenteditable=true]");
}

/** Whether a key without others may act as a shortcut: outside of text fields and dialogs, and where single keys are not switched off. */
export function isShortcut(event: KeyboardEvent): boolean {
  const isTaken = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event);
  return !isTaken && singleKeys.get() && !document.querySelector("dialog[open]");
}

interface Openers {
  /** Opens the search, with what was pasted. */
  palette: (text?: string) => void;
  sheet: () => void;
}

/** Keys that work on every page, unless the focused part has taken them. */
export function useGlobalKeys(openers: Openers): void {
  // What a half-pressed pair of keys has come to must outlast whatever is drawn in between.
  const latest = useRef(openers);
  latest.current = openers;
  useEffect(() => {
    const palette = () => latest.current.palette();
    const sheet = () => latest.current.sheet();
    let afterG = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        palette();
        return;
      }
      if (!isShortcut(event)) return;
      const action: (() => void) | undefined = {
        g: () => {
          afterG = Date.now();
        },
        "/": palette,
        "?": sheet,
        y: () => void copyText(exactLink(), "Link to exactly this view copied"),
        u: () => go(withChanges(readAddress(), { tz: readAddress().params.get("tz") === "utc" ? null : "utc" }), "replace"),
        r: askAgain,
        l: () => {
          const { path, params } = readAddress();
          if (isTimeless(readView(path))) announce("This page is of no range of time: r asks again", true);
          else go(withChanges(readAddress(), { live: params.get("live") === "1" ? null : "1" }), "replace");
        },
      }[event.key];
      if (action) {
        event.preventDefault();
        action();
      }
    };
    // The second key of a pair belongs to nobody else.
    const second = (event: KeyboardEvent) => {
      if (Date.now() - afterG >= 1.5 * SECOND_MS || !isShortcut(event)) return;
      afterG = 0;
      const page = PAGES.find(({ key }) => key === event.key);
      if (!page) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      go(pageAddress(page.id === "home" ? "" : `/${page.id}`));
    };
    // An id that is pasted anywhere is looked for.
    const paste = (event: ClipboardEvent) => {
      if (event.defaultPrevented || isTyping(event) || document.querySelector("dialog[open]")) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!findId(text)) return;
      event.preventDefault();
      latest.current.palette(text.trim());
    };
    window.addEventListener("keydown", second, true);
    window.addEventListener("keydown", press);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("keydown", second, true);
      window.removeEventListener("keydown", press);
      window.removeEventListener("paste", paste);
    };
  }, []);
}
