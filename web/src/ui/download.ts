import { announce } from "./announce";

/** Hands a text to the browser as a file. */
export function download(name: string, type: string, parts: BlobPart[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  announce(`${name} is being saved`, true);
}

/** A file's name with the moment in it, such as `events-2026-11-21T14-02-05Z.csv`. */
export const fileName = (what: string, ending: string, at: Date): string => `${what}-${at.toISOString().slice(0, 19).replaceAll(":", "-")}Z.${ending}`;
