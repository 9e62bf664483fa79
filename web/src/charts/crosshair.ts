import { createStore } from "../lib/store";

/** The time under the pointer, on all graphs at once. */
export const crosshair = createStore<number | undefined>(undefined);
/** The group under the pointer in a table or legend. */
export const hoveredGroup = createStore<number | undefined>(undefined);
