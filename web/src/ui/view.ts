import { useEffect, useMemo, useRef } from "react";
import { decoded, keepMoments, print, readAddress, useAddress, useChange, withChanges } from "../lib/address";
import { createStore, useStore } from "../lib/store";
import { type Zone, ownZone, zoneOf } from "../lib/time";
import { DEFAULT_RANGE, type Range, type Window, isRelative, windowOf } from "../model/range";
import { scrolled } from "./scroll";

/** When the questions of the present view were last asked, and how often. What is relative to now is relative to this. */
export const asked = createStore({ at: Date.now(), times: 0, byHand: 0 });

let count = 0;

/** Asks all questions of the view again, as somebody wishes. */
export function askAgain(): void {
  asked.set({ at: Date.now(), times: ++count, byHand: asked.get().byHand + 1 });
}

/** The same by itself, as Live does: what is held may stay. */
export function askByItself(): void {
  asked.set({ ...asked.get(), at: Date.now(), times: ++count });
}

interface Asked {
  at: number;
  times: number;
}
const isAsked = (value: unknown): value is Asked => typeof value === "object" && value !== null && "at" in value && typeof value.at === "number" && "times" in value && typeof value.times === "number";

/** "Now" is the present on each page that is opened; Back shows what was asked then, answers that are kept included. */
keepMoments({
  opened: askAgain,
  kept: () => ({ ...asked.get(), scroll: scrolled() }),
  restored(kept) {
    if (isAsked(kept) && kept.times <= count) asked.set({ ...asked.get(), at: kept.at, times: kept.times });
  },
});

/** Calls `run` when the view's questions are asked again while it is open; not when Back shows what was asked before. */
export function useAskedAgain(run: () => void): void {
  const { times } = useStore(asked);
  const last = useRef(times);
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (times <= last.current) return;
    last.current = times;
    latest.current();
  }, [times]);
}

export interface View {
  env: string;
  /** `home`, `query`, `trace` and so on. */
  page: string;
  /** What stands behind the page's name. */
  rest: string;
}

export function readView(path: string): View {
  const [, first, env, page, ...rest] = path.split("/").map(decoded);
  return first === "e" && env ? { env, page: page || "home", rest: rest.join("/") } : { env: "local", page: "home", rest: "" };
}

export function useView(): View {
  const { path } = useAddress();
  return useMemo(() => readView(path), [path]);
}

/** Whether what a page shows lies in no range of time: it cannot be live. A trace is looked at for what is still on its way by itself. */
export const isTimeless = ({ page, rest }: View): boolean => ["trace", "connect", "settings"].includes(page) || (page === "traces" && rest.startsWith("compare/"));

/** The address of a page in the present environment. Time and zone go along. */
export function pageAddress(page: string, params: Record<string, string> = {}): string {
  const { path, params: present } = readAddress();
  const next = new URLSearchParams();
  for (const name of ["from", "to", "tz"]) {
    const value = present.get(name);
    if (value) next.set(name, value);
  }
  for (const [name, value] of Object.entries(params)) next.set(name, value);
  return print(`/e/${encodeURIComponent(readView(path).env)}${page}`, next);
}

export interface Time {
  range: Range;
  window: Window;
  zone: Zone;
  live: boolean;
  setRange: (range: Range) => void;
}

/** The view's time, from its address. */
export function useTime(): Time {
  const { params } = useAddress();
  const change = useChange();
  const { at } = useStore(asked);
  const from = params.get("from") ?? DEFAULT_RANGE.from;
  const to = params.get("to") ?? DEFAULT_RANGE.to;
  const zone = zoneOf(params.get("tz"));
  // What ends at a fixed time has no newer events to ask for.
  const live = params.get("live") === "1" && isRelative({ from, to });
  return useMemo(() => {
    const range = { from, to };
    return {
      range,
      window: windowOf(range, at),
      zone,
      live,
      setRange: (next: Range) => {
        askAgain();
        const isDefault = next.from === DEFAULT_RANGE.from && next.to === DEFAULT_RANGE.to;
        change({ ...(isDefault ? { from: null, to: null } : { from: next.from, to: next.to }), ...(isRelative(next) ? {} : { live: null }) });
      },
    };
  }, [from, to, zone, live, at, change]);
}

/** A window as it stands in a query's text. */
export function timeText({ start, end }: Window): string {
  return `FROM ${new Date(Math.floor(start)).toISOString()} TO ${new Date(Math.ceil(end)).toISOString()}`;
}

/** The present address with its times and zone fixed: what it opens elsewhere, or later, is exactly this. */
export function exactLink(): string {
  const address = readAddress();
  const { start, end } = windowOf({ from: address.params.get("from") ?? DEFAULT_RANGE.from, to: address.params.get("to") ?? DEFAULT_RANGE.to }, asked.get().at);
  const zone = zoneOf(address.params.get("tz"));
  return window.location.origin + withChanges(address, { from: new Date(Math.floor(start)).toISOString(), to: new Date(Math.ceil(end)).toISOString(), tz: zone === "local" ? ownZone() : zone, live: null });
}
