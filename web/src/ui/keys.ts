import { useEffect } from "react";
import { go, readAddress, withChanges } from "../lib/address";
import { singleKeys } from "../lib/preferences";
import { SECOND_MS } from "../lib/time";
import { announce } from "./announce";
import { copyText } from "./Copy";
import { PAGES } from "./pages";
import { askAgain, pageAddress } from "./view";

/** Whether a key belongs to something that text is typed into. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return !!target?.closest("input, textarea, select, [contenteditable=true]");
}

interface Openers {
  palette: () => void;
  sheet: () => void;
}

/** Keys that work on every page, unless the focused part has taken them. */
export function useGlobalKeys({ palette, sheet }: Openers): void {
  useEffect(() => {
    let afterG = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        palette();
        return;
      }
      if (event.defaultPrevented || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !singleKeys.get()) return;
      if (document.querySelector("dialog[open]")) return;
      if (Date.now() - afterG < 1.5 * SECOND_MS) {
        afterG = 0;
        const page = PAGES.find(({ key }) => key === event.key);
        if (page) {
          event.preventDefault();
          go(pageAddress(page.id === "home" ? "" : `/${page.id}`));
          return;
        }
      }
      const action: (() => void) | undefined = {
        g: () => {
          afterG = Date.now();
        },
        "/": palette,
        "?": sheet,
        y: () => void copyLink(),
        u: () => go(withChanges(readAddress(), { tz: readAddress().params.get("tz") === "utc" ? null : "utc" })),
        r: askAgain,
        l: () => go(withChanges(readAddress(), { live: readAddress().params.get("live") === "1" ? null : "1" })),
      }[event.key];
      if (action) {
        event.preventDefault();
        action();
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [palette, sheet]);
}

async function copyLink(): Promise<void> {
  const copied = await copyText(window.location.href);
  announce(copied ? "Link copied" : "The browser did not let this page copy");
}
