import type { ReactNode } from "react";
import { type Block, type Inline, readMarkdown } from "../model/markdown";
import { Link } from "./Link";

/** Text in the safe part of Markdown. Everything becomes text nodes; headings stand below the page's own. */
export function Markdown({ text }: { text: string }) {
  return <div className="markdown">{readMarkdown(text).map(block)}</div>;
}

function block(shown: Block, key: number): ReactNode {
  switch (shown.kind) {
    case "heading": {
      const Heading = (["h2", "h3", "h4"] as const)[shown.level - 1] ?? "h4";
      return <Heading key={key}>{shown.parts.map(inline)}</Heading>;
    }
    case "paragraph":
      return <p key={key}>{shown.parts.map(inline)}</p>;
    case "quote":
      return <blockquote key={key}>{shown.parts.map(inline)}</blockquote>;
    case "list": {
      const List = shown.ordered ? "ol" : "ul";
      return <List key={key}>{shown.items.map((item, n) => <li key={n}>{item.map(inline)}</li>)}</List>;
    }
    case "code":
      return <pre key={key}>{shown.text}</pre>;
    case "line":
      return <hr key={key} />;
  }
}

function inline(part: Inline, key: number): ReactNode {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return (
        <code key={key} className="mono">
          {part.text}
        </code>
      );
    case "strong":
      return <strong key={key}>{part.parts.map(inline)}</strong>;
    case "em":
      return <em key={key}>{part.parts.map(inline)}</em>;
    case "link":
      return part.to.startsWith("/") ? (
        <Link key={key} to={part.to}>
          {part.parts.map(inline)}
        </Link>
      ) : (
        <a key={key} href={part.to} rel="noopener noreferrer" target="_blank">
          {part.parts.map(inline)}
        </a>
      );
  }
}
