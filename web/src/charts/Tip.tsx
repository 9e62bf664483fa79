import type { ReactNode } from "react";
import { count, inUnit } from "../lib/format";
import { clock, zoneName } from "../lib/time";
import type { Calculation } from "../model/series";
import { markerColour } from "../ui/markers";
import { markerWords, useShownMarkers } from "./MarkerLayer";
import type { Cell, TimeChartProps } from "./TimeChart";
import { AXIS, type Frame, xOf } from "./frame";
import { rowEdges, rowName } from "./heatmap";

export function textOf(value: number | undefined, calculation: Calculation): string {
  return value === undefined || Number.isNaN(value) ? "no value" : inUnit(value, calculation.measure);
}

const SHOWN_IN_TIP = 10;
const SHOWN_MARKERS = 5;

/** What is under the pointer, in words. */
export function Tip({ calculation, grid, zone, names, shownGroups, before, over, cell, frame, colours, width, height, datasets = [] }: TimeChartProps & { cell: Cell; frame: Frame; colours: string[]; width: number }) {
  const { step, row } = cell;
  const from = grid.first + step * grid.step;
  const precision = grid.step < 1_000 ? "ms" : grid.step < 60_000 ? "second" : "minute";
  const x = xOf(frame, from + grid.step / 2);
  const side = x > width / 2 ? { right: width - x + 14 } : { left: x + 14 };
  const heat = calculation.heat;
  let body: ReactNode;
  if (heat && row !== undefined) {
    let all = 0;
    for (let n = 0; n < heat.rows; n++) all += heat.counts[step * heat.rows + n] ?? 0;
    const weight = heat.counts[step * heat.rows + row] ?? 0;
    body = (
      <div>
        {rowName(calculation, heat, row)} · <strong>{count(weight)}</strong> {weight === 1 ? "event" : "events"}
        {all > 0 && weight > 0 && <span className="quiet"> · {Math.round((weight / all) * 1000) / 10} % of this step</span>}
        {over?.some(({ line }) => Number.isFinite(line[step])) && <div className="quiet">{over.map(({ name, line }) => `${name} ${textOf(line[step], calculation)}`).join(" · ")}</div>}
      </div>
    );
  } else {
    const values = shownGroups
      .map((group, n) => ({ group, n, value: calculation.lines[group]?.[step] ?? Number.NaN }))
      .filter(({ group, value }) => group === cell.group || !Number.isNaN(value))
      .sort((a, b) => (Number.isNaN(a.value) ? 1 : Number.isNaN(b.value) ? -1 : b.value - a.value));
    // The group that keys have chosen is told wherever it ranks.
    const listed = values.filter(({ group }, n) => n < SHOWN_IN_TIP || group === cell.group);
    body = (
      <table>
        <tbody>
          {listed.map(({ group, n, value }) => (
            <tr key={group} className={group === cell.group ? "chosen" : ""}>
              <td>
                <span className="swatch" style={{ background: colours[n] }} />
                {names[group] || calculation.label}
              </td>
              <td>{textOf(value, calculation)}</td>
              {before && <td className="quiet">was {textOf(before.lines[group]?.[Math.round((from - before.grid.first) / before.grid.step)], calculation)}</td>}
            </tr>
          ))}
        </tbody>
        {values.length > listed.length && <caption>{values.length - listed.length} more</caption>}
      </table>
    );
  }
  const happened = useShownMarkers(frame, datasets).filter(({ start, end = start }) => start < from + grid.step && end >= from);
  const top = heat && row !== undefined ? Math.min(height - AXIS - 44, Math.max(4, rowEdges(heat, frame, row).top - 52)) : 8;
  return (
    <div className="tip" style={{ ...side, top }} aria-hidden="true">
      <div className="quiet mono">
        {clock(from, zone, precision)}–{clock(from + grid.step, zone, precision)} {zoneName(from, zone)}
      </div>
      {body}
      {happened.slice(0, SHOWN_MARKERS).map((marker) => (
        <div key={marker.id} className="cut">
          <span className="swatch" style={{ background: markerColour(marker) }} />
          {markerWords(marker)}
        </div>
      ))}
    </div>
  );
}
