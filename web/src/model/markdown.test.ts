import { expect, test } from "vitest";
import { readInline, readMarkdown, safeLink } from "./markdown";

test("blocks", () => {
  const text = "# Head\n\nOne\ntwo **three**\n\n- a\n- `b`\n\n1. c\n2) d\n\n> said\n> so\n\n---\n```sh\nls # *\n```\n#tag";
  expect(readMarkdown(text)).toEqual([
    { kind: "heading", level: 1, parts: [{ kind: "text", text: "Head" }] },
    { kind: "paragraph", parts: [{ kind: "text", text: "One two " }, { kind: "strong", parts: [{ kind: "text", text: "three" }] }] },
    { kind: "list", ordered: false, items: [[{ kind: "text", text: "a" }], [{ kind: "code", text: "b" }]] },
    { kind: "list", ordered: true, items: [[{ kind: "text", text: "c" }], [{ kind: "text", text: "d" }]] },
    { kind: "quote", parts: [{ kind: "text", text: "said so" }] },
    { kind: "line" },
    { kind: "code", text: "ls # *" },
    { kind: "paragraph", parts: [{ kind: "text", text: "#tag" }] },
  ]);
});

test("marks within a line", () => {
  expect(readInline("a *b* _c_ snake_case_name 2*3*4")).toEqual([
    { kind: "text", text: "a " },
    { kind: "em", parts: [{ kind: "text", text: "b" }] },
    { kind: "text", text: " " },
    { kind: "em", parts: [{ kind: "text", text: "c" }] },
    { kind: "text", text: " snake_case_name 2" },
    { kind: "em", parts: [{ kind: "text", text: "3" }] },
    { kind: "text", text: "4" },
  ]);
  expect(readInline("see https://a.b/c.")).toEqual([{ kind: "text", text: "see " }, { kind: "link", to: "https://a.b/c", parts: [{ kind: "text", text: "https://a.b/c" }] }, { kind: "text", text: "." }]);
});

test("nothing leads anywhere but to the web or to this server", () => {
  expect(safeLink("https://example.com/a?b")).toBe("https://example.com/a?b");
  expect(safeLink("/e/local/query?q=COUNT")).toBe("/e/local/query?q=COUNT");
  for (const to of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "vbscript:x", "file:///etc/passwd", "relative"]) {
    expect(safeLink(to), to).toBeUndefined();
    expect(readInline(`[a](${to})`), to).toEqual([{ kind: "text", text: `[a](${to})` }]);
  }
  expect(readMarkdown("<img src=x onerror=alert(1)>")).toEqual([{ kind: "paragraph", parts: [{ kind: "text", text: "<img src=x onerror=alert(1)>" }] }]);
});

test("odd texts end", () => {
  for (const text of ["", "#", ">", "```", "-", "1.", "**", "[](", "``", "\n\n", "*".repeat(5_000), "[".repeat(5_000), "_a".repeat(2_000)]) expect(Array.isArray(readMarkdown(text))).toBe(true);
});
