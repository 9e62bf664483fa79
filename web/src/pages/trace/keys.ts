import { type KeyboardEvent, useRef } from "react";
import { duration } from "../../lib/format";
import { nextSection } from "../../model/measure";
import { nameOfSpan } from "../../model/fold";
import { repetitionName, repetitionOf, rowLabel, siblingOf, timesOf } from "../../model/rows";
import { endOf } from "../../model/trace";
import { announce } from "../../ui/announce";
import type { Measuring } from "./measuring";
import type { TraceState } from "./state";

interface Around {
  /** The row that the keyboard stands on, by its place. */
  at: number;
  /** Rows that a page has. */
  page: number;
  zoom: (factor: number, at: number) => void;
  /** Moves what is shown by so many nanoseconds. */
  pan: (by: number) => void;
  measuring: Measuring;
}

/** What keys do among the rows of a trace. */
export function useWaterfallKeys(state: TraceState, { at, page, zoom, pan, measuring }: Around): (event: KeyboardEvent) => void {
  const { trace, rows, repetitions, folding, selected, cursor, stand, shown, setShown, select, toggle, focus } = state;
  const section = useRef(-1);
  const move = (to: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (row === undefined) return;
    stand(row);
    const repetition = row < 0 ? repetitions[repetitionOf(row)] : undefined;
    if (repetition) {
      const one = repetition.first;
      const what = repetition.turn === 1 ? rowLabel(trace, one) : `level ${(trace.depth[one] ?? 0) + 1}, ${repetitionName(trace, repetition)}`;
      announce(`${timesOf(repetition)} times ${what}, ${folding.openRepetitions[repetitionOf(row)] ? "open" : "closed"}`);
    }
  };
  const up = (span: number) => {
    const above = trace.parent[span] ?? -1;
    if (above >= 0) select(above);
  };
  /** To what stands above a span: its repetition while that is open, else its parent. */
  const leave = (span: number) => {
    const member = state.memberOf[span] ?? -1;
    if (member >= 0 && folding.openRepetitions[member] && !state.filtered) stand(-member - 1);
    else up(span);
  };
  const beside = (by: 1 | -1) => {
    const next = selected < 0 ? undefined : siblingOf(trace, selected, by);
    if (next !== undefined) select(next);
  };
  const critical = (by: 1 | -1) => {
    const sections = state.critical ?? [];
    section.current = nextSection(sections, section.current, selected, by);
    const next = sections[section.current];
    if (!next) return;
    select(next.span);
    announce(`part ${section.current + 1} of ${sections.length} of the critical path, ${duration((next.to - next.from) / 1e6)}`);
  };
  const repeated = cursor !== undefined && cursor < 0 ? repetitionOf(cursor) : undefined;
  const hasChildren = selected >= 0 && (trace.childCount[selected] ?? 0) > 0;
  const right = () => {
    if (repeated !== undefined) return folding.openRepetitions[repeated] ? move(at + 1) : toggle(-repeated - 1);
    if (hasChildren) return folding.open[selected] ? move(at + 1) : toggle(selected);
  };
  const left = () => {
    if (repeated !== undefined) return folding.openRepetitions[repeated] ? toggle(-repeated - 1) : up(repetitions[repeated]?.first ?? 0);
    if (selected >= 0) return hasChildren && folding.open[selected] ? toggle(selected) : leave(selected);
  };
  const step = (shown.to - shown.from) / 4;
  const middle = (shown.from + shown.to) / 2;
  const length = trace.duration[selected] ?? 0;
  return (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || (event.target as HTMLElement).closest("[role=separator]")) return;
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(at + 1),
      j: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      k: () => move(at - 1),
      J: () => beside(1),
      K: () => beside(-1),
      PageDown: () => move(at + page),
      PageUp: () => move(at - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      ArrowRight: () => (event.shiftKey ? pan(step) : right()),
      ArrowLeft: () => (event.shiftKey ? pan(-step) : left()),
      Enter: () => repeated !== undefined && toggle(-repeated - 1),
      p: () => selected >= 0 && up(selected),
      e: () => state.step(state.errors, 1),
      E: () => state.step(state.errors, -1),
      n: () => state.step(state.hits, 1),
      N: () => state.step(state.hits, -1),
      c: () => critical(1),
      C: () => critical(-1),
      f: () => selected >= 0 && focus(selected),
      F: () => focus(-1),
      m: () => measuring.mark(),
      "{": () => state.fold("0"),
      "}": () => state.fold("1"),
      "[": () => state.fold("l"),
      "]": () => state.fold("m"),
      "*": () => selected >= 0 && state.fold(`b${nameOfSpan(trace, selected)}`),
      "+": () => zoom(0.5, middle),
      "-": () => zoom(2, middle),
      "0": () => setShown({ from: 0, to: trace.length }),
      z: () => selected >= 0 && setShown({ from: (trace.from[selected] ?? 0) - length * 0.05, to: endOf(trace, selected) + length * 0.05 }),
    };
    if (event.key === "Escape" && (measuring.measure || cursor !== undefined)) {
      event.preventDefault();
      if (measuring.measure) measuring.set(undefined);
      else select(-1);
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
}
