import { useCallback, useRef, useState } from "react";
import { duration, percent } from "../../lib/format";
import { type Measure, between, idleWithin } from "../../model/measure";
import { type Trace, nameOf } from "../../model/trace";
import { announce } from "../../ui/announce";
import type { TraceState } from "./state";

export interface Measuring {
  measure: Measure | undefined;
  /** Shows a part as it is drawn, or nothing. */
  set: (measure: Measure | undefined) => void;
  /** Says what a part that was drawn has come to. */
  tell: (measure: Measure) => void;
  /** Begins at the selected span, or ends there what was begun. */
  mark: () => void;
  text: string;
}

/** What a part of the time comes to: how long it is, and how much of it was idle. */
export function measureText(trace: Trace, measure: Measure): string {
  const length = measure.to - measure.from;
  const idle = idleWithin(trace, measure);
  return `${duration(length / 1e6)}, idle ${duration(idle / 1e6)} (${percent(length > 0 ? idle / length : 0)})`;
}

/** A part of a trace's time that is measured on its ruler, by a drag or between two spans. */
export function useMeasuring({ trace, selected }: TraceState): Measuring {
  const [kept, setKept] = useState<{ of: Trace; measure: Measure }>();
  const begun = useRef<{ of: Trace; span: number }>(undefined);
  const measure = kept?.of === trace ? kept.measure : undefined;
  const set = useCallback((next: Measure | undefined) => setKept(next && { of: trace, measure: next }), [trace]);
  const tell = useCallback((next: Measure) => announce(measureText(trace, next)), [trace]);
  const mark = () => {
    if (selected < 0) return announce("Select a span to measure from", true);
    const first = begun.current?.of === trace ? begun.current.span : undefined;
    if (first === undefined) {
      begun.current = { of: trace, span: selected };
      set(undefined);
      return announce(`Measuring from the start of ${nameOf(trace, selected)}: m on another span ends it`, true);
    }
    begun.current = undefined;
    const next = between(trace, first, selected);
    set(next);
    announce(measureText(trace, next));
  };
  return { measure, set, tell, mark, text: measure ? measureText(trace, measure) : "" };
}
