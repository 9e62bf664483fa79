/** X-Ray's filter expressions as they are typed: what may be put in, and what is written for a node or an edge. */

/** What a filter expression can be completed with. */
export interface Known {
  words: readonly string[];
  services: readonly string[];
  annotations: readonly string[];
}

export interface Proposals {
  /** The part of the text that a proposal takes the place of. */
  from: number;
  to: number;
  options: readonly string[];
}

const OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "CONTAINS", "BEGINSWITH", "ENDSWITH"];
const FORMS = ["service(", "edge(", "group.name = ", "rootcause.fault.service { name = ", "rootcause.error.service { name = ", "rootcause.responsetime.service { name = ", "!"];
/** Proposals of one list. */
const MOST = 12;

/** A text as a filter expression has it. */
export const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/** What may stand where the caret is. */
export function proposals(text: string, caret: number, known: Known): Proposals {
  const before = text.slice(0, caret);
  const open = openString(before);
  if (open !== undefined) {
    const typed = before.slice(open + 1);
    const isName = /(?:service\(|edge\(|,)\s*$|(?:\bname|\bservice)\s*!?=\s*$/i.test(before.slice(0, open));
    const closing = /^[^"]*"/.exec(text.slice(caret))?.[0].length ?? 0;
    return { from: open, to: caret + closing, options: isName ? starting(known.services, typed).map(quoted) : [] };
  }
  const typed = /[\w.[\]:-]*$/.exec(before)?.[0] ?? "";
  const from = caret - typed.length;
  const rest = before.slice(0, from).trimEnd();
  const isAfterKeyword = /[\w\]]$/.test(rest) && !/(?:^|[\s(){}!])(?:and|or|contains|beginswith|endswith)$/i.test(rest) && /\s$/.test(before.slice(0, from));
  if (/(?:service\(|edge\(|edge\([^)]*,)\s*$/i.test(before.slice(0, from))) return { from, to: caret, options: starting(known.services, typed).map(quoted) };
  if (/(?:[=<>]|contains|beginswith|endswith)\s*$/i.test(rest)) return { from, to: caret, options: starting(["true", "false"], typed) };
  if (isAfterKeyword) return { from, to: caret, options: starting([...OPERATORS, "AND", "OR"], typed) };
  if (/[)}"\d]$/.test(rest) && rest !== "") return { from, to: caret, options: starting(rest.endsWith(")") ? ["AND", "OR", "{ "] : ["AND", "OR"], typed) };
  if (/^annotation[.[]/i.test(typed)) {
    const key = typed.slice("annotation.".length);
    return { from, to: caret, options: starting(known.annotations, key).map((name) => `annotation[${name}]`) };
  }
  return { from, to: caret, options: starting([...known.words, ...FORMS, "annotation."], typed).filter((word) => word.toLowerCase() !== typed.toLowerCase()) };
}

function starting(all: readonly string[], typed: string): string[] {
  const wanted = typed.toLowerCase();
  const begins = all.filter((one) => one.toLowerCase().startsWith(wanted));
  const has = wanted ? all.filter((one) => !begins.includes(one) && one.toLowerCase().includes(wanted)) : [];
  return [...begins, ...has].slice(0, MOST);
}

/** Where the text that the caret is in begins. */
function openString(before: string): number | undefined {
  let open: number | undefined;
  let quote = "";
  for (let at = 0; at < before.length; at++) {
    const sign = before[at] ?? "";
    if (open !== undefined && sign === "\\") at++;
    else if (open !== undefined && sign === quote) open = undefined;
    else if (open === undefined && (sign === '"' || sign === "'")) [open, quote] = [at, sign];
  }
  return open;
}

/** Which node is meant: by its name, and by its type where that is told. */
function selector(name: string, type: string | null | undefined): string {
  return type ? `id(name: ${quoted(name)}, type: ${quoted(type)})` : quoted(name);
}

interface Named {
  name: string;
  type?: string | null | undefined;
}

/** Traces that come through a node, and where something of it was so. */
export function ofNode({ name, type }: Named, block = ""): string {
  const inside = block ? ` { ${block} }` : "";
  if (type === "client") return `edge(${selector(name, type)}, ${quoted(name)})${inside}`;
  return `service(${selector(name, type)})${inside}`;
}

/** Traces in which one node called another. */
export function ofEdge(from: Named, to: Named, block = ""): string {
  return `edge(${selector(from.name, from.type)}, ${selector(to.name, to.type)})${block ? ` { ${block} }` : ""}`;
}

/** Both hold. */
export function both(one: string, other: string): string {
  if (!one.trim() || !other.trim()) return one.trim() || other.trim();
  const whole = (text: string) => (/\bor\b|\|\|/i.test(text) ? `(${text})` : text);
  return `${whole(one.trim())} AND ${whole(other.trim())}`;
}

/** Seconds as a filter expression has them: no more digits than were measured. */
const seconds = (value: number): string => String(Number(value.toFixed(3)));

/** Times from one up to, and not including, another. */
export const within = (from: number, to: number): string => `responsetime >= ${seconds(from)} AND responsetime < ${seconds(to)}`;
