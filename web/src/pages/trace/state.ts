import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { Span } from "../../charts/waterfall";
import { type Changes, readAddress, useAddress, useChange } from "../../lib/address";
import { type BySpan, type Section, bySpan, criticalPath } from "../../model/critical";
import { type Foldable, type Step, folded, hasRow, nameOfSpan, printSteps, readSteps, spanOfName, withStep } from "../../model/fold";
import { type Folding, type Repetition, childrenOf, firstFolding, membershipsOf, placesOf, repetitionOf, repetitionsOf, rowLabel, rowsOf, withAncestors } from "../../model/rows";
import { ERROR, type Trace, addressOf, has, nameOf, spanOfId } from "../../model/trace";
import { announce } from "../../ui/announce";
import { type Found, useFound } from "./found";

export interface TraceState {
  trace: Trace;
  repetitions: Repetition[];
  /** Which of its siblings each span is. */
  places: Int32Array;
  /** Which repetition each span is a member of; -1 for none. */
  memberOf: Int32Array;
  folding: Folding;
  rows: Int32Array;
  selected: number;
  /** The row that the keyboard stands on: the selected span's, or a repetition's. */
  cursor: number | undefined;
  /** Stands on a row: a span is selected, a repetition is only looked at. */
  stand: (row: number) => void;
  select: (span: number, how?: "push" | "replace", more?: Changes) => void;
  /** Opens or closes a row; `deep` takes everything below along. */
  toggle: (row: number, deep?: boolean) => void;
  /** Opens and closes many at once. */
  fold: (step: Step) => void;
  /** Shows a span with all below it alone; the whole trace for -1. */
  focus: (span: number) => void;
  /** Whether that is so. */
  isFocused: boolean;
  shown: Span;
  setShown: (span: Span) => void;
  text: string;
  setText: (text: string) => void;
  hits: number[];
  /** How the search stands, beyond what it has found. */
  looking: Omit<Found, "hits">;
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

/** The critical paths of all that stand at the top. */
const pathOf = (trace: Trace): Section[] => childrenOf(trace, -1).flatMap((root) => criticalPath(trace, root));

/** Spans up to which the critical path is found before anything is drawn. */
const AT_ONCE = 5_000;

/** A repetition stands in the address by its first member, behind a letter that no id begins with. */
const REPEATED = "x";

/**
 * What is open, selected, found and shown of a trace: all of it is the address's. `time` is when its events may be; `trace` is the part of
 * `whole` that begins at `root`, or all of it for -1.
 */
export function useTraceState(env: string, trace: Trace, time: string, whole: Trace, root: number): TraceState {
  const { params } = useAddress();
  const change = useChange();
  const spanId = params.get("span");
  const selected = useMemo(() => (spanId ? spanOfId(trace, spanId) : -1), [trace, spanId]);
  const repetitions = useMemo(() => repetitionsOf(trace), [trace]);
  const places = useMemo(() => placesOf(trace), [trace]);
  const memberOf = useMemo(() => membershipsOf(trace, repetitions), [trace, repetitions]);
  const repeated = useMemo(() => {
    if (selected >= 0 || !spanId?.startsWith(REPEATED)) return undefined;
    const member = spanOfName(trace, spanId.slice(1));
    const found = repetitions.findIndex(({ first }) => first === member);
    return found < 0 ? undefined : -found - 1;
  }, [trace, repetitions, selected, spanId]);
  const text = params.get("find") ?? "";
  const filtered = params.get("mode") === "filter" && text !== "";
  const withCritical = params.get("cp") !== "0";
  // Typing goes first; what it finds follows.
  const sought = useDeferredValue(text);
  const { hits, ...looking } = useFound(env, trace, sought, time);
  const hitMask = useMemo(() => {
    if (hits.length === 0) return undefined;
    const mask = new Uint8Array(trace.count);
    for (const hit of hits) mask[hit] = 1;
    return mask;
  }, [hits, trace]);
  const errors = useMemo(() => {
    const found: number[] = [];
    for (let span = 0; span < trace.count; span++) if (has(trace, span, ERROR)) found.push(span);
    return found;
  }, [trace]);
  const first = useMemo(() => firstFolding(trace, repetitions, -1), [trace, repetitions]);
  const of = useMemo((): Foldable => ({ trace, repetitions, memberOf, errors, hits, critical: () => pathOf(trace).map(({ span }) => span) }), [trace, repetitions, memberOf, errors, hits]);
  // A span that the address names has a row; one that says what is open means just that.
  const stepsOf = useCallback(
    ({ fold, span }: { fold: string | null; span: string | null }): readonly Step[] => {
      if (fold !== null) return readSteps(fold);
      const named = span === null ? -1 : spanOfId(trace, span);
      return named < 0 || hasRow(of, first, named) ? [] : [`v${nameOfSpan(trace, named)}`];
    },
    [trace, of, first],
  );
  const fold = params.get("fold");
  const openedFor = fold === null ? spanId : null;
  const last = useRef<{ of: Foldable; steps: string; folding: Folding }>(undefined);
  const folding = useMemo(() => {
    const steps = stepsOf({ fold, span: openedFor });
    const text = printSteps(steps);
    // One step more is taken from where the others have led.
    const known = last.current?.of === of && text.startsWith(`${last.current.steps}.`) ? last.current : undefined;
    const next = known ? folded(of, known.folding, readSteps(text.slice(known.steps.length + 1))) : folded(of, first, steps);
    last.current = { of, steps: text, folding: next };
    return next;
  }, [of, first, stepsOf, fold, openedFor]);
  const rows = useMemo(() => rowsOf(trace, repetitions, folding, filtered ? withAncestors(trace, hits) : undefined), [trace, repetitions, folding, filtered, hits]);
  // The rows stand there first; what the path takes to find comes after them.
  const [drawn, setDrawn] = useState(trace.count <= AT_ONCE);
  useEffect(() => {
    if (drawn) return;
    const timer = setTimeout(() => setDrawn(true), 50);
    return () => clearTimeout(timer);
  }, [drawn]);
  const critical = useMemo(() => (withCritical && drawn ? pathOf(trace) : undefined), [trace, withCritical, drawn]);
  const criticalBySpan = useMemo(() => critical && bySpan(trace, critical), [critical, trace]);

  const select = useCallback(
    (span: number, how: "push" | "replace" = "replace", more: Changes = {}) => {
      if (span >= 0) announce(rowLabel(trace, span));
      const { params: now } = readAddress();
      const steps = stepsOf({ fold: now.get("fold"), span: now.get("span") });
      const here = last.current?.of === of && last.current.steps === printSteps(steps) ? last.current.folding : folded(of, first, steps);
      // What the last one opened stays open.
      const next = span < 0 || hasRow(of, here, span) ? steps : withStep(steps, `v${nameOfSpan(trace, span)}`);
      change({ span: span < 0 ? null : addressOf(trace, span), fold: printSteps(next ?? steps), ...more }, how);
    },
    [change, trace, of, first, stepsOf],
  );
  const takeStep = useCallback(
    (step: Step) => {
      const { params: now } = readAddress();
      const steps = withStep(stepsOf({ fold: now.get("fold"), span: now.get("span") }), step);
      if (steps) change({ fold: printSteps(steps) }, "replace");
      else announce("So much is opened and closed one by one that the address holds no more: Close all or Open all begins anew", true);
    },
    [change, stepsOf],
  );
  const stand = useCallback(
    (row: number) => {
      select(row, "replace", row < 0 ? { span: `${REPEATED}${nameOfSpan(trace, repetitions[repetitionOf(row)]?.first ?? 0)}` } : {});
    },
    [select, trace, repetitions],
  );
  const toggle = useCallback(
    (row: number, deep = false) => {
      const name = nameOfSpan(trace, row < 0 ? (repetitions[repetitionOf(row)]?.first ?? 0) : row);
      takeStep(`${row < 0 ? "x" : !deep ? "t" : folding.open[row] ? "k" : "o"}${name}`);
    },
    [trace, repetitions, folding, takeStep],
  );

  const focus = useCallback(
    (span: number) => {
      const at = span < 0 ? -1 : Math.max(0, root) + span;
      const { params: now } = readAddress();
      if (at < 0 && !now.get("root")) return;
      change({ root: at < 0 ? null : addressOf(whole, at), w: null, fold: null });
      announce(at < 0 ? "The whole trace" : `${nameOf(whole, at)} and all below it`);
    },
    [change, whole, root],
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
    places,
    memberOf,
    folding,
    rows,
    selected,
    cursor: repeated ?? (selected >= 0 ? selected : undefined),
    stand,
    select,
    toggle,
    fold: takeStep,
    focus,
    isFocused: root >= 0,
    shown,
    setShown,
    text,
    setText: (next) => change({ find: next }, "replace"),
    hits,
    looking,
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
