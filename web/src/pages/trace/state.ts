import { useCallback, useDeferredValue, useEffect, useMemo, useState } from "react";
import type { Span } from "../../charts/waterfall";
import { useAddress, useChange } from "../../lib/address";
import { type BySpan, type Section, bySpan, criticalPath } from "../../model/critical";
import { type Folding, type Repetition, childrenOf, find, firstFolding, membershipsOf, repetitionOf, repetitionsOf, reveal, rowLabel, rowsOf, withAncestors } from "../../model/rows";
import { ERROR, type Trace, has, spanOfId } from "../../model/trace";
import { announce } from "../../ui/announce";

export interface TraceState {
  trace: Trace;
  repetitions: Repetition[];
  /** Which repetition each span is a member of; -1 for none. */
  memberOf: Int32Array;
  folding: Folding;
  rows: Int32Array;
  selected: number;
  /** The row that the keyboard stands on: the selected span's, or a repetition's. */
  cursor: number | undefined;
  /** Stands on a row: a span is selected, a repetition is only looked at. */
  stand: (row: number) => void;
  select: (span: number, how?: "push" | "replace") => void;
  /** Opens or closes a row; `deep` takes everything below along. */
  toggle: (row: number, deep?: boolean) => void;
  /** Opens and closes many at once. */
  fold: (to: (known: Folding) => Folding) => void;
  shown: Span;
  setShown: (span: Span) => void;
  text: string;
  setText: (text: string) => void;
  hits: number[];
  hitMask: Uint8Array | undefined;
  filtered: boolean;
  setFiltered: (on: boolean) => void;
  critical: Section[] | undefined;
  criticalBySpan: BySpan | undefined;
  /** Whether the critical path is asked for; it may not be found yet. */
  withCritical: boolean;
  setCritical: (on: boolean) => void;
  /** Selects the next (1) or previous (-1) of these spans, in order of rows. */
  step: (spans: readonly number[], by: 1 | -1) => void;
  errors: number[];
}

/** Spans up to which the critical path is found before anything is drawn. */
const AT_ONCE = 5_000;

/** What is open, selected, found and shown of a trace. The selection, the search, and the time shown are the address's. */
export function useTraceState(trace: Trace): TraceState {
  const { params } = useAddress();
  const change = useChange();
  const spanId = params.get("span");
  const selected = useMemo(() => (spanId ? spanOfId(trace, spanId) : -1), [trace, spanId]);
  const repetitions = useMemo(() => repetitionsOf(trace), [trace]);
  const memberOf = useMemo(() => membershipsOf(trace, repetitions), [trace, repetitions]);
  const [repeated, setRepeated] = useState<number>();
  const [folding, setFolding] = useState<Folding>(() => firstFolding(trace, repetitions, selected));
  const text = params.get("find") ?? "";
  const filtered = params.get("mode") === "filter" && text !== "";
  const withCritical = params.get("cp") !== "0";
  // Typing goes first; what it finds follows.
  const sought = useDeferredValue(text);
  const hits = useMemo(() => find(trace, sought), [trace, sought]);
  const hitMask = useMemo(() => {
    if (hits.length === 0) return undefined;
    const mask = new Uint8Array(trace.count);
    for (const hit of hits) mask[hit] = 1;
    return mask;
  }, [hits, trace]);
  const rows = useMemo(() => rowsOf(trace, repetitions, folding, filtered ? withAncestors(trace, hits) : undefined), [trace, repetitions, folding, filtered, hits]);
  // The rows stand there first; what the path takes to find comes after them.
  const [drawn, setDrawn] = useState(trace.count <= AT_ONCE);
  useEffect(() => {
    if (drawn) return;
    const timer = setTimeout(() => setDrawn(true), 50);
    return () => clearTimeout(timer);
  }, [drawn]);
  const critical = useMemo(() => (withCritical && drawn ? childrenOf(trace, -1).flatMap((root) => criticalPath(trace, root)) : undefined), [trace, withCritical, drawn]);
  const criticalBySpan = useMemo(() => critical && bySpan(trace, critical), [critical, trace]);
  const errors = useMemo(() => {
    const found: number[] = [];
    for (let span = 0; span < trace.count; span++) if (has(trace, span, ERROR)) found.push(span);
    return found;
  }, [trace]);

  const show = useCallback(
    (span: number) =>
      setFolding((known) => {
        const next = { open: known.open.slice(), openRepetitions: known.openRepetitions.slice() };
        reveal(trace, next, repetitions, span);
        return next;
      }),
    [trace, repetitions],
  );
  // A span that the address names has a row, even when it was closed away.
  useEffect(() => {
    if (selected >= 0) show(selected);
  }, [selected, show]);

  const select = useCallback(
    (span: number, how: "push" | "replace" = "replace") => {
      setRepeated(undefined);
      if (span >= 0) announce(rowLabel(trace, span));
      change({ span: span < 0 ? null : (trace.ids[span] ?? null) }, how);
    },
    [change, trace],
  );
  const stand = useCallback(
    (row: number) => {
      select(row);
      if (row < 0) setRepeated(row);
    },
    [select],
  );
  const toggle = useCallback(
    (row: number, deep = false) =>
      setFolding((known) => {
        const next = { open: known.open.slice(), openRepetitions: known.openRepetitions.slice() };
        if (row < 0) next.openRepetitions[repetitionOf(row)] = known.openRepetitions[repetitionOf(row)] ? 0 : 1;
        else {
          const open = known.open[row] ? 0 : 1;
          next.open[row] = open;
          if (deep) next.open.fill(open, row, row + 1 + (trace.below[row] ?? 0));
        }
        return next;
      }),
    [trace],
  );

  const w = params.get("w");
  const shown = useMemo(() => {
    const [from, to] = (w ?? "").split(",").map(Number);
    return from !== undefined && to !== undefined && to > from ? { from, to } : { from: 0, to: trace.length };
  }, [w, trace]);
  const setShown = useCallback(
    ({ from, to }: Span) => {
      const start = Math.max(0, from);
      const end = Math.min(trace.length, to);
      if (end - start < 10) return;
      const isWhole = start === 0 && end === trace.length;
      change({ w: isWhole ? null : `${Math.round(start)},${Math.round(end)}` }, "replace");
    },
    [change, trace],
  );
  const step = useCallback(
    (spans: readonly number[], by: 1 | -1) => {
      if (spans.length === 0) return;
      const next = by > 0 ? spans.find((span) => span > selected) : spans.findLast((span) => span < selected);
      select(next ?? (by > 0 ? (spans[0] ?? -1) : (spans.at(-1) ?? -1)));
    },
    [selected, select],
  );
  return {
    trace,
    repetitions,
    memberOf,
    folding,
    rows,
    selected,
    cursor: repeated ?? (selected >= 0 ? selected : undefined),
    stand,
    select,
    toggle,
    fold: setFolding,
    shown,
    setShown,
    text,
    setText: (next) => change({ find: next }, "replace"),
    hits,
    hitMask,
    filtered,
    setFiltered: (on) => change({ mode: on ? "filter" : null }, "replace"),
    critical,
    withCritical,
    criticalBySpan,
    setCritical: (on) => change({ cp: on ? null : "0" }, "replace"),
    step,
    errors,
  };
}
