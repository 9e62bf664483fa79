import { Fragment, type MouseEvent, memo, useMemo } from "react";
import type { QueryAnswer } from "../../api/hooks";
import { type Colours, slotColour } from "../../charts/colours";
import { hoveredGroup } from "../../charts/crosshair";
import { stripOf } from "../../charts/strip";
import { inUnit } from "../../lib/format";
import { printJson } from "../../lib/json";
import { changeText } from "../../model/before";
import type { Laid } from "../../model/layout";
import { type Calculation, type Graphs, numberOf } from "../../model/series";
import { copyText } from "../../ui/clipboard";
import { type Item, Menu } from "../../ui/Menu";
import { filled } from "../../ui/Table";

/** What a row leads to. */
export interface Acts {
  only: (row: number, tab?: string) => void;
  /** Without its value of a column. */
  exclude: (row: number, breakdown: number) => void;
  /** Beside what the conditions say: events of the group as well. */
  either: (row: number) => void;
  /** Only its events, grouped by something else. */
  within: (row: number) => void;
  compare: (row: number) => void;
  /** Draws it alone, or, with `beside`, with those that are drawn; once more takes it away. */
  draw: (row: number, beside: boolean) => void;
}

interface GroupRowProps {
  /** Which result it is, and where it stands. */
  row: number;
  /** Of its colour; none where it is not drawn. */
  slot: number | undefined;
  index: number;
  data: QueryAnswer;
  graphs: Graphs;
  /** The columns that are shown, in order. */
  columns: readonly Laid[];
  colours: Colours;
  largest: readonly number[];
  before: readonly number[] | undefined;
  isCompared: boolean;
  /** Whether graphs draw it. */
  isDrawn: boolean;
  hasEither: boolean;
  acts: Acts;
}

/** A row is made once while it is scrolled by. */
export const GroupRow = memo(function GroupRow({ row, slot, index, data, graphs, columns, colours, largest, before, isCompared, isDrawn, hasEither, acts }: GroupRowProps) {
  const { breakdowns } = data;
  const result = data.results[row];
  const isGrouped = breakdowns.length > 0;
  const press = (event: MouseEvent) => {
    // What was marked with the mouse is to be copied.
    if (!isGrouped || (event.target as HTMLElement).closest("button, a, [role=menu]") || window.getSelection()?.isCollapsed === false) return;
    acts.draw(row, event.ctrlKey || event.metaKey);
  };
  return (
    <tr data-row aria-rowindex={index + 2} className={isGrouped && !isDrawn ? "undrawn" : ""} onClick={press} onPointerEnter={() => hoveredGroup.set(row)} onFocus={() => hoveredGroup.set(row)} onBlur={() => hoveredGroup.set(undefined)}>
      {isGrouped && <RowHead row={row} name={graphs.names[row] ?? ""} colour={slot === undefined ? "transparent" : slotColour(colours, slot)} excluded={result?.group.map((value, n) => `${breakdowns[n]} = ${text(value)}`).join("\n") ?? ""} isDrawn={isDrawn} hasEither={hasEither} acts={acts} />}
      <Cells data={data} graphs={graphs} columns={columns} group={result?.group} values={result?.values ?? []} largest={isGrouped ? largest : undefined} colours={colours} before={before} isCompared={isCompared} />
    </tr>
  );
});

interface CellsProps extends Pick<GroupRowProps, "data" | "graphs" | "columns" | "colours" | "before" | "isCompared"> {
  group: readonly unknown[] | undefined;
  values: readonly unknown[];
  /** What bars are measured by; none are drawn when left out. */
  largest: readonly number[] | undefined;
}

/** A group's cells, in the order of the columns. */
export function Cells({ data: { breakdowns, calculations }, graphs, columns, group, values, largest, colours, before, isCompared }: CellsProps) {
  return columns.map(({ name, width }) => {
    const style = width === undefined ? undefined : { maxWidth: width, minWidth: width };
    const at = breakdowns.indexOf(name);
    if (at >= 0) {
      return (
        <td key={name} style={style} title={text(group?.[at])} className={group?.[at] === null ? "quiet" : ""}>
          {group ? text(group[at]) : ""}
        </td>
      );
    }
    const n = calculations.indexOf(name);
    const calculation = graphs.calculations[n];
    if (!calculation) return null;
    if (calculation.op === "HEATMAP") {
      return (
        <td key={name} className="num">
          <Strip value={values[n]} colours={colours} />
        </td>
      );
    }
    return (
      <Fragment key={name}>
        <Value calculation={calculation} value={numberOf(values[n])} most={largest?.[n] ?? 0} style={style} />
        {isCompared && <td className="num quiet">{changeText(numberOf(values[n]), before?.[n] ?? Number.NaN, (value) => inUnit(value, calculation.measure))}</td>}
      </Fragment>
    );
  });
}

interface RowHeadProps {
  row: number;
  name: string;
  colour: string;
  /** What can be excluded, a line for each column. */
  excluded: string;
  isDrawn: boolean;
  hasEither: boolean;
  acts: Acts;
}

/** What a row has before its values: a new answer to the same question leaves it as it is. */
const RowHead = memo(function RowHead({ row, name, colour, excluded, isDrawn, hasEither, acts }: RowHeadProps) {
  const parts = excluded.split("\n");
  const items: Item[] = [
    { label: "Only this", run: () => acts.only(row) },
    ...parts.map((part, n) => ({ label: parts.length === 1 ? "Exclude" : `Exclude ${part}`, run: () => acts.exclude(row, n) })),
    ...(hasEither ? [{ label: "Or this, beside the conditions", run: () => acts.either(row) }] : []),
    { label: "Only this, by another column", run: () => acts.within(row) },
    { label: "Compare to rest", run: () => acts.compare(row) },
    { label: "Only this, as events", run: () => acts.only(row, "raw") },
    { label: "Only this, as traces", run: () => acts.only(row, "traces") },
    { label: null },
    { label: "Copy", run: () => void copyText(name) },
  ];
  return (
    <td className="least" style={{ overflow: "visible" }}>
      <button
        type="button"
        role="checkbox"
        aria-checked={isDrawn}
        aria-label={`${name} in the graphs`}
        title="In the graphs: press for this alone, with Ctrl or Cmd beside the others"
        className="draw"
        onClick={(event) => acts.draw(row, event.ctrlKey || event.metaKey || event.detail === 0)}
      >
        <span className="swatch" style={{ background: isDrawn ? colour : "transparent", borderColor: colour }} />
      </button>
      <Menu label="⋯" name={`Actions for ${name}`} className="row-menu" items={items} />
    </td>
  );
});

export const text = (value: unknown) => (value === null || value === undefined ? "(none)" : typeof value === "string" ? value : printJson(value));

function Value({ calculation, value, most, style }: { calculation: Calculation; value: number; most: number; style: { maxWidth: number } | undefined }) {
  if (Number.isNaN(value)) return <td className="num quiet" style={style}>–</td>;
  // Every digit, told where it is pointed at: a title on each figure would cost each answer a look at the style of each.
  return (
    <td className="num filled" style={{ ...style, ...filled(most > 0 ? value / most : 0) }} onPointerMove={(event) => (event.currentTarget.title = String(value))}>
      {inUnit(value, calculation.measure)}
    </td>
  );
}

/** How a group's values are spread: small to large, from left to right. */
function Strip({ value, colours }: { value: unknown; colours: Colours }) {
  const backgroundImage = useMemo(() => stripOf(typeof value === "object" && value !== null && "counts" in value ? (value.counts as number[]) : [], colours), [value, colours]);
  return <span className="spread" style={{ backgroundImage }} role="img" aria-label="Distribution of values" />;
}
