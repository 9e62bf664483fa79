import { createStore } from "../lib/store";
import { preference } from "../lib/preferences";

/** Something that happened, as graphs show it; times in milliseconds since 1970. */
export interface Marker {
  id: string;
  version: number;
  start: number;
  end: number | undefined;
  text: string;
  type: string;
  url: string;
  colour: string | undefined;
  dataset: string | undefined;
}

/** The markers of the view's time. */
export const markers = createStore<readonly Marker[]>([]);
/** What the form for a marker is open for: a time, a range, or a marker that is known. */
export const markerForm = createStore<{ start: number; end?: number | undefined } | Marker | undefined>(undefined);
export const markersShown = preference("markers", true, (value): value is boolean => typeof value === "boolean");

const SLOTS = 12;
const USUAL: Record<string, number> = { deploy: 10, incident: 5, config: 7, "": 11 };

/** The colour of a marker: its own, or the one that all of its type have. */
export function markerColour({ type, colour }: Pick<Marker, "type" | "colour">): string {
  if (colour && /^#[0-9a-fA-F]{6}$/.test(colour)) return colour;
  let hash = 7;
  for (const letter of type) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return `var(--g${USUAL[type] ?? 1 + (hash % SLOTS)})`;
}

/** Whether graphs of these datasets show a marker; no datasets are all. */
export const isOf = ({ dataset }: Marker, datasets: readonly string[]): boolean => dataset === undefined || datasets.length === 0 || datasets.includes(dataset);
