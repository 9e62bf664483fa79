import { describe, expect, it } from "vitest";
import { both, ofEdge, ofNode, proposals, quoted, within } from "./filter";

const known = { words: ["ok", "fault", "responsetime", "http.status", "user"], services: ["shop", "shipping", "web"], annotations: ["user.id", "tier"] };
/** The text with the caret at `|`, and what the first proposals are. */
const at = (marked: string) => {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { from, to, options } = proposals(text, caret, known);
  return { replaced: text.slice(from, to), options };
};

describe("proposals", () => {
  it("begin with keywords", () => {
    expect(at("re|")).toMatchObject({ replaced: "re" });
    expect(at("re|").options[0]).toBe("responsetime");
    expect(at("fault AND http|").options).toEqual(["http.status"]);
    expect(at("|").options.slice(0, 2)).toEqual(["ok", "fault"]);
    expect(at("!(o|").options[0]).toBe("ok");
  });
  it("are operators behind a keyword, and joints behind what is whole", () => {
    expect(at("responsetime |").options.slice(0, 2)).toEqual(["=", "!="]);
    expect(at("user co|")).toEqual({ replaced: "co", options: ["CONTAINS"] });
    expect(at('service("web") |').options).toEqual(["AND", "OR", "{ "]);
    expect(at("ok = t|").options).toEqual(["true"]);
  });
  it("are names of services in their places", () => {
    expect(at("service(sh|")).toEqual({ replaced: "sh", options: ['"shop"', '"shipping"'] });
    expect(at('service("sh|")')).toEqual({ replaced: '"sh"', options: ['"shop"', '"shipping"'] });
    expect(at('edge("web", "|').options).toContain('"shop"');
    expect(at('user = "sh|').options).toEqual([]);
  });
  it("are annotations", () => {
    expect(at("annotation.us|")).toEqual({ replaced: "annotation.us", options: ["annotation[user.id]"] });
    expect(at("annotation[t|").options).toEqual(["annotation[tier]"]);
  });
});

describe("what is written", () => {
  it("names nodes and edges", () => {
    expect(ofNode({ name: 'a"b' }, "fault")).toBe('service("a\\"b") { fault }');
    expect(ofNode({ name: "db@h", type: "Database::SQL" })).toBe('service(id(name: "db@h", type: "Database::SQL"))');
    expect(ofNode({ name: "web", type: "client" })).toBe('edge(id(name: "web", type: "client"), "web")');
    expect(ofEdge({ name: "a" }, { name: "t", type: "remote" }, "error")).toBe('edge("a", id(name: "t", type: "remote")) { error }');
    expect(quoted("a\\b")).toBe('"a\\\\b"');
  });
  it("joins", () => {
    expect(both("", " ok ")).toBe("ok");
    expect(both("a OR b", "ok")).toBe("(a OR b) AND ok");
    expect(within(0.1, 0.20004)).toBe("responsetime >= 0.1 AND responsetime < 0.2");
  });
});
