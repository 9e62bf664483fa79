import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { type Row, useEvents } from "../../api/hooks";
import { duration, exact, inUnit, unitOfColumn } from "../../lib/format";
import { useStore } from "../../lib/store";
import { moment, nsToMs } from "../../lib/time";
import { type Query, calcParts, columnOfCondition, columnText, equals, withCondition } from "../../model/query";
import { Fields, fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { EmptyState, ErrorState, Skeleton } from "../../ui/States";
import { Icon } from "../../ui/icons";
import { asked, pageAddress, useTime } from "../../ui/view";

const LIMIT = 1_000;
const ROW_PX = 24;
const OVERSCAN = 20;
const USUAL = ["service.name", "name", "duration_ms", "http.response.status_code", "error", "severity"];

interface RawDataProps {
  env: string;
  ran: Query;
  where: string;
  time: string;
  run: (query: Query) => void;
}

/** The events themselves, newest first. */
export function RawData({ env, ran, where, time, run }: RawDataProps) {
  const { times } = useStore(asked);
  const { zone } = useTime();
  const answer = useEvents(env, { text: `${where} ${time}`, limit: LIMIT }, times);
  const [selected, setSelected] = useState<number>();
  const rows = answer.data?.rows;
  const columns = useMemo(() => columnsOf(ran, rows ?? []), [ran, rows]);
  if (answer.error && !rows) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  if (!rows) return <Skeleton height={400} label="Asking" />;
  if (rows.length === 0) {
    return (
      <EmptyState title="No events match">
        <p className="why">Widen the time, or take a condition away.</p>
      </EmptyState>
    );
  }
  const row = selected === undefined ? undefined : rows[selected];
  return (
    <div aria-busy={answer.isFetching} className={answer.isPlaceholderData ? "stale" : ""}>
      <p className="status-line" style={{ marginBottom: 8 }}>
        <span>{answer.data?.next ? `The newest ${exact(rows.length)} events of this range; narrow it for the others` : `${exact(rows.length)} events`}</span>
      </p>
      <div className={row ? "raw open" : "raw"}>
        <Rows rows={rows} columns={columns} selected={selected} select={setSelected} zone={zone} />
        {row && (
          <aside className="details" aria-label="Event">
            <header>
              <strong className="grow cut">{fieldText(row.fields.name ?? row.fields.body ?? "event")}</strong>
              {typeof row.fields["trace.trace_id"] === "string" && (
                <Link className="button" to={traceAddress(row)}>
                  Open trace
                </Link>
              )}
              <button type="button" className="button plain square" aria-label="Close" onClick={() => setSelected(undefined)}>
                <Icon name="close" />
              </button>
            </header>
            <Fields
              fields={row.fields}
              first={USUAL}
              onFilter={(column, value, negated) => run(withCondition(ran, equals(column, value, negated)))}
              onGroup={(column) => run({ ...ran, groupBy: [...ran.groupBy.filter((known) => known !== columnText(column)), columnText(column)] })}
            />
          </aside>
        )}
      </div>
    </div>
  );
}

export function traceAddress(row: Row): string {
  const span = row.fields["trace.span_id"] ?? row.fields["trace.parent_id"];
  return pageAddress(`/trace/${String(row.fields["trace.trace_id"])}`, { at: String(Math.round(nsToMs(row.time_ns))), ...(typeof span === "string" ? { span } : {}) });
}

/** The query's columns first, then the usual ones that occur. */
function columnsOf(query: Query, rows: readonly Row[]): string[] {
  const named = [...query.groupBy, ...query.calcs.map((calc) => calcParts(calc).column), ...query.where.map(({ text }) => columnOfCondition(text) ?? "")];
  const sample = rows.slice(0, 200);
  const occurs = (name: string) => sample.some(({ fields }) => name in fields);
  const names = [...named.map((name) => name.replaceAll("`", "")), ...USUAL].filter((name) => name && occurs(name));
  return [...new Set(names)];
}

function Rows({ rows, columns, selected, select, zone }: { rows: readonly Row[]; columns: string[]; selected: number | undefined; select: (row: number | undefined) => void; zone: "local" | "utc" }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useEffect(() => {
    if (scroller.current) setHeight(scroller.current.clientHeight);
  }, []);
  const first = Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_PX) + OVERSCAN);
  const template = `190px ${columns.map((name) => (name === "name" ? "320px" : "140px")).join(" ")} 1fr`;
  const key = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20, Home: -rows.length, End: rows.length }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      const next = Math.min(rows.length - 1, Math.max(0, (selected ?? -1) + by));
      select(next);
      const element = scroller.current;
      if (element) {
        if (next * ROW_PX < element.scrollTop) element.scrollTop = next * ROW_PX;
        else if ((next + 2) * ROW_PX > element.scrollTop + element.clientHeight) element.scrollTop = (next + 3) * ROW_PX - element.clientHeight;
      }
    } else if (event.key === "Escape") select(undefined);
  };
  return (
    <div
      ref={scroller}
      className="raw-rows"
      role="grid"
      aria-label="Events, newest first"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      aria-activedescendant={selected === undefined ? undefined : `raw-${selected}`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={key}
    >
      <div className="raw-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        <span role="columnheader">time</span>
        {columns.map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
      <div role="rowgroup" style={{ height: rows.length * ROW_PX, position: "relative" }}>
        {rows.slice(first, last).map((row, n) => {
          const index = first + n;
          return (
            <div
              key={row.seq}
              id={`raw-${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={index === selected}
              className="raw-row"
              style={{ top: index * ROW_PX, gridTemplateColumns: template }}
              onClick={() => select(index === selected ? undefined : index)}
            >
              <span role="gridcell" className="quiet">
                {moment(nsToMs(row.time_ns), zone, Date.now(), "ms")}
              </span>
              {columns.map((name) => (
                <span key={name} role="gridcell">
                  {name === "name" && row.fields.name === undefined ? <span className="quiet">{cell("body", row.fields.body)}</span> : cell(name, row.fields[name])}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function cell(name: string, value: unknown): string {
  if (value === undefined) return "";
  const measure = unitOfColumn(name);
  if (typeof value === "number" && measure.unit === "ms") return duration(value * measure.factor);
  if (typeof value === "number" && measure.unit !== "none") return inUnit(value, measure);
  return fieldText(value);
}
