import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Changes, readAddress, useAddress, useChange } from "../../lib/address";
import { preference } from "../../lib/preferences";
import { type Query, printQuery, readQuery, timeClause } from "../../model/query";
import { type Range, rangeOfClause } from "../../model/range";
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
  /** Changes what is being written; `range` is the time that its text names. */
  setDraft: (query: Query, range?: Range) => void;
  /** Runs a query, with other changes of the address in the same step. */
  run: (query: Query, more?: Changes) => void;
  tab: Tab;
  setTab: (tab: Tab) => void;
}

/** The query of the address, and the one that is being written. */
export function useQueryState(): QueryState {
  const { params } = useAddress();
  const change = useChange();
  const q = params.get("q") ?? FIRST_QUERY;
  const ran = useMemo(() => readQuery(q), [q]);
  const [draft, setWritten] = useState(ran);
  const range = useRef<Range>(undefined);
  const setDraft = useCallback((query: Query, named?: Range) => {
    range.current = named;
    setWritten(query);
  }, []);
  useEffect(() => setDraft(ran), [ran, setDraft]);
  // A query that names its own time is one whose time is the page's.
  useEffect(() => {
    const named = rangeOfClause(timeClause(q), Date.now());
    if (named) change({ q: printQuery(readQuery(q)), from: named.from, to: named.to }, "replace");
  }, [q, change]);
  const run = useCallback(
    (query: Query, more: Changes = {}) => {
      const text = printQuery(query);
      const time = range.current && more.from === undefined ? { from: range.current.from, to: range.current.to } : {};
      setDraft(query);
      remember(text);
      askAgain();
      // A box belongs to the answer that it was drawn on; what it was compared for is in the query now.
      const leavesBox = readAddress().params.get("tab") === "bubbleup" ? { tab: null } : {};
      change({ q: text === FIRST_QUERY ? null : text, box: null, sel: null, ...leavesBox, ...time, ...more });
    },
    [change, setDraft],
  );
  const named = params.get("tab") as Tab | null;
  const tab = named && TABS.includes(named) ? named : "results";
  const setTab = useCallback((next: Tab) => change({ tab: next === "results" ? null : next }), [change]);
  return { ran, draft, setDraft, run, tab, setTab };
}
