import { expect, test } from "vitest";
import { movedBy, movedTo, pressedSort, printLayout, readLayout, readSort, withLaid } from "./layout";

const names = ["service.name", "COUNT", "P95(duration_ms)"];
const shown = (text: string) => readLayout(text, names).map(({ name }) => name);

test("columns lie as the address says; those that it does not know follow", () => {
  expect(shown("")).toEqual(names);
  expect(readLayout("COUNT*180;-service.name;gone", names)).toEqual([
    { name: "COUNT", isHidden: false, width: 180 },
    { name: "service.name", isHidden: true },
    { name: "P95(duration_ms)", isHidden: false },
  ]);
  expect(readLayout("COUNT*9", names)[0]?.width).toBe(48);
});

test("what is printed is read again, and the usual layout takes no room", () => {
  const text = printLayout(withLaid(movedTo(readLayout("", names), "P95(duration_ms)", "service.name"), "COUNT", { isHidden: true, width: 99.6 }), names);
  expect(text).toBe("P95(duration_ms);service.name;-COUNT*100");
  expect(printLayout(readLayout(text, names), names)).toBe(text);
  expect(printLayout(readLayout("", names), names)).toBe("");
  expect(printLayout(readLayout(printLayout(readLayout("-a,b", ["a;b"]), ["a;b"]), ["a;b"]), ["a;b"])).toBe("-a,b");
});

test("a column moves among those that are shown", () => {
  expect(movedBy(readLayout("", names), "COUNT", -1).map(({ name }) => name)).toEqual(["COUNT", "service.name", "P95(duration_ms)"]);
  expect(movedBy(readLayout("service.name;-COUNT", names), "service.name", 1).map(({ name }) => name)).toEqual(["COUNT", "P95(duration_ms)", "service.name"]);
  expect(movedBy(readLayout("", names), "COUNT", 9).map(({ name }) => name)).toEqual(["service.name", "P95(duration_ms)", "COUNT"]);
  expect(movedTo(readLayout("", names), "gone", "COUNT").map(({ name }) => name)).toEqual(names);
});

test("several keys of an order", () => {
  const keys = readSort("down:COUNT;up:service.name;down:gone", names);
  expect(keys).toEqual([{ label: "COUNT", down: true }, { label: "service.name", down: false }]);
  expect(pressedSort(keys, "COUNT", true, true)).toBe("up:COUNT;up:service.name");
  expect(pressedSort(keys, "COUNT", true, false)).toBe("up:COUNT");
  expect(pressedSort(keys, "P95(duration_ms)", true, true)).toBe("down:COUNT;up:service.name;down:P95(duration_ms)");
});
