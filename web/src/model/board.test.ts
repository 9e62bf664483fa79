import { expect, test } from "vitest";
import { COLUMNS, type Placed, compact, conditionsOf, freeId, freePlace, moved, nudged, printConditions, withBoard, within } from "./board";

const panel = (id: string, x: number, y: number, width: number, height: number): Placed => ({ id, x, y, width, height });
const shown = (panels: Placed[]) => panels.map(({ id, x, y, width, height }) => `${id} ${x},${y} ${width}x${height}`);

test("a panel stays within the grid", () => {
  expect(within({ x: 9, y: -2, width: 5, height: 0 })).toEqual({ x: 7, y: 0, width: 5, height: 1 });
  expect(within({ x: -1, y: 3, width: 40, height: 4 })).toEqual({ x: 0, y: 3, width: COLUMNS, height: 4 });
});

test("what a moved panel meets goes down, and nothing floats", () => {
  const board = [panel("a", 0, 0, 6, 4), panel("b", 6, 0, 6, 4), panel("c", 0, 4, 12, 4)];
  expect(shown(moved(board, "c", panel("c", 0, 0, 12, 4)))).toEqual(["a 0,4 6x4", "b 6,4 6x4", "c 0,0 12x4"]);
  expect(shown(moved(board, "a", panel("a", 0, 9, 6, 4)))).toEqual(["a 0,8 6x4", "b 6,0 6x4", "c 0,4 12x4"]);
  expect(shown(moved(board, "a", panel("a", 0, 0, 7, 4)))).toEqual(["a 0,0 7x4", "b 6,4 6x4", "c 0,8 12x4"]);
  expect(shown(moved(board, "nothing", panel("nothing", 0, 0, 1, 1)))).toEqual(shown(board));
});

test("a step goes as far as something changes", () => {
  const board = [panel("a", 0, 0, 6, 4), panel("b", 6, 0, 6, 4), panel("c", 0, 4, 12, 4)];
  expect(shown(nudged(board, "a", { y: 1 }))).toEqual(["a 0,8 6x4", "b 6,0 6x4", "c 0,4 12x4"]);
  expect(shown(nudged(board, "c", { y: -1 }))).toEqual(["a 0,4 6x4", "b 6,4 6x4", "c 0,0 12x4"]);
  expect(shown(nudged(board, "a", { height: 2 }))).toEqual(["a 0,0 6x6", "b 6,0 6x4", "c 0,6 12x4"]);
  expect(shown(nudged(board, "a", { x: -1 }))).toEqual(shown(board));
  expect(shown(nudged(board, "c", { y: 1 }))).toEqual(shown(board));
});

test("no two panels ever overlap, wherever one is put", () => {
  const board = [panel("a", 0, 0, 6, 4), panel("b", 6, 0, 6, 2), panel("c", 6, 2, 3, 5), panel("d", 0, 4, 6, 3), panel("e", 0, 7, 12, 2)];
  for (const { id } of board) {
    for (let x = 0; x < COLUMNS; x++) {
      for (let y = 0; y < 12; y++) {
        const after = moved(board, id, { x, y, width: 5, height: 3 });
        expect(after.map((one) => one.id)).toEqual(board.map((one) => one.id));
        const taken = new Set<string>();
        for (const one of after) {
          for (let column = one.x; column < one.x + one.width; column++) {
            for (let row = one.y; row < one.y + one.height; row++) {
              expect(taken.has(`${column},${row}`), `${id} to ${x},${y}`).toBe(false);
              taken.add(`${column},${row}`);
            }
          }
        }
        expect(shown(compact(after))).toEqual(shown(after));
      }
    }
  }
});

test("a new panel goes beside the last where there is room, else below", () => {
  expect(freePlace([], 6, 4)).toEqual({ x: 0, y: 0, width: 6, height: 4 });
  expect(freePlace([panel("a", 0, 0, 6, 4)], 6, 4)).toEqual({ x: 6, y: 0, width: 6, height: 4 });
  expect(freePlace([panel("a", 0, 0, 6, 4)], 8, 4)).toEqual({ x: 0, y: 4, width: 8, height: 4 });
  expect(freeId([panel("p1", 0, 0, 1, 1), panel("p3", 0, 0, 1, 1)])).toBe("p4");
});

test("the board's conditions are added to those of a panel", () => {
  const conditions = conditionsOf("service.name = cart AND #off error = true");
  expect(printConditions(conditions)).toBe("service.name = cart AND #off error = true");
  expect(withBoard("COUNT GROUP BY name LAST 2h", conditions)).toBe("COUNT WHERE service.name = cart GROUP BY name");
  expect(withBoard("COUNT WHERE a = 1", conditions)).toBe("COUNT WHERE a = 1 AND service.name = cart");
  expect(withBoard("COUNT WHERE service.name = cart", conditions)).toBe("COUNT WHERE service.name = cart");
  // Conditions joined by OR become one, so that the board's narrow what they let through.
  expect(withBoard("COUNT WHERE a = 1 OR b = 2", conditions)).toMatch(/^WITH .* COUNT WHERE .* AND service\.name = cart$/);
  expect(withBoard("COUNT WHERE a = 1 OR b = 2", [])).toBe("COUNT WHERE a = 1 OR b = 2");
  expect(conditionsOf("")).toEqual([]);
});
