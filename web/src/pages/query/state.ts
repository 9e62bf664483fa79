import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useColumnFigures } from "../../api/hooks";
import { noteRun } from "../../api/library";
import { type Changes, readAddress, useAddress, useChange } from "../../lib/address";
import { type Query, printQuery, readQuery, timeClause } from "../../model/query";
import { DEFAULT_RANGE, type Range, rangeOfClause } from "../../model/range";
import { askAgain, useView } from "../../ui/view";

/** What is asked first, and where no event has a duration. */
const FIRST_QUERY = "HEATMAP(duration_ms), COUNT";
const FIRST_WITHOUT_DURATIONS = "COUNT";
export type Tab = "results" | "bubbleup" | "traces" | "raw";
const TABS: readonly Tab[] = ["results", "bubbleup", "traces", "raw"];

function remember(env: string, q: string): void {
  const { params } = readAddress();
  noteRun(env, printQuery(readQuery(q)), params.get("from") ?? DEFAULT_RANGE.from, params.get("to") ?? DEFAULT_RANGE.to);
}

/** What answers are drawn from: none of it changes while another query is written. */
export interface RanQuery {
  /** The query as it was run: the address's. */
  ran: Query;
  /** Runs a query, with other changes of the address in the same step. */
  run: (query: Query, more?: Changes) => void;
  tab: Tab;
}

export interface QueryState {
  shown: RanQuery;
  draft: Query;
  /** Changes what is being written; `range` is the time that its text names. */
  setDraft: (query: Query, range?: Range) => void;
  setTab: (tab: Tab) => void;
}

/** Whether events of an environment have no duration; nothing until that is known. */
function useLacksDurations(env: string): boolean | undefined {
  const { data } = useColumnFigures(env);
  if (!data || data.events === 0) return undefined;
  const duration = data.columns.find(({ name }) => name === "duration_ms");
  return duration === undefined || (duration.events === 0 && !duration.last_seen_ns);
}

/** The query of the address, and the one that is being written. `own` is meant where the address has none: a saved query's. */
export function useQueryState(own?: string): QueryState {
  const { env } = useView();
  // One and the same as long as the page is open: what is being written is not exchanged for another first query.
  const first = own ?? FIRST_QUERY;
  const lacksDurations = useLacksDurations(env);
  const { params } = useAddress();
  const change = useChange();
  const named = params.get("q");
  const q = params.get("q") ?? first;
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
  // Where no event has a duration, events are counted at first, unless somebody writes already. It is said once, when columns are first known.
  const isSettled = useRef<string>(undefined);
  const isTouched = printQuery(draft) !== printQuery(ran);
  useEffect(() => {
    if (lacksDurations === undefined || isSettled.current === env) return;
    isSettled.current = env;
    if (lacksDurations && named === null && own === undefined && !isTouched) change({ q: FIRST_WITHOUT_DURATIONS }, "replace");
  }, [lacksDurations, env, named, own, isTouched, change]);
  // What is looked at is remembered, whatever led to it.
  useEffect(() => {
    if (named !== null) remember(env, named);
  }, [env, named]);
  const run = useCallback(
    (query: Query, more: Changes = {}) => {
      const text = printQuery(query);
      const time = range.current && more.from === undefined ? { from: range.current.from, to: range.current.to } : {};
      setDraft(query);
      // Another one is remembered when it stands in the address.
      if (text === q) remember(env, text);
      askAgain();
      // A box belongs to the answer that it was drawn on; what it was compared for is in the query now.
      const leavesBox = readAddress().params.get("tab") === "bubbleup" ? { tab: null } : {};
      change({ q: text === first ? null : text, box: null, sel: null, lines: query.groupBy.join() === ran.groupBy.join() ? readAddress().params.get("lines") : null, event: null, find: null, ...leavesBox, ...time, ...more });
    },
    [change, first, setDraft, env, q, ran],
  );
  const wanted = params.get("tab") as Tab | null;
  const tab = wanted && TABS.includes(wanted) ? wanted : "results";
  const setTab = useCallback((next: Tab) => change({ tab: next === "results" ? null : next }), [change]);
  const shown = useMemo(() => ({ ran, run, tab }), [ran, run, tab]);
  return { shown, draft, setDraft, setTab };
}
