/** Where the definitions of a `WITH` end: a text of them and what follows, cut apart without reading more of an expression than its shape. */
export function splitFields(text: string): { fields: string[]; rest: string } {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const head = NAME.exec(text.slice(at));
    if (!head) break;
    const end = expressionEnd(text, at + head[0].length);
    if (end === undefined) return { fields: [...fields, text.slice(at).trim()].filter(Boolean), rest: "" };
    fields.push(text.slice(at, end).trim());
    at = end;
    const comma = /^\s*,\s*/.exec(text.slice(at));
    if (!comma) break;
    at += comma[0].length;
    // A comma may also stand before columns or calculations.
    if (!NAME.test(text.slice(at))) break;
  }
  return { fields, rest: text.slice(at).trim() };
}

const NAME = /^\s*(?:`(?:``|[^`])*`|[\p{L}\p{N}_.\-/@]+)\s*=(?!=)\s*/u;
const BLANK = /^\s+/;
const BINARY = /^(?:!=|<=|>=|[-+*/%<>=]|(?:AND|OR)(?![\w$]))/i;
const OPERAND = /^(?:\$"(?:\\.|[^"\\])*"|\$`[^`]*`|\$[\p{L}\p{N}_./:=+?-]+|"(?:\\.|[^"\\])*"|`[^`]*`|-?\d[\w.]*|[A-Za-z_]\w*)/u;

/** Where the expression that begins at a place ends; nothing when it is none. */
function expressionEnd(text: string, from: number): number | undefined {
  let at = from;
  let end: number | undefined;
  const skip = (pattern: RegExp) => {
    const found = pattern.exec(text.slice(at));
    if (found) at += found[0].length;
    return found !== null;
  };
  for (;;) {
    skip(/^[\s!]*/);
    if (text[at] !== "(") {
      if (!skip(OPERAND)) return end;
      skip(/^\s+(?=\()/);
    }
    if (text[at] === "(") {
      const close = closing(text, at);
      if (close === undefined) return undefined;
      at = close + 1;
    }
    end = at;
    skip(BLANK);
    if (!skip(BINARY)) return end;
  }
}

/** The bracket that closes the one at a place. */
function closing(text: string, open: number): number | undefined {
  let depth = 0;
  for (const match of text.slice(open).matchAll(/"(?:\\.|[^"\\])*"|`[^`]*`|[()]/g)) {
    if (match[0] === "(") depth++;
    else if (match[0] === ")" && --depth === 0) return open + match.index;
  }
  return undefined;
}
