import { expect, test } from "vitest";
import type { Heat } from "../model/series";
import type { Box } from "./box";
import { cursorOf, grown, gripAt, nudged, placeOf, resized } from "./handles";

const grid = { first: 0, step: 10, steps: 10 };
const heat: Heat = { rows: 5, edges: Float64Array.of(0, 1, 2, 3, 4, 5), counts: new Float32Array(50), scale: "linear", hasZero: false, hasOver: false };
const frame = { left: 0, top: 0, width: 100, height: 100, start: 0, end: 100 };
const box: Box = { calc: 1, firstStep: 2, lastStep: 5, firstRow: 1, lastRow: 3 };
const band: Box = { calc: 0, firstStep: 2, lastStep: 5 };

test("a box lies over its cells", () => {
  expect(placeOf(box, frame, grid, heat)).toEqual({ left: 20, right: 60, top: 20, bottom: 80 });
  expect(placeOf(band, frame, grid, undefined)).toEqual({ left: 20, right: 60, top: 0, bottom: 100 });
});

test.each([
  [18, 50, { steps: -1, rows: 0 }, "ew-resize"],
  [63, 50, { steps: 1, rows: 0 }, "ew-resize"],
  [40, 22, { steps: 0, rows: 1 }, "ns-resize"],
  [40, 80, { steps: 0, rows: -1 }, "ns-resize"],
  [20, 20, { steps: -1, rows: 1 }, "nwse-resize"],
  [62, 82, { steps: 1, rows: -1 }, "nwse-resize"],
  [60, 20, { steps: 1, rows: 1 }, "nesw-resize"],
])("at %i, %i", (x, y, grip, cursor) => {
  const found = gripAt(placeOf(box, frame, grid, heat), x, y, true, 6);
  expect(found).toEqual(grip);
  expect(found && cursorOf(found)).toBe(cursor);
});

test("beside a box and in its middle there is nothing to take, nor above a band", () => {
  const place = placeOf(box, frame, grid, heat);
  for (const [x, y] of [[40, 50], [10, 50], [40, 90]] as const) expect(gripAt(place, x, y, true, 6)).toBeUndefined();
  expect(gripAt(placeOf(band, frame, grid, undefined), 40, 1, false, 6)).toBeUndefined();
  // A box of six pixels keeps a third of them for another one.
  expect(gripAt({ left: 20, right: 26, top: 20, bottom: 80 }, 23, 50, true, 6)).toBeUndefined();
  expect(gripAt({ left: 20, right: 26, top: 20, bottom: 80 }, 25, 50, true, 6)).toEqual({ steps: 1, rows: 0 });
});

test("the side that is held follows, past the other one too", () => {
  expect(resized(box, { steps: 1, rows: 0 }, { step: 8, row: 0 })).toEqual({ ...box, lastStep: 8 });
  expect(resized(box, { steps: -1, rows: 1 }, { step: 4, row: 4 })).toEqual({ ...box, firstStep: 4, lastRow: 4 });
  expect(resized(box, { steps: 0, rows: -1 }, { step: 9, row: 4 })).toEqual({ ...box, firstRow: 3, lastRow: 4 });
  expect(resized(box, { steps: 1, rows: 0 }, { step: 0, row: 0 })).toEqual({ ...box, firstStep: 0, lastStep: 2 });
  expect(resized(band, { steps: -1, rows: 0 }, { step: 1 })).toEqual({ ...band, firstStep: 1 });
});

test("moving and growing end where the graph ends", () => {
  expect(nudged(box, { steps: -1, rows: 1 }, grid, heat)).toEqual({ calc: 1, firstStep: 1, lastStep: 4, firstRow: 2, lastRow: 4 });
  expect(nudged(box, { steps: 10, rows: -5 }, grid, heat)).toEqual({ calc: 1, firstStep: 6, lastStep: 9, firstRow: 0, lastRow: 2 });
  expect(nudged(band, { steps: -9, rows: 1 }, grid, undefined)).toEqual({ calc: 0, firstStep: 0, lastStep: 3 });
  expect(grown(box, { steps: 9, rows: 9 }, grid, heat)).toEqual({ ...box, lastStep: 9, lastRow: 4 });
  expect(grown(box, { steps: -9, rows: -9 }, grid, heat)).toEqual({ ...box, lastStep: 2, lastRow: 1 });
  expect(grown(band, { steps: 1, rows: 1 }, grid, undefined)).toEqual({ ...band, lastStep: 6 });
});
