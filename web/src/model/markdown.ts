/** A safe part of Markdown, read into plain data: there is no HTML in it, and links lead to the web or to this server only. */

export type Inline = { kind: "text" | "code"; text: string } | { kind: "strong" | "em"; parts: Inline[] } | { kind: "link"; to: string; parts: Inline[] };
export type Block =
  | { kind: "heading"; level: number; parts: Inline[] }
  | { kind: "paragraph" | "quote"; parts: Inline[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "code"; text: string }
  | { kind: "line" };

const NESTED = 8;

/** Where a link may lead: the web, or a path of this server. */
export function safeLink(to: string): string | undefined {
  if (/^\/(?!\/)/.test(to) && !/[\s\\]/.test(to)) return to;
  try {
    const url = new URL(to);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

const MARK = /(`+)([^`]+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^\s*](?:[^*]*[^\s*])?)\*|\b_([^\s_](?:[^_]*[^\s_])?)_\b|\[([^\]]*)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]])/;

export function readInline(text: string, depth = 0): Inline[] {
  const parts: Inline[] = [];
  let rest = text;
  while (rest && depth < NESTED) {
    const match = MARK.exec(rest);
    if (!match) break;
    const [whole, , code, strong, strongToo, em, emToo, label, to, bare] = match;
    if (match.index > 0) parts.push({ kind: "text", text: rest.slice(0, match.index) });
    const link = to === undefined ? undefined : safeLink(to);
    if (code !== undefined) parts.push({ kind: "code", text: code });
    else if (strong ?? strongToo) parts.push({ kind: "strong", parts: readInline(strong ?? strongToo ?? "", depth + 1) });
    else if (em ?? emToo) parts.push({ kind: "em", parts: readInline(em ?? emToo ?? "", depth + 1) });
    else if (link !== undefined) parts.push({ kind: "link", to: link, parts: readInline(label || link, depth + NESTED) });
    else if (bare !== undefined && safeLink(bare)) parts.push({ kind: "link", to: bare, parts: [{ kind: "text", text: bare }] });
    else parts.push({ kind: "text", text: whole });
    rest = rest.slice(match.index + whole.length);
  }
  if (rest) parts.push({ kind: "text", text: rest });
  return parts;
}

const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBER = /^\s*\d{1,9}[.)]\s+(.*)$/;

export function readMarkdown(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  /** Lines from here on that `body` knows, each as it says. */
  const while_ = (body: (line: string) => string | undefined): string[] => {
    const taken: string[] = [];
    for (; at < lines.length; at++) {
      const found = body(lines[at] ?? "");
      if (found === undefined) break;
      taken.push(found);
    }
    return taken;
  };
  const isPlain = (line: string) => line.trim() !== "" && !/^(#{1,6}\s|>|```|\s*(-{3,}|\*{3,})\s*$)/.test(line) && !BULLET.test(line) && !NUMBER.test(line);
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const heading = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    if (line.trim() === "") at++;
    else if (line.startsWith("```")) {
      at++;
      blocks.push({ kind: "code", text: while_((next) => (next.startsWith("```") ? undefined : next)).join("\n") });
      at++;
    } else if (heading) {
      at++;
      blocks.push({ kind: "heading", level: Math.min(3, heading[1]?.length ?? 1), parts: readInline(heading[2] ?? "") });
    } else if (/^\s*(-{3,}|\*{3,})\s*$/.test(line)) {
      at++;
      blocks.push({ kind: "line" });
    } else if (line.startsWith(">")) {
      blocks.push({ kind: "quote", parts: readInline(while_((next) => /^>\s?(.*)$/.exec(next)?.[1]).join(" ")) });
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const ordered = !BULLET.test(line);
      blocks.push({ kind: "list", ordered, items: while_((next) => (ordered ? NUMBER : BULLET).exec(next)?.[1]).map((item) => readInline(item)) });
    } else {
      const taken = while_((next) => (isPlain(next) ? next.trim() : undefined));
      // A line that looks like a mark and is none would be asked about for ever.
      if (taken.length === 0) taken.push(lines[at++] ?? "");
      blocks.push({ kind: "paragraph", parts: readInline(taken.join(" ")) });
    }
  }
  return blocks;
}
