import { useCallback, useEffect, useMemo, useState } from "react";
import { readAddress, useAddress, useChange } from "../../lib/address";
import { preference } from "../../lib/preferences";
import { type Query, printQuery, readQuery } from "../../model/query";
import { askAgain } from "../../ui/view";

export const FIRST_QUERY = "HEATMAP(duration_ms), COUNT";
export type Tab = "results" | "bubbleup" | "traces" | "raw";
const TABS: readonly Tab[] = ["results", "bubbleup", "traces", "raw"];

export interface Ran {
  q: string;
  at: number;
}
const KEPT_RUNS = 100;
const isRuns = (value: unknown): value is Ran[] => Array.isArray(value) && value.every((run) => typeof run?.q === "string" && typeof run?.at === "number");
/** Queries that were run in this browser, newest first. */
export const history = preference<Ran[]>("history", [], isRuns);

function remember(q: string): void {
  history.set([{ q, at: Date.now() }, ...history.get().filter((run) => run.q !== q)].slice(0, KEPT_RUNS));
}

export interface QueryState {
  /** The query as it was run: the address's. */
  ran: Query;
  draft: Query;
  setDraft: (query: Query) => void;
  run: (query: Query) => void;
  tab: Tab;
  setTab: (tab: Tab) => void;
}

/** The query of the address, and the one that is being written. */
export function useQueryState(): QueryState {
  const { params } = useAddress();
  const change = useChange();
  const q = params.get("q") ?? FIRST_QUERY;
  const ran = useMemo(() => readQuery(q), [q]);
  const [draft, setDraft] = useState(ran);
  useEffect(() => setDraft(ran), [ran]);
  const run = useCallback(
    (query: Query) => {
      const text = printQuery(query);
      setDraft(query);
      remember(text);
      askAgain();
      // A box belongs to the answer that it was drawn on; what it was compared for is in the query now.
      const leavesBox = readAddress().params.get("tab") === "bubbleup" ? { tab: null } : {};
      change({ q: text === FIRST_QUERY ? null : text, box: null, sel: null, ...leavesBox });
    },
    [change],
  );
  const named = params.get("tab") as Tab | null;
  const tab = named && TABS.includes(named) ? named : "results";
  const setTab = useCallback((next: Tab) => change({ tab: next === "results" ? null : next }), [change]);
  return { ran, draft, setDraft, run, tab, setTab };
}
