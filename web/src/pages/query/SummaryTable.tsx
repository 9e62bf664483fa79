import { useEffect, useMemo, useRef, useState } from "react";
import type { QueryAnswer } from "../../api/hooks";
import { prepare } from "../../charts/canvas";
import { slotColour, useColours } from "../../charts/colours";
import { hoveredGroup } from "../../charts/crosshair";
import { useChange } from "../../lib/address";
import { count, inUnit } from "../../lib/format";
import { equals, withCondition } from "../../model/query";
import { RAMP_ENTRIES, shade, shadingOf } from "../../model/ramp";
import { type Calculation, type Graphs, numberOf } from "../../model/series";
import { Menu } from "../../ui/Menu";
import type { QueryState } from "./state";

const PAGE_ROWS = 100;

/** A row for each group: colour, values, bars. */
export function SummaryTable({ data, graphs, state }: { data: QueryAnswer; graphs: Graphs; state: QueryState }) {
  const colours = useColours();
  const [sort, setSort] = useState<{ by: number; down: boolean }>();
  const [shown, setShown] = useState(PAGE_ROWS);
  const { ran, run, setTab } = state;
  const change = useChange();
  const breakdowns = data.breakdowns;
  const largest = useMemo(() => graphs.calculations.map((_, n) => Math.max(0, ...data.results.map(({ values }) => numberOf(values[n])).filter(Number.isFinite))), [data, graphs]);
  const order = useMemo(() => {
    const rows = data.results.map((_, n) => n);
    if (!sort) return rows;
    const key = (row: number) => (sort.by < breakdowns.length ? String(data.results[row]?.group[sort.by] ?? "") : numberOf(data.results[row]?.values[sort.by - breakdowns.length]));
    const compare = (a: number, b: number) => {
      const [left, right] = [key(a), key(b)];
      return typeof left === "number" && typeof right === "number" ? (Number.isNaN(left) ? -1 : Number.isNaN(right) ? 1 : left - right) : String(left) < String(right) ? -1 : 1;
    };
    return rows.sort((a, b) => (sort.down ? -compare(a, b) : compare(a, b)));
  }, [data, sort, breakdowns]);
  const header = (label: string, index: number) => (
    <th key={`${label}${index}`} scope="col" className={index >= breakdowns.length ? "num" : ""} aria-sort={sort?.by === index ? (sort.down ? "descending" : "ascending") : "none"}>
      <button type="button" onClick={() => setSort({ by: index, down: sort?.by === index ? !sort.down : index >= breakdowns.length })}>
        {label}
        {sort?.by === index && (sort.down ? " ↓" : " ↑")}
      </button>
    </th>
  );
  const only = (row: number, negated: boolean) =>
    breakdowns.reduce((query, column, n) => withCondition(query, equals(column, data.results[row]?.group[n], negated)), ran);
  return (
    <div>
      <div className="grid-wrap" tabIndex={0} role="region" aria-label="Groups">
        <table className="grid">
          <thead>
            <tr>
              {breakdowns.length > 0 && (
                <th scope="col">
                  <span className="only-read">colour and menu</span>
                </th>
              )}
              {breakdowns.map(header)}
              {graphs.calculations.map(({ label }, n) => header(label, breakdowns.length + n))}
            </tr>
          </thead>
          <tbody onPointerLeave={() => hoveredGroup.set(undefined)}>
            {order.slice(0, shown).map((row) => (
              <tr key={row} onPointerEnter={() => hoveredGroup.set(row)} onFocus={() => hoveredGroup.set(row)} onBlur={() => hoveredGroup.set(undefined)}>
                {breakdowns.length > 0 && (
                  <td style={{ overflow: "visible" }}>
                    <span className="swatch" style={{ background: row < 12 ? slotColour(colours, row) : "transparent" }} />
                    <Menu
                      label="⋯"
                      name={`Actions for ${graphs.names[row]}`}
                      className="row-menu"
                      items={[
                        { label: "Only this", run: () => run(only(row, false)) },
                        ...(breakdowns.length === 1 ? [{ label: "Exclude", run: () => run(only(row, true)) }] : []),
                        { label: "Compare to rest", run: () => change({ sel: JSON.stringify(data.results[row]?.group), box: null, tab: "bubbleup" }) },
                        { label: "Only this, as events", run: () => (run(only(row, false)), setTab("raw")) },
                        { label: "Only this, as traces", run: () => (run(only(row, false)), setTab("traces")) },
                        { label: null },
                        { label: "Copy", run: () => void navigator.clipboard?.writeText(graphs.names[row] ?? "") },
                      ]}
                    />
                  </td>
                )}
                {breakdowns.map((column, n) => (
                  <td key={column} title={text(data.results[row]?.group[n])} className={data.results[row]?.group[n] === null ? "quiet" : ""}>
                    {text(data.results[row]?.group[n])}
                  </td>
                ))}
                {graphs.calculations.map((calculation, n) => (
                  <td key={calculation.label} className="num">
                    {calculation.heats.length > 0 ? <Strip value={data.results[row]?.values[n]} /> : <Value calculation={calculation} value={numberOf(data.results[row]?.values[n])} most={breakdowns.length ? (largest[n] ?? 0) : 0} />}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="table-foot">
        {breakdowns.length > 0 && `${count(Math.min(shown, data.results.length))} of ${count(data.groups)} groups`}
        {shown < data.results.length && (
          <button type="button" className="button plain" onClick={() => setShown(shown + 900)}>
            Show more
          </button>
        )}
        {data.groups > data.results.length && " · the rest is beyond LIMIT; sorting here sorts what is shown"}
      </p>
    </div>
  );
}

const text = (value: unknown) => (value === null || value === undefined ? "(none)" : typeof value === "string" ? value : JSON.stringify(value));

function Value({ calculation, value, most }: { calculation: Calculation; value: number; most: number }) {
  if (Number.isNaN(value)) return <span className="quiet">–</span>;
  return (
    <>
      {most > 0 && value > 0 && <i className="bar" style={{ width: `${Math.max(1, (value / most) * 100)}%` }} />}
      <span title={String(value)}>{inUnit(value, calculation.measure)}</span>
    </>
  );
}

/** How a group's values are spread: small to large, from left to right. */
function Strip({ value }: { value: unknown }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const counts = typeof value === "object" && value !== null && "counts" in value ? (value.counts as number[]) : [];
  useEffect(() => {
    if (!canvas.current) return;
    const context = prepare(canvas.current, 160, 14);
    if (!context || counts.length === 0) return;
    const shading = shadingOf(counts, colours.rampFloor, "sqrt");
    counts.forEach((weight, n) => {
      if (weight <= 0) return;
      const [red, green, blue] = colours.ramp[Math.round(shade(weight, shading) * (RAMP_ENTRIES - 1))] ?? [0, 0, 0];
      context.fillStyle = `rgb(${red} ${green} ${blue})`;
      const left = Math.round((n / counts.length) * 160);
      context.fillRect(left, 0, Math.round(((n + 1) / counts.length) * 160) - left, 14);
    });
  }, [counts, colours]);
  return <canvas ref={canvas} className="strip-canvas" role="img" aria-label="Distribution of values" />;
}
