import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { TimeChart, type TimeChartProps } from "../../charts/TimeChart";
import { useColours } from "../../charts/colours";
import { rowName } from "../../charts/heatmap";
import { useParam } from "../../lib/address";
import { count, exact, inUnit, plural } from "../../lib/format";
import { percentileLines } from "../../lib/preferences";
import { useStore } from "../../lib/store";
import { clock } from "../../lib/time";
import { type Look, readLook, withLook } from "../../model/look";
import { type ColourScale, RAMP_ENTRIES, shadingOf, weightAt } from "../../model/ramp";
import type { Graphs, Heat } from "../../model/series";
import { Menu } from "../../ui/Menu";

interface GraphProps extends Omit<TimeChartProps, "grid" | "start" | "end" | "unfinishedFrom"> {
  source: Graphs;
  /** What it is called where the calculation alone does not say. */
  title?: string;
  children?: ReactNode;
}

/** A graph with its name, its menu, and its table. */
export function Graph({ source, title, children, ...chart }: GraphProps) {
  const { calculation } = chart;
  const isHeat = calculation.heat !== undefined;
  const [looks, setLooks] = useParam("g");
  const name = title ?? calculation.label;
  const look = readLook(looks, name);
  const { ramp, log, asTable, joined = false, clip } = look;
  const set = (change: Partial<Look>) => setLooks(withLook(looks, name, { ...look, ...change }));
  const percentiles = useStore(percentileLines);
  return (
    <section className="graph" data-graph={chart.index} aria-label={name}>
      <header>
        <h2 className={title ? "grow cut words" : "grow cut"}>{name}</h2>
        {isHeat && <RampLegend counts={calculation.heat?.counts ?? new Float32Array()} scale={ramp} />}
        {clip !== undefined && !isHeat && (
          <span className="quiet">
            y clipped at {inUnit(clip, calculation.measure)}{" "}
            <button type="button" className="button plain" onClick={() => set({ clip: undefined })}>
              reset
            </button>
          </span>
        )}
        <Menu
          label="Graph"
          className="button plain"
          align="right"
          items={[
            ...(isHeat
              ? (["sqrt", "linear", "log"] as const).map((scale) => ({ label: { sqrt: "Colour by square root", linear: "Colour linear", log: "Colour logarithmic" }[scale], checked: ramp === scale, run: () => set({ ramp: scale }) }))
              : [
                  { label: "Linear", checked: !log, run: () => set({ log: false }) },
                  { label: "Logarithmic", checked: log, run: () => set({ log: true }) },
                  { label: null },
                  { label: "Join across gaps", checked: joined, isSwitch: true, run: () => set({ joined: !joined }) },
                  { label: "Clip y at half its height", run: () => set({ clip: (clip ?? highest(calculation, chart.shownGroups)) / 2 }) },
                  ...(clip === undefined ? [] : [{ label: "Show all of y", run: () => set({ clip: undefined }) }]),
                ]),
            { label: null },
            ...(isHeat ? [{ label: "P50, P95 and P99", checked: percentiles, isSwitch: true, run: () => percentileLines.set(!percentiles) }, { label: null }] : []),
            { label: asTable ? "Show as graph" : "Show as table", run: () => set({ asTable: !asTable }) },
          ]}
        />
      </header>
      {asTable ? <Figures {...chart} source={source} /> : <TimeChart {...chart} grid={source.grid} start={source.start} end={source.end} log={log} ramp={ramp} joined={joined} clip={clip} onClip={(value) => set({ clip: value === undefined ? undefined : Number(value.toPrecision(3)) })} unfinishedFrom={source.end} />}
      {children}
    </section>
  );
}

/** What the colours of a heatmap count. */
function RampLegend({ counts, scale }: { counts: Float32Array; scale: ColourScale }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const shading = useMemo(() => shadingOf(counts, colours.rampFloor, scale), [counts, colours, scale]);
  // Painted when it appears: the first events may come later than the page.
  const isEmpty = shading.max <= 0;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const first = Math.round(colours.rampFloor * (RAMP_ENTRIES - 1));
    const shown = RAMP_ENTRIES - first;
    for (let n = 0; n < 96; n++) {
      const [red, green, blue] = colours.ramp[first + Math.floor((n / 96) * shown)] ?? [0, 0, 0];
      context.fillStyle = `rgb(${red} ${green} ${blue})`;
      context.fillRect(n, 0, 1, 8);
    }
  }, [colours, isEmpty]);
  if (isEmpty) return null;
  const middle = weightAt((1 + colours.rampFloor) / 2, shading);
  return (
    <span className="legend-ramp" role="img" aria-label={`Colours from ${count(shading.min)} to ${count(shading.max)} events a cell; the middle one is ${count(Math.round(middle))}`}>
      {count(shading.min)}
      <canvas ref={canvas} width={96} height={8} />
      {count(shading.max)} events
    </span>
  );
}

/** The highest value of the lines that are drawn. */
function highest({ lines }: GraphProps["calculation"], groups: readonly number[]): number {
  let high = 0;
  for (const group of groups) for (const value of lines[group] ?? []) if (value > high && value < Number.POSITIVE_INFINITY) high = value;
  return high || 1;
}

const SHOWN_STEPS = 500;
/** Cells of a heatmap that a table holds: more would take the page's breath. */
const SHOWN_CELLS = 3_000;

/** The same figures as a table: a line for each step, a column for each group or, of a heatmap, for each row of values. */
function Figures({ calculation, source, shownGroups, names, zone }: Omit<GraphProps, "children" | "title">) {
  const { grid } = source;
  const heat = calculation.heat;
  const most = heat ? Math.min(SHOWN_STEPS, Math.max(1, Math.floor(SHOWN_CELLS / Math.max(1, heat.rows)))) : SHOWN_STEPS;
  const shown = Math.min(grid.steps, most);
  // The newest: what is looked for happened last as a rule.
  const steps = Array.from({ length: shown }, (_, n) => grid.steps - shown + n);
  const rows = Array.from({ length: heat?.rows ?? 0 }, (_, row) => row);
  return (
    <>
      {grid.steps > steps.length && (
        <p className="quiet">
          The newest {exact(steps.length)} of {plural(grid.steps, "step")}: a shorter range, or longer steps, show all.
        </p>
      )}
      <div className="grid-wrap figures" tabIndex={0} role="region" aria-label={`${calculation.label} as a table`}>
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">time</th>
              {heat ? (
                <>
                  <th scope="col">all events</th>
                  {rows.map((row) => (
                    <th key={row} scope="col">
                      {rowName(calculation, heat, row)}
                    </th>
                  ))}
                </>
              ) : (
                shownGroups.map((group) => (
                  <th key={group} scope="col">
                    {names[group] || calculation.label}
                  </th>
                ))
              )}
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step}>
                <td>{clock(grid.first + step * grid.step, zone, grid.step < 60_000 ? "second" : "minute")}</td>
                {heat ? <HeatFigures heat={heat} step={step} /> : shownGroups.map((group) => <td key={group}>{figure(calculation, group, step)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function figure(calculation: GraphProps["calculation"], group: number, step: number): string {
  const value = calculation.lines[group]?.[step] ?? Number.NaN;
  return Number.isNaN(value) ? "" : inUnit(value, calculation.measure);
}

/** A step of a heatmap: how many events it has, and how many each row of values. */
function HeatFigures({ heat, step }: { heat: Heat; step: number }) {
  const column = Array.from(heat.counts.subarray(step * heat.rows, (step + 1) * heat.rows));
  const all = column.reduce((sum, weight) => sum + weight, 0);
  return (
    <>
      {[all, ...column].map((weight, n) => (
        <td key={n} className={weight === 0 ? "num quiet" : "num"} title={String(weight)}>
          {count(weight)}
        </td>
      ))}
    </>
  );
}
