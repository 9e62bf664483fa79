import { theme } from "../lib/preferences";
import { createStore } from "../lib/store";

/** Counts changes of theme: canvases read their colours again. */
export const themeChanges = createStore(0);

/** Keeps the document in the theme that was chosen, or the system's. */
export function followTheme(): void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = theme.get();
    document.documentElement.dataset.theme = chosen === "system" ? (system.matches ? "dark" : "light") : chosen;
    themeChanges.set(themeChanges.get() + 1);
  };
  theme.subscribe(apply);
  system.addEventListener("change", apply);
  apply();
}
