import { type Store, createStore } from "./store";

/** Local storage that may be switched off or full: then a preference lasts as long as the page. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(`glasshive.${name}`);
  } catch {
    return null;
  }
}

function write(name: string, text: string): void {
  try {
    localStorage.setItem(`glasshive.${name}`, text);
  } catch {
    // Nothing is lost but the memory of it.
  }
}

/** A preference of this browser. What was kept in another shape is as good as nothing. */
export function preference<T>(name: string, fallback: T, isValid: (value: unknown) => value is T): Store<T> {
  const store = createStore(fallback);
  try {
    const kept: unknown = JSON.parse(read(name) ?? "null");
    if (isValid(kept)) store.set(kept);
  } catch {
    // As good as nothing.
  }
  return {
    ...store,
    set(value) {
      store.set(value);
      write(name, JSON.stringify(value));
    },
  };
}

export type Theme = "system" | "light" | "dark";
const isTheme = (value: unknown): value is Theme => value === "system" || value === "light" || value === "dark";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

export const theme = preference<Theme>("theme", "system", isTheme);
export const railPinned = preference("rail", false, isBoolean);
export const singleKeys = preference("single-keys", true, isBoolean);
/** How much of a trace's width its names have; nothing where the page decides. */
export const nameShare = preference<number | null>("name-share", null, (value): value is number | null => value === null || (typeof value === "number" && value >= 0.1 && value <= 0.8));
/** Whether P50, P95 and P99 lie over heatmaps. */
export const percentileLines = preference("percentiles", false, isBoolean);
/** Whether a box that is drawn is compared with the rest at once. */
export const bubbleUpOnDrag = preference("bubbleup-on-drag", true, isBoolean);
/** Whether a query runs as soon as one of its clauses is another. */
export const runOnChange = preference("run-on-change", false, isBoolean);

/** The columns of raw data that somebody chose, by the datasets that are looked at. */
export const rawColumns = preference<Record<string, string[]>>("raw-columns", {}, (value): value is Record<string, string[]> => typeof value === "object" && value !== null && Object.values(value).every((names) => Array.isArray(names) && names.every((name) => typeof name === "string")));

// An older version kept a key here; people sign in now, and no secret stays in a browser.
try {
  localStorage.removeItem("glasshive.key");
} catch {
  // Then there is none.
}
