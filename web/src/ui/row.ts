/** How high a row of a long list is, pixels: as `--row` of the tokens, which a finger needs larger. */
export const ROW_PX = typeof window !== "undefined" && window.matchMedia("(pointer: coarse)").matches ? 36 : 24;
