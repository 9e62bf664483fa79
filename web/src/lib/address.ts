import { useCallback, useSyncExternalStore } from "react";

/** Parameters in the one order in which they stand in an address, so that equal views have equal addresses. Others follow as they came. */
const ORDER = ["ds", "service", "q", "from", "to", "tz", "live", "tab", "g", "box", "area", "sel", "lines", "cmp", "base", "cols", "sort", "raw", "vary", "ticks", "long", "all", "at", "span", "view", "find", "mode", "by", "fold", "root", "path", "cp", "align", "w", "p", "group", "filter", "focus", "hops", "size", "node", "edge", "as", "tail", "event", "f", "full", "panel", "density"];

export interface Address {
  path: string;
  params: URLSearchParams;
}

const listeners = new Set<() => void>();
const notify = () => {
  for (const listener of listeners) listener();
};

/** What a view is besides its address, such as the moment it was asked: it is kept with each entry of the browser's history. */
interface Moment {
  /** Another page is opened. */
  opened(): void;
  kept(): unknown;
  restored(kept: unknown): void;
}
let moment: Moment | undefined;
export function keepMoments(one: Moment): void {
  moment = one;
}

if (typeof window !== "undefined") {
  window.addEventListener("popstate", (event) => {
    moment?.restored(event.state);
    notify();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const here = () => window.location.pathname + window.location.search;

/** Path and parameters as text: known ones in order, empty ones left out. */
export function print(path: string, params: URLSearchParams): string {
  const rank = (name: string) => {
    const at = ORDER.indexOf(name);
    return at < 0 ? ORDER.length : at;
  };
  const entries = [...params.entries()].filter(([, value]) => value !== "");
  const sorted = entries.map((entry, index) => ({ entry, index })).sort((a, b) => rank(a.entry[0]) - rank(b.entry[0]) || a.index - b.index);
  const text = sorted.map(({ entry: [name, value] }) => `${encode(name)}=${encode(value)}`).join("&");
  return text ? `${path}?${text}` : path;
}

/** Percent-encoding that leaves readable what may stand in a query part. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%20/g, "+").replace(/%(?:2C|3A|2F|24|28|29|40|3D)/g, decodeURIComponent);
}

/**
 * Goes to an address of ours. Runs, tabs, zooms and selections push; typing replaces. Another page is asked about the present; Back shows
 * what was asked then.
 */
export function go(to: string, how: "push" | "replace" = "push"): void {
  if (to === here()) return;
  const isOther = pathOf(to) !== window.location.pathname;
  if (how === "push") {
    window.history.replaceState(moment?.kept() ?? null, "");
    window.history.pushState(null, "", to);
  } else window.history.replaceState(window.history.state, "", to);
  if (isOther) moment?.opened();
  notify();
}

/** The path of an address that begins with one. */
export const pathOf = (to: string): string => /^[^?#]*/.exec(to)?.[0] ?? to;

/** A part of a path as it was meant; what is no percent-encoding stays as it is. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function readAddress(): Address {
  return { path: window.location.pathname, params: new URLSearchParams(window.location.search) };
}

let cached: { text: string; address: Address } | undefined;
function snapshot(): Address {
  const text = here();
  if (cached?.text !== text) cached = { text, address: readAddress() };
  return cached.address;
}

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, snapshot);
}

/** Changes of parameters: a null or empty value leaves one out, several stand one after the other. */
export type Changes = Record<string, string | readonly string[] | null | undefined>;

export function withChanges({ path, params }: Address, changes: Changes): string {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of typeof value === "string" ? [value] : (value ?? [])) if (one !== "") next.append(name, one);
  }
  return print(path, next);
}

/** A parameter of the address, and a function that changes it; nothing leaves it out. */
export function useParam(name: string, how: "push" | "replace" = "replace"): [string | null, (value: string | null) => void] {
  const { params } = useAddress();
  const set = useCallback((value: string | null) => go(withChanges(readAddress(), { [name]: value }), how), [name, how]);
  return [params.get(name), set];
}

/** A function that changes parameters of the present address. */
export function useChange(): (changes: Changes, how?: "push" | "replace") => void {
  return useCallback((changes, how = "push") => go(withChanges(readAddress(), changes), how), []);
}
