import { type KeyboardEvent, memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { QueryAnswer } from "../../api/hooks";
import { useColours } from "../../charts/colours";
import { hoveredGroup } from "../../charts/crosshair";
import { useChange, useParam } from "../../lib/address";
import { count, exact, percent } from "../../lib/format";
import { printJson } from "../../lib/json";
import { csvOf } from "../../model/csv";
import { type Laid, pressedSort, printLayout, readLayout, readSort, withLaid } from "../../model/layout";
import { type Query, equals, withCondition } from "../../model/query";
import { type Graphs, numberOf } from "../../model/series";
import { Menu } from "../../ui/Menu";
import { Reorder } from "../../ui/Reorder";
import { download, fileName } from "../../ui/download";
import { timelessText, useHeldOrder } from "../../ui/held";
import { useSight } from "../../ui/sight";
import { GroupHead } from "./GroupHead";
import { type Acts, Cells, GroupRow, text } from "./GroupRow";
import type { RanQuery } from "./state";

/** Rows from which on only those in sight are drawn, and from which on the table scrolls by itself. */
const SEVERAL = 40;
const MANY = 150;
const OVERSCAN = 8;
/** How high such a table is, pixels. */
const HIGH = 640;

interface SummaryTableProps {
  data: QueryAnswer;
  graphs: Graphs;
  state: RanQuery;
  before?: number[][] | undefined;
  slots: readonly number[];
  /** The groups that graphs draw. */
  drawn: readonly number[];
  /** Draws these; all that are drawn as a rule when left out. */
  setDrawn: (rows: readonly number[] | undefined) => void;
}

/** A row for each group: colour, values, bars. */
export const SummaryTable = memo(function SummaryTable({ data, graphs, state, before, slots, drawn, setDrawn }: SummaryTableProps) {
  const [sorted, setSorted] = useParam("sort");
  const [laid, setLaid] = useParam("cols");
  const { ran, run } = state;
  const holder = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [tall, setTall] = useState(24);
  const change = useChange();
  const breakdowns = data.breakdowns;
  const labels = useMemo(() => [...breakdowns, ...data.calculations], [breakdowns, data.calculations]);
  const sort = useMemo(() => readSort(sorted, labels), [sorted, labels]);
  const layout = useMemo(() => readLayout(laid, labels), [laid, labels]);
  const shown = useMemo(() => layout.filter(({ isHidden }) => !isHidden), [layout]);
  const setLayout = (next: Laid[]) => setLaid(printLayout(next, labels) || null);
  const colours = useColours();
  const largest = useMemo(() => graphs.calculations.map((_, n) => largestOf(data, n)), [data, graphs]);
  const sortedRows = useMemo(() => sortedBy(data, sort, labels), [data, sort, labels]);
  const names = useMemo(() => data.results.map(({ group }) => printJson(group)), [data]);
  const rowOf = useMemo(() => new Map(names.map((name, row) => [name, row])), [names]);
  const next = useMemo(() => sortedRows.map((row) => names[row] ?? ""), [sortedRows, names]);
  const [live] = useParam("live");
  const held = useHeldOrder(holder, next, live === "1", `${sorted} ${timelessText(data)}`);
  const order = useMemo(() => (held.keys === next ? sortedRows : held.keys.flatMap((name) => rowOf.get(name) ?? [])), [held.keys, next, sortedRows, rowOf]);
  const isMany = order.length > MANY;
  const isSeveral = order.length > SEVERAL;
  const sight = useSight(holder, isSeveral, HIGH);
  const scrolled = isMany ? top : 0;
  const first = isSeveral ? Math.min(order.length, Math.max(0, Math.floor((scrolled + sight.top) / tall) - OVERSCAN)) : 0;
  const last = isSeveral ? Math.min(order.length, Math.ceil((scrolled + sight.bottom) / tall) + OVERSCAN) : order.length;
  const longest = useMemo(() => (isSeveral ? shown.map(({ name }) => longestOf(data, breakdowns.indexOf(name))) : []), [isSeveral, data, breakdowns, shown]);
  const compared = useMemo(() => new Set(before ? graphs.calculations.filter(({ op }) => op !== "HEATMAP").map(({ label }) => label) : []), [before, graphs]);
  const columns = Number(breakdowns.length > 0) + shown.length + shown.filter(({ name }) => compared.has(name)).length;
  useLayoutEffect(() => {
    const row = holder.current?.querySelector<HTMLElement>("tr[data-row]");
    if (row && row.offsetHeight > 0) setTall(row.offsetHeight);
  }, [isMany, isSeveral]);
  const equalsOf = (row: number, n: number, negated = false) => equals(breakdowns[n] ?? "", data.results[row]?.group[n], negated);
  const only = (row: number): Query => breakdowns.reduce((query, _, n) => withCondition(query, equalsOf(row, n)), ran);
  const active = ran.where.filter(({ off }) => !off);
  // Conditions are joined in one way: beside several that must all hold, another one cannot stand alone.
  const hasEither = breakdowns.length === 1 && active.length > 0 && (active.length === 1 || ran.join === "OR");
  // The rows keep one and the same object, whatever is drawn around them.
  const latest = useRef<Acts>(undefined);
  latest.current = {
    only: (row, tab) => run(only(row), tab ? { tab } : {}),
    exclude: (row, n) => run(withCondition(ran, equalsOf(row, n, true))),
    either: (row) => run({ ...ran, join: "OR", where: [...ran.where, { text: equalsOf(row, 0), off: false }] }),
    within: (row) => {
      run({ ...only(row), groupBy: [] });
      document.querySelector<HTMLElement>('[aria-label="Add to GROUP BY"]')?.focus();
    },
    compare: (row) => change({ sel: printJson(data.results[row]?.group), box: null, tab: "bubbleup" }),
    draw: (row, beside) => setDrawn(drawnAfter(row, beside, drawn)),
  };
  const acts = useMemo(
    (): Acts => ({
      only: (row, tab) => latest.current?.only(row, tab),
      exclude: (row, n) => latest.current?.exclude(row, n),
      either: (row) => latest.current?.either(row),
      within: (row) => latest.current?.within(row),
      compare: (row) => latest.current?.compare(row),
      draw: (row, beside) => latest.current?.draw(row, beside),
    }),
    [],
  );
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !event.defaultPrevented) return setDrawn(undefined);
    const by = { j: 1, k: -1 }[event.key];
    if (by === undefined || (event.target as HTMLElement).closest("[role=menu]")) return;
    const boxes = [...(holder.current?.querySelectorAll<HTMLElement>("button.draw") ?? [])];
    const at = boxes.findIndex((box) => box.closest("tr")?.contains(document.activeElement));
    event.preventDefault();
    boxes[at < 0 ? 0 : Math.min(boxes.length - 1, Math.max(0, at + by))]?.focus();
  };
  const isDrawn = useMemo(() => new Set(drawn), [drawn]);
  const counts = data.calculations.indexOf("COUNT");
  const others = share(data.other?.[counts], data.total?.[counts]);
  return (
    <div>
      <div ref={holder} className="grid-wrap" style={isMany ? { maxHeight: HIGH } : {}} tabIndex={0} role="region" aria-label="Groups" onKeyDown={key} onScroll={(event) => isMany && setTop(event.currentTarget.scrollTop)}>
        <table className="grid" aria-rowcount={order.length + 1}>
          <thead>
            <GroupHead layout={layout} setLayout={setLayout} breakdowns={breakdowns} compared={compared} sort={sort} press={(name, adds) => setSorted(pressedSort(sort, name, !breakdowns.includes(name), adds))} />
          </thead>
          <tbody onPointerLeave={() => hoveredGroup.set(undefined)}>
            {isSeveral && (
              // What is longest in each column, though not in sight, keeps its width while rows come and go.
              <tr aria-hidden="true" style={{ visibility: "collapse" }}>
                {breakdowns.length > 0 && <td className="least" />}
                {longest.map((value, n) => (
                  <td key={n}>{value}</td>
                ))}
              </tr>
            )}
            {first > 0 && (
              <tr aria-hidden="true">
                <td colSpan={columns} style={{ height: first * tall, padding: 0 }} />
              </tr>
            )}
            {order.slice(first, last).map((row, n) => (
              <GroupRow
                key={names[row]}
                row={row}
                slot={slots[row]}
                index={first + n}
                data={data}
                graphs={graphs}
                columns={shown}
                colours={colours}
                largest={largest}
                before={before?.[row]}
                isCompared={before !== undefined}
                isDrawn={isDrawn.has(row)}
                hasEither={hasEither}
                acts={acts}
              />
            ))}
            {last < order.length && (
              <tr aria-hidden="true">
                <td colSpan={columns} style={{ height: (order.length - last) * tall, padding: 0 }} />
              </tr>
            )}
          </tbody>
          {breakdowns.length > 0 && (
            <tfoot>
              {([["other", data.other], ["total", data.total]] as const).map(
                ([name, values]) =>
                  values && (
                    <tr key={name} aria-label={name === "other" ? "The groups beyond the limit, as one" : "All events, as one group"}>
                      <th scope="row" className="least">
                        <span className="swatch dashed" />
                        {name}
                      </th>
                      <Cells data={data} graphs={graphs} columns={shown} group={undefined} values={values} largest={undefined} colours={colours} before={undefined} isCompared={before !== undefined} />
                    </tr>
                  ),
              )}
            </tfoot>
          )}
        </table>
      </div>
      <div className="table-foot status-line" style={{ alignItems: "center" }}>
        {breakdowns.length > 0 && (
          <span>
            {`${exact(data.results.length)} of ${exact(Number(data.groups))} groups`}
            {others !== undefined && `, other ${percent(others)}`}
            {data.total && counts >= 0 && `, total ${count(numberOf(data.total[counts]))}`}
          </span>
        )}
        {data.groups > data.results.length && <span>the rest is beyond LIMIT; sorting here sorts what is shown</span>}
        {drawn.length < Math.min(12, data.results.length) && breakdowns.length > 0 && (
          <button type="button" className="button plain" onClick={() => setDrawn(undefined)}>
            Draw all groups
          </button>
        )}
        <Reorder {...held} />
        <Menu
          label="Columns"
          items={[
            ...layout.map(({ name, isHidden }) => ({ label: name, checked: !isHidden, isSwitch: true, run: () => (isHidden || shown.length > 1) && setLayout(withLaid(layout, name, { isHidden: !isHidden })) })),
            { label: null },
            { label: "As the query has them", run: () => setLaid(null) },
          ]}
        />
        <Menu
          label="Download"
          items={[
            { label: "Table as CSV", run: () => save(data, "csv") },
            { label: "Table as JSON", run: () => save(data, "json") },
            { label: "Values over time as CSV", run: () => saveSeries(data, graphs) },
          ]}
        />
      </div>
    </div>
  );
});

/** What is drawn after a row was pressed: it alone, or it beside the others; nothing where that is what is drawn as a rule. */
function drawnAfter(row: number, beside: boolean, drawn: readonly number[]): readonly number[] | undefined {
  const isDrawn = drawn.includes(row);
  if (!beside) return isDrawn && drawn.length === 1 ? undefined : [row];
  const next = isDrawn ? drawn.filter((one) => one !== row) : [...drawn, row];
  return next.length === 0 ? undefined : next;
}

function share(part: unknown, whole: unknown): number | undefined {
  const [some, all] = [numberOf(part), numberOf(whole)];
  return Number.isNaN(some) || !(all > 0) ? undefined : some / all;
}

/** The rows in the order of some keys; of rows that are equal in all, the answer's order. */
function sortedBy({ results, breakdowns }: QueryAnswer, sort: readonly { label: string; down: boolean }[], labels: readonly string[]): number[] {
  const rows = results.map((_, n) => n);
  const keys = sort.map(({ label, down }) => {
    const by = labels.indexOf(label);
    return { down, values: results.map(({ group, values }) => (by < breakdowns.length ? String(group[by] ?? "") : numberOf(values[by - breakdowns.length]))) };
  });
  const compare = (left: string | number, right: string | number) => {
    if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return 0;
    return typeof left === "number" && typeof right === "number" ? (Number.isNaN(left) ? -1 : Number.isNaN(right) ? 1 : left - right) : String(left) < String(right) ? -1 : 1;
  };
  return rows.sort((a, b) => {
    for (const { down, values } of keys) {
      const by = compare(values[a] ?? "", values[b] ?? "");
      if (by !== 0) return down ? -by : by;
    }
    return a - b;
  });
}

function save(data: QueryAnswer, format: "csv" | "json"): void {
  const header = [...data.breakdowns, ...data.calculations];
  const rows = data.results.map(({ group, values }) => [...group, ...values]);
  if (format === "csv") download(fileName("groups", "csv", new Date()), "text/csv", [csvOf(header, rows)]);
  else download(fileName("groups", "json", new Date()), "application/json", [printJson({ query: data.query.text, results: rows.map((row) => Object.fromEntries(header.map((name, n) => [name, row[n]]))) }, 1)]);
}

function saveSeries(data: QueryAnswer, { grid }: Graphs): void {
  const rows = data.series.map(({ step, group, values }) => [new Date(grid.first + step * grid.step).toISOString(), ...(data.results[group]?.group ?? []), ...values]);
  download(fileName("series", "csv", new Date()), "text/csv", [csvOf(["time", ...data.breakdowns, ...data.calculations], rows)]);
}

/** The longest text of a column of the groups; nothing of another one. */
function longestOf({ results }: QueryAnswer, column: number): string {
  let longest = "";
  if (column < 0) return longest;
  for (const { group } of results) {
    const value = text(group[column]);
    if (value.length > longest.length) longest = value;
  }
  return longest;
}

/** The largest value of a calculation; 0 where none is larger. */
function largestOf({ results }: QueryAnswer, calculation: number): number {
  let largest = 0;
  for (const { values } of results) {
    const value = numberOf(values[calculation]);
    if (value > largest && value < Number.POSITIVE_INFINITY) largest = value;
  }
  return largest;
}
