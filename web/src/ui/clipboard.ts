import { createStore } from "../lib/store";
import { announce } from "./announce";

/** What no way of copying took: it is shown, to be copied by hand. */
export const uncopied = createStore<string | undefined>(undefined);

/** Puts text on the clipboard and says `said`, to be seen and heard; an empty one says nothing. What the browser does not let a page copy is shown, selected. */
export async function copyText(text: string, said = "Copied"): Promise<boolean> {
  const copied = await written(text);
  if (!copied) uncopied.set(text);
  else if (said) announce(said, true);
  return copied;
}

async function written(text: string): Promise<boolean> {
  // Over plain HTTP from another machine there is no such object; without waiting for it, the press still counts for the other way.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard === undefined) return copySelected(text);
  try {
    await clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** Copies by selecting, as a hand would; what was selected and focused stays so. */
function copySelected(text: string): boolean {
  const focused = document.activeElement as HTMLElement | null;
  const selection = document.getSelection();
  const range = selection && selection.rangeCount > 0 ? selection.getRangeAt(0) : undefined;
  const holder = document.createElement("textarea");
  holder.value = text;
  holder.readOnly = true;
  holder.className = "only-read";
  // What lies outside of an open dialog takes no focus.
  ([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body).append(holder);
  holder.select();
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch {
    done = false;
  }
  holder.remove();
  focused?.focus({ preventScroll: true });
  if (range) {
    selection?.removeAllRanges();
    selection?.addRange(range);
  }
  return done;
}
