import { useMemo } from "react";
import { useParam } from "../../lib/address";
import { count, duration, percent } from "../../lib/format";
import { criticalShares } from "../../model/critical";
import { ERROR, MISSING, type Trace, has, serviceOf, nameOf } from "../../model/trace";
import { Table, filled, numeric } from "../../ui/Table";
import type { TraceState } from "./state";

interface Figure {
  name: string;
  count: number;
  errors: number;
  total: number;
  self: number;
  longest: number;
  lengths: number[];
  critical: number;
}

type By = "service" | "name";

function figuresOf(trace: Trace, by: By, shares: Float64Array | undefined): Figure[] {
  const found = new Map<string, Figure>();
  for (let span = 0; span < trace.count; span++) {
    if (has(trace, span, MISSING)) continue;
    const name = by === "service" ? serviceOf(trace, span) : `${serviceOf(trace, span)} · ${nameOf(trace, span)}`;
    const figure = found.get(name) ?? { name, count: 0, errors: 0, total: 0, self: 0, longest: 0, lengths: [], critical: 0 };
    figure.count++;
    figure.errors += Number(has(trace, span, ERROR));
    figure.total += trace.duration[span] ?? 0;
    figure.self += trace.self[span] ?? 0;
    figure.lengths.push(trace.duration[span] ?? 0);
    figure.longest = Math.max(figure.longest, trace.duration[span] ?? 0);
    figure.critical += shares?.[span] ?? 0;
    found.set(name, figure);
  }
  for (const { lengths } of found.values()) lengths.sort((a, b) => a - b);
  return [...found.values()].sort((a, b) => b.critical - a.critical || b.self - a.self);
}

/** The length that so large a share of the spans does not pass, of lengths in order. */
const quantile = (lengths: readonly number[], share: number): number => lengths[Math.max(0, Math.ceil(lengths.length * share) - 1)] ?? 0;

/** Where the time went: by service, or by name. A press on a line shows its spans alone. */
export function Stats({ state, showSpans }: { state: TraceState; showSpans: (text: string) => void }) {
  const { trace, critical } = state;
  const [named, setBy] = useParam("by");
  const by: By = named === "service" ? "service" : "name";
  const shares = useMemo(() => (critical ? criticalShares(trace, critical) : undefined), [critical, trace]);
  // Where several parts have a path each, a share is of all of them.
  const whole = useMemo(() => critical?.reduce((sum, { from, to }) => sum + to - from, 0) || trace.length, [critical, trace]);
  const figures = useMemo(() => figuresOf(trace, by, shares), [trace, by, shares]);
  return (
    <div style={{ overflow: "auto", padding: 16 }}>
      <div className="status-line" style={{ marginBottom: 8 }}>
        {(["name", "service"] as const).map((id) => (
          <button key={id} type="button" className="button" aria-pressed={by === id} onClick={() => setBy(id === "name" ? null : id)}>
            By {id}
          </button>
        ))}
      </div>
      <Table label="Statistics" heads={[by, numeric("critical path"), numeric("own time"), numeric("total", "wide-only"), numeric("mean", "wide-only"), numeric("P50", "wide-only"), numeric("P95", "wide-only"), numeric("longest"), numeric("spans"), numeric("errors")]}>
        {figures.slice(0, 500).map((figure) => (
          <tr key={figure.name}>
            <td>
              <button type="button" className="button plain stat-name" title={figure.name} onClick={() => showSpans(by === "service" ? figure.name : (figure.name.split(" · ").at(-1) ?? ""))}>
                <span className="cut">{figure.name}</span>
              </button>
            </td>
            <td className="num filled" style={filled(figure.critical / whole)}>
              {figure.critical > 0 ? percent(figure.critical / whole) : "–"}
            </td>
            <td className="num">{duration(figure.self / 1e6)}</td>
            <td className="num wide-only">{duration(figure.total / 1e6)}</td>
            <td className="num wide-only">{duration(figure.total / figure.count / 1e6)}</td>
            <td className="num wide-only">{duration(quantile(figure.lengths, 0.5) / 1e6)}</td>
            <td className="num wide-only">{duration(quantile(figure.lengths, 0.95) / 1e6)}</td>
            <td className="num">{duration(figure.longest / 1e6)}</td>
            <td className="num">{count(figure.count)}</td>
            <td className="num">{figure.errors > 0 ? count(figure.errors) : "–"}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}
