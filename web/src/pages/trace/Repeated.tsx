import { duration, percent, plural } from "../../lib/format";
import { repetitionName, repetitionOf, timesOf } from "../../model/rows";
import { serviceOf } from "../../model/trace";
import type { TraceState } from "./state";

/** Spans that stand together under one name, in figures. */
export function Repeated({ state, row }: { state: TraceState; row: number }) {
  const { trace, repetitions, folding, toggle, select } = state;
  const repetition = repetitions[repetitionOf(row)];
  if (!repetition) return null;
  const name = repetitionName(trace, repetition);
  const times = timesOf(repetition);
  const { members, wall, sum, median, longest, errors, isSerial, share } = repetition;
  const figures: [string, string][] = [
    ["at least one ran for", `${duration(wall / 1e6)}, ${percent(share)} of the span above`],
    ["added up", duration(sum / 1e6)],
    ["median", duration(median / 1e6)],
    ["longest", duration(longest / 1e6)],
    ["errors", String(errors)],
  ];
  return (
    <aside className="span-panel" aria-label={`${times} times ${name}`}>
      <header>
        <h2>
          ×{times} {name}
        </h2>
        <p className="quiet">{serviceOf(trace, repetition.first)}</p>
        <dl className="facts">
          {figures.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {isSerial && <p className="note">{plural(members.length, "call")} in a row take {percent(share)} of the span above: one call for all may do.</p>}
        <div style={{ display: "flex", gap: 6, marginTop: 8 }}>
          <button type="button" className="button" onClick={() => toggle(row)}>
            {folding.openRepetitions[repetitionOf(row)] ? "Fold them" : "Show each"}
          </button>
          <button type="button" className="button" onClick={() => select(longestOf(state, members), "push")}>
            Show the longest
          </button>
        </div>
      </header>
    </aside>
  );
}

function longestOf({ trace }: TraceState, members: Int32Array): number {
  return members.reduce((best, span) => ((trace.duration[span] ?? 0) > (trace.duration[best] ?? 0) ? span : best), members[0] ?? 0);
}
