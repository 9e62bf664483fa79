import { expect, test } from "vitest";
import { RAMP_ENTRIES } from "../model/ramp";
import type { Grid, Heat } from "../model/series";
import { heatView, paintHeat } from "./heatmap";

const RAMP = new Uint32Array(RAMP_ENTRIES).fill(1);

/** Cells painted on a plot of so many pixels, as lines of dots and hashes. */
function painted(width: number, height: number, steps: number, rows: number, cells: readonly [step: number, row: number][], scale = 1): string[] {
  const counts = new Float32Array(steps * rows);
  for (const [step, row] of cells) counts[step * rows + row] = 5;
  const heat: Heat = { rows, edges: Float64Array.from({ length: rows + 1 }, (_, n) => n), counts, scale: "linear", hasZero: false, hasOver: false };
  const grid: Grid = { first: 0, step: 10, steps };
  let pixels: Uint32Array = new Uint32Array();
  const context = {
    createImageData: (wide: number, high: number) => ({ data: new Uint8ClampedArray(wide * high * 4) }),
    putImageData: ({ data }: { data: Uint8ClampedArray }) => {
      pixels = new Uint32Array(data.buffer);
    },
  } as unknown as CanvasRenderingContext2D;
  paintHeat(context, { left: 0, top: 0, width, height, start: 0, end: steps * 10 }, heatView(heat, grid, 0.3, "sqrt"), RAMP, scale);
  const wide = width * scale;
  return Array.from({ length: height * scale }, (_, y) => Array.from(pixels.slice(y * wide, (y + 1) * wide), (pixel) => (pixel ? "#" : ".")).join(""));
}

test("a cell alone is at least three pixels wide and high", () => {
  expect(painted(9, 9, 9, 9, [[4, 4]])).toEqual([".........", ".........", ".........", "...###...", "...###...", "...###...", ".........", ".........", "........."]);
  // At the edge of the plot it grows to the other side.
  expect(painted(9, 4, 9, 4, [[0, 0], [8, 3]])).toEqual(["......###", "###...###", "###...###", "###......"]);
  // Three pixels of the page, however fine the screen is.
  expect(painted(5, 5, 5, 5, [[2, 2]], 2).filter((line) => line.includes("######")).length).toBe(6);
});

test("cells with neighbours, and those that are large enough, are as they are", () => {
  expect(painted(6, 3, 6, 3, [[1, 1], [2, 1]])).toEqual(["......", ".##...", "......"]);
  expect(painted(8, 8, 2, 2, [[1, 0]])).toEqual(["........", "........", "........", "........", "....####", "....####", "....####", "....####"]);
});

test("what a cell alone grows over is empty ground", () => {
  // Cells that touch at a corner are alone both: neither takes the other's place.
  const lines = painted(6, 6, 6, 6, [[2, 2], [3, 3]]);
  expect(lines[3]?.[2]).toBe("#");
  expect(lines[2]?.[3]).toBe("#");
});
