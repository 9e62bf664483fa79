import { Fragment, memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { QueryAnswer } from "../../api/hooks";
import { type Colours, slotColour, useColours } from "../../charts/colours";
import { hoveredGroup } from "../../charts/crosshair";
import { stripOf } from "../../charts/strip";
import { useChange, useParam } from "../../lib/address";
import { printJson } from "../../lib/json";
import { count, inUnit } from "../../lib/format";
import { changeText } from "../../model/before";
import { csvOf } from "../../model/csv";
import { equals, withCondition } from "../../model/query";
import { type Calculation, type Graphs, numberOf } from "../../model/series";
import { copyText } from "../../ui/clipboard";
import { Menu } from "../../ui/Menu";
import { Reorder } from "../../ui/Reorder";
import { filled } from "../../ui/Table";
import { download, fileName } from "../../ui/download";
import { timelessText, useHeldOrder } from "../../ui/held";
import { useSight } from "../../ui/sight";
import type { RanQuery } from "./state";

/** Rows from which on only those in sight are drawn, and from which on the table scrolls by itself. */
const SEVERAL = 40;
const MANY = 150;
const OVERSCAN = 8;
/** How high such a table is, pixels. */
const HIGH = 640;

/** A row for each group: colour, values, bars. */
export const SummaryTable = memo(function SummaryTable({ data, graphs, state, before, slots }: { data: QueryAnswer; graphs: Graphs; state: RanQuery; before?: number[][] | undefined; slots: readonly number[] }) {
  const [sorted, setSorted] = useParam("sort");
  const { ran, run } = state;
  const holder = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [tall, setTall] = useState(24);
  const change = useChange();
  const breakdowns = data.breakdowns;
  const sort = useMemo(() => sortOf(sorted, [...breakdowns, ...data.calculations]), [sorted, breakdowns, data.calculations]);
  const colours = useColours();
  const largest = useMemo(() => graphs.calculations.map((_, n) => largestOf(data, n)), [data, graphs]);
  const sortedRows = useMemo(() => {
    const rows = data.results.map((_, n) => n);
    if (!sort) return rows;
    const keys = data.results.map(({ group, values }) => (sort.by < breakdowns.length ? String(group[sort.by] ?? "") : numberOf(values[sort.by - breakdowns.length])));
    const compare = (a: number, b: number) => {
      const [left = "", right = ""] = [keys[a], keys[b]];
      if (left === right) return 0;
      return typeof left === "number" && typeof right === "number" ? (Number.isNaN(left) ? -1 : Number.isNaN(right) ? 1 : left - right) : String(left) < String(right) ? -1 : 1;
    };
    return rows.sort((a, b) => (sort.down ? -compare(a, b) : compare(a, b)));
  }, [data, sort, breakdowns]);
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
  const longest = useMemo(() => (isSeveral ? breakdowns.map((_, n) => longestOf(data, n)) : []), [isSeveral, data, breakdowns]);
  const columns = 1 + breakdowns.length + graphs.calculations.length * 2;
  useLayoutEffect(() => {
    const row = holder.current?.querySelector<HTMLElement>("tr[data-row]");
    if (row && row.offsetHeight > 0) setTall(row.offsetHeight);
  }, [isMany, isSeveral]);
  const save = (format: "csv" | "json") => {
    const header = [...breakdowns, ...data.calculations];
    const rows = data.results.map(({ group, values }) => [...group, ...values]);
    if (format === "csv") download(fileName("groups", "csv", new Date()), "text/csv", [csvOf(header, rows)]);
    else download(fileName("groups", "json", new Date()), "application/json", [printJson({ query: data.query.text, results: rows.map((row) => Object.fromEntries(header.map((name, n) => [name, row[n]]))) }, 1)]);
  };
  const saveSeries = () => {
    const rows = data.series.map(({ step, group, values }) => [new Date(graphs.grid.first + step * graphs.grid.step).toISOString(), ...(data.results[group]?.group ?? []), ...values]);
    download(fileName("series", "csv", new Date()), "text/csv", [csvOf(["time", ...breakdowns, ...data.calculations], rows)]);
  };
  const header = (label: string, index: number) => (
    <th key={`${label}${index}`} scope="col" className={index >= breakdowns.length ? "num" : ""} aria-sort={sort?.by === index ? (sort.down ? "descending" : "ascending") : "none"}>
      <button type="button" onClick={() => setSorted(`${(sort?.by === index ? !sort.down : index >= breakdowns.length) ? "down" : "up"}:${label}`)}>
        {label}
        {sort?.by === index && (sort.down ? " ↓" : " ↑")}
      </button>
    </th>
  );
  const only = (row: number, negated: boolean) =>
    breakdowns.reduce((query, column, n) => withCondition(query, equals(column, data.results[row]?.group[n], negated)), ran);
  // The rows keep one and the same object, whatever is drawn around them.
  const latest = useRef<Acts>(undefined);
  latest.current = {
    only: (row, tab) => run(only(row, false), tab ? { tab } : {}),
    exclude: (row) => run(only(row, true)),
    compare: (row) => change({ sel: printJson(data.results[row]?.group), box: null, tab: "bubbleup" }),
  };
  const acts = useMemo((): Acts => ({ only: (row, tab) => latest.current?.only(row, tab), exclude: (row) => latest.current?.exclude(row), compare: (row) => latest.current?.compare(row) }), []);
  return (
    <div>
      <div ref={holder} className="grid-wrap" style={isMany ? { maxHeight: HIGH } : {}} tabIndex={0} role="region" aria-label="Groups" onScroll={(event) => isMany && setTop(event.currentTarget.scrollTop)}>
        <table className="grid" aria-rowcount={order.length + 1}>
          <thead>
            <tr>
              {breakdowns.length > 0 && (
                <th scope="col" className="least">
                  <span className="only-read">colour and menu</span>
                </th>
              )}
              {breakdowns.map(header)}
              {graphs.calculations.map(({ label, op }, n) => (
                <Fragment key={label}>
                  {header(label, breakdowns.length + n)}
                  {before && op !== "HEATMAP" && (
                    <th scope="col" className="num">
                      than before
                    </th>
                  )}
                </Fragment>
              ))}
            </tr>
          </thead>
          <tbody onPointerLeave={() => hoveredGroup.set(undefined)}>
            {isSeveral && (
              // What is longest in each column, though not in sight, keeps its width while rows come and go.
              <tr aria-hidden="true" style={{ visibility: "collapse" }}>
                {breakdowns.length > 0 && <td className="least" />}
                {longest.map((text, n) => (
                  <td key={breakdowns[n]}>{text}</td>
                ))}
              </tr>
            )}
            {first > 0 && (
              <tr aria-hidden="true">
                <td colSpan={columns} style={{ height: first * tall, padding: 0 }} />
              </tr>
            )}
            {order.slice(first, last).map((row, n) => (
              <GroupRow key={names[row]} row={row} slot={slots[row]} index={first + n} data={data} graphs={graphs} colours={colours} largest={largest} before={before?.[row]} isCompared={before !== undefined} acts={acts} />
            ))}
            {last < order.length && (
              <tr aria-hidden="true">
                <td colSpan={columns} style={{ height: (order.length - last) * tall, padding: 0 }} />
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <div className="table-foot status-line" style={{ alignItems: "center" }}>
        {breakdowns.length > 0 && <span>{`${count(data.results.length)} of ${count(data.groups)} groups`}</span>}
        {data.groups > data.results.length && <span>the rest is beyond LIMIT; sorting here sorts what is shown</span>}
        <Reorder {...held} />
        <Menu
          label="Download"
          items={[
            { label: "Table as CSV", run: () => save("csv") },
            { label: "Table as JSON", run: () => save("json") },
            { label: "Values over time as CSV", run: saveSeries },
          ]}
        />
      </div>
    </div>
  );
});

interface Acts {
  only: (row: number, tab?: string) => void;
  exclude: (row: number) => void;
  compare: (row: number) => void;
}

interface GroupRowProps {
  /** Which result it is, and where it stands. */
  row: number;
  /** Of its colour; none where it is not drawn. */
  slot: number | undefined;
  index: number;
  data: QueryAnswer;
  graphs: Graphs;
  colours: Colours;
  largest: readonly number[];
  before: readonly number[] | undefined;
  isCompared: boolean;
  acts: Acts;
}

/** A row is made once while it is scrolled by. */
const GroupRow = memo(function GroupRow({ row, slot, index, data, graphs, colours, largest, before, isCompared, acts }: GroupRowProps) {
  const { breakdowns } = data;
  const result = data.results[row];
  return (
    <tr data-row aria-rowindex={index + 2} onPointerEnter={() => hoveredGroup.set(row)} onFocus={() => hoveredGroup.set(row)} onBlur={() => hoveredGroup.set(undefined)}>
      {breakdowns.length > 0 && <RowHead row={row} name={graphs.names[row] ?? ""} colour={slot === undefined ? "transparent" : slotColour(colours, slot)} isExcludable={breakdowns.length === 1} acts={acts} />}
      {breakdowns.map((column, n) => (
        <td key={column} title={text(result?.group[n])} className={result?.group[n] === null ? "quiet" : ""}>
          {text(result?.group[n])}
        </td>
      ))}
      {graphs.calculations.map((calculation, n) => (
        <Fragment key={calculation.label}>
          {calculation.op === "HEATMAP" ? (
            <td className="num">
              <Strip value={result?.values[n]} colours={colours} />
            </td>
          ) : (
            <Value calculation={calculation} value={numberOf(result?.values[n])} most={breakdowns.length ? (largest[n] ?? 0) : 0} />
          )}
          {isCompared && calculation.op !== "HEATMAP" && <td className="num quiet">{changeText(numberOf(result?.values[n]), before?.[n] ?? Number.NaN, (value) => inUnit(value, calculation.measure))}</td>}
        </Fragment>
      ))}
    </tr>
  );
});

/** What a row has before its values: a new answer to the same question leaves it as it is. */
const RowHead = memo(function RowHead({ row, name, colour, isExcludable, acts }: { row: number; name: string; colour: string; isExcludable: boolean; acts: Acts }) {
  return (
    <td className="least" style={{ overflow: "visible" }}>
      <span className="swatch" style={{ background: colour }} />
      <Menu
        label="⋯"
        name={`Actions for ${name}`}
        className="row-menu"
        items={[
          { label: "Only this", run: () => acts.only(row) },
          ...(isExcludable ? [{ label: "Exclude", run: () => acts.exclude(row) }] : []),
          { label: "Compare to rest", run: () => acts.compare(row) },
          { label: "Only this, as events", run: () => acts.only(row, "raw") },
          { label: "Only this, as traces", run: () => acts.only(row, "traces") },
          { label: null },
          { label: "Copy", run: () => void copyText(name) },
        ]}
      />
    </td>
  );
});

/** By which column, by its name, an address sorts; nothing where it is not there. */
function sortOf(text: string | null, labels: readonly string[]): { by: number; down: boolean } | undefined {
  const [, way, label] = /^(up|down):(.*)$/s.exec(text ?? "") ?? [];
  const by = labels.indexOf(label ?? "");
  return by < 0 ? undefined : { by, down: way === "down" };
}

/** The longest text of a column. */
function longestOf({ results }: QueryAnswer, column: number): string {
  let longest = "";
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

const text = (value: unknown) => (value === null || value === undefined ? "(none)" : typeof value === "string" ? value : printJson(value));

function Value({ calculation, value, most }: { calculation: Calculation; value: number; most: number }) {
  if (Number.isNaN(value)) return <td className="num quiet">–</td>;
  // Every digit, told where it is pointed at: a title on each figure would cost each answer a look at the style of each.
  return (
    <td className="num filled" style={filled(most > 0 ? value / most : 0)} onPointerMove={(event) => (event.currentTarget.title = String(value))}>
      {inUnit(value, calculation.measure)}
    </td>
  );
}

/** How a group's values are spread: small to large, from left to right. */
function Strip({ value, colours }: { value: unknown; colours: Colours }) {
  const backgroundImage = useMemo(() => stripOf(typeof value === "object" && value !== null && "counts" in value ? (value.counts as number[]) : [], colours), [value, colours]);
  return <span className="spread" style={{ backgroundImage }} role="img" aria-label="Distribution of values" />;
}
