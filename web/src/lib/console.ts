import { findId } from "./ids";

/** A page of ours that shows what an address of AWS's console shows. */
export interface ConsolePage {
  /** Behind the environment. */
  path: string;
  params: Record<string, string>;
  label: string;
}

/** Finds an address of AWS's console for X-Ray in pasted text. */
export function findConsole(pasted: string): ConsolePage | undefined {
  const hash = /\/(?:xray|cloudwatch)\/home[^\s#]*(#[^\s"'<>]*)/.exec(pasted)?.[1];
  return hash === undefined ? undefined : consolePage(hash);
}

/** The page that is meant by what follows `#`: `#/traces/ID`, `#/traces?filter=`, `#/service-map?timeRange=`, and `#xray:` with the same. */
export function consolePage(hash: string): ConsolePage | undefined {
  const [place = "", asked = ""] = cut(hash.replace(/^#\/?(?:xray:)?/, ""), /[?]|~\(/);
  const params = timesOf(new URLSearchParams(asked));
  const filter = new URLSearchParams(asked).get("filter");
  const [first, rest = ""] = cut(place, /\//);
  if (first === "traces" && rest !== "") {
    const id = findId(rest);
    return id && { path: `/trace/${id.id}`, params: {}, label: `Trace ${id.id}` };
  }
  if (first === "traces") return { path: "/traces", params: { ...params, filter: filter || "*" }, label: filter ? `Traces with ${filter}` : "Traces" };
  if (first === "service-map") return { path: "/map", params: { ...params, ...(filter ? { filter } : {}) }, label: "Service map" };
  return undefined;
}

function cut(text: string, at: RegExp): [string, string?] {
  const found = at.exec(text);
  return found ? [text.slice(0, found.index), text.slice(found.index + found[0].length)] : [text];
}

/** `PT1H`, `P1D`, or two times with `~` between. */
function timesOf(params: URLSearchParams): Record<string, string> {
  const text = params.get("timeRange") ?? "";
  const span = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(text);
  if (span && text.length > 2) {
    const minutes = Number(span[1] ?? 0) * 1_440 + Number(span[2] ?? 0) * 60 + Number(span[3] ?? 0);
    const from = minutes % 1_440 === 0 ? `-${minutes / 1_440}d` : minutes % 60 === 0 ? `-${minutes / 60}h` : `-${minutes}m`;
    return minutes > 0 ? { from, to: "now" } : {};
  }
  const [from, to] = text.split("~");
  const isTime = (one: string | undefined): one is string => one !== undefined && !Number.isNaN(Date.parse(one));
  return isTime(from) && isTime(to) ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : {};
}
