import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from "react";
import { type Row, useEventPages, useRow } from "../../api/hooks";
import { useSize } from "../../charts/canvas";
import { duration, exact, inUnit, unitOfColumn } from "../../lib/format";
import { rawColumns } from "../../lib/preferences";
import { useStore } from "../../lib/store";
import { type Zone, clock, isOneDay, moment, nsToMs, widened } from "../../lib/time";
import { type Query, calcParts, columnOfCondition, columnText, equals, whereText, withCondition } from "../../model/query";
import { useParam } from "../../lib/address";
import { occurring, printChosen, readChosen, varying } from "../../model/rawcolumns";
import { CopyButton } from "../../ui/Copy";
import { Fields, fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { Menu } from "../../ui/Menu";
import { Notes } from "../../ui/Notes";
import { EmptyState, ErrorState, Skeleton, Waiting } from "../../ui/States";
import { useHeldQuestion } from "../../ui/held";
import { Icon } from "../../ui/icons";
import { ROW_PX } from "../../ui/row";
import { useKeptInSight } from "../../ui/sight";
import { asked, pageAddress, useTime } from "../../ui/view";
import { printJson } from "../../lib/json";
import { RawColumns } from "./RawColumns";
import { saveEvents } from "./rows";

/** Rows that the list holds at most. */
const MOST = 10_000;
const OVERSCAN = 20;
const USUAL = ["service.name", "name", "duration_ms", "http.response.status_code", "error", "severity"];
/** Fields that lead on, or stand where a name is missing. */
const BESIDES = ["body", "trace.trace_id", "trace.span_id", "trace.parent_id"];

interface RawDataProps {
  env: string;
  ran: Query;
  time: string;
  run: (query: Query) => void;
}

/** The events themselves, newest first, as many as are scrolled to. */
export function RawData({ env, ran, time, run }: RawDataProps) {
  const { times } = useStore(asked);
  const { zone, live, window: shown } = useTime();
  const [event, setEvent] = useParam("event");
  const [isScrolled, setScrolled] = useState(false);
  const where = whereText(ran);
  const usual = useMemo(() => namesWanted(ran), [ran]);
  const [told, setTold] = useParam("raw");
  const [vary, setVary] = useParam("vary");
  const datasets = ran.datasets.join() || "*";
  const remembered = useStore(rawColumns);
  // The address says what is shown; else what was chosen here for these datasets.
  const chosen = useMemo(() => readChosen(told) ?? remembered[datasets], [told, remembered, datasets]);
  const names = chosen ?? usual;
  const choose = (next: readonly string[] | undefined) => {
    const { [datasets]: _, ...others } = rawColumns.get();
    rawColumns.set(next ? { ...others, [datasets]: [...next] } : others);
    setTold(next ? printChosen(next) : null);
  };
  const list = useRef<HTMLDivElement>(null);
  // Under Live, what is looked at stays where it is.
  const held = useHeldQuestion(list, { time, times, what: where }, live, isScrolled || event !== null);
  const answer = useEventPages(env, { text: `${where} ${held.time}`, columns: [...names, ...BESIDES] }, held.times);
  const read = useMemo(() => answer.data?.pages.flatMap((page) => page.rows), [answer.data]);
  const rows = useMemo(() => read?.slice(0, MOST), [read]);
  // The address names an event with its time: it is found again wherever in the list it stands.
  const selected = useMemo(() => (event === null ? undefined : (rows?.find(({ seq }) => seq === nameOf(event).seq) ?? nameOf(event))), [event, rows]);
  const setSelected = (row: Row | undefined) => setEvent(row ? `${row.seq}@${row.time_ns}` : null);
  const full = useRow(env, selected);
  const columns = useMemo(() => {
    const there = chosen ? [...chosen] : occurring(names, rows ?? []);
    return vary === "1" ? varying(there, rows ?? [], printJson) : there;
  }, [chosen, names, rows, vary]);
  if (answer.error && !rows) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  if (!rows) {
    return (
      <>
        <Waiting asked={answer} />
        <Skeleton height={400} label="Asking" />
      </>
    );
  }
  if (rows.length === 0) {
    return (
      <EmptyState title="No events match">
        <Notes data={answer.data?.pages[0]} />
        <p className="why">Widen the time, or take a condition away.</p>
      </EmptyState>
    );
  }
  const row = full.data ?? selected;
  const isCut = answer.hasNextPage || (read?.length ?? 0) > MOST;
  const more = isCut && rows.length < MOST;
  const close = () => {
    setSelected(undefined);
    list.current?.focus();
  };
  return (
    <div aria-busy={answer.isFetching} className={answer.isPlaceholderData ? "stale" : ""}>
      <Notes data={answer.data?.pages ?? []} />
      <div className="status-line" style={{ marginBottom: 8, alignItems: "center" }}>
        <span role="status">
          {isCut ? `The newest ${exact(rows.length)} events${more ? "; more come as you scroll" : ", the most that are shown. Narrow the range, or download all"}` : `${exact(rows.length)} events`}
        </span>
        {held.isHeld && held.isOlder && (
          <button type="button" className="button" onClick={() => (setSelected(undefined), list.current?.scrollTo(0, 0), held.renew())}>
            Newer events are there: show them
          </button>
        )}
        <RawColumns env={env} shown={chosen ?? columns} isChosen={chosen !== undefined} choose={choose} onlyVarying={vary === "1"} setOnlyVarying={(only) => setVary(only ? "1" : null)} />
        <Menu
          label={isCut && !more ? "Download all" : "Download"}
          items={[
            { label: "CSV, all fields", run: () => void saveEvents(env, `${where} ${held.time}`, "csv", new Date()) },
            { label: "JSON lines, all fields", run: () => void saveEvents(env, `${where} ${held.time}`, "ndjson", new Date()) },
          ]}
        />
      </div>
      {answer.error && <ErrorState error={answer.error} retry={() => void answer.refetch()} />}
      <div className={row ? "raw open" : "raw"}>
        <Rows
          list={list}
          rows={rows}
          columns={columns}
          selected={selected?.seq}
          select={setSelected}
          zone={zone}
          isShort={isOneDay(widened(shown, timesOf(rows)), zone)}
          onScroll={(scrolled, nearEnd) => {
            setScrolled(scrolled);
            if (nearEnd && more && !answer.isFetching) void answer.fetchNextPage();
          }}
        />
        {row && (
          <aside
            className="details"
            aria-label="Event"
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              event.stopPropagation();
              close();
            }}
          >
            <header>
              <strong className="grow cut">{fieldText(row.fields.name ?? row.fields.body ?? "event")}</strong>
              {typeof row.fields["trace.trace_id"] === "string" && (
                <Link className="button" to={traceAddress(row)}>
                  Open trace
                </Link>
              )}
              <CopyButton text={printJson({ time_ns: row.time_ns, ...row.fields }, 2)} label="Copy JSON" />
              <button type="button" className="button plain square" aria-label="Close" onClick={close}>
                <Icon name="close" />
              </button>
            </header>
            {full.error && !full.data && <ErrorState error={full.error} retry={() => void full.refetch()} />}
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

/** The event that an address names, without its fields. */
function nameOf(event: string): Row {
  const [seq = "", time = ""] = event.split("@");
  return { seq, time_ns: /^\d+$/.test(time) ? time : "0", fields: {} };
}

/** The query's columns first, then the usual ones. */
function namesWanted(query: Query): string[] {
  const named = [...query.groupBy, ...query.calcs.map((calc) => calcParts(calc).column), ...query.where.map(({ text }) => columnOfCondition(text) ?? "")];
  const defined = new Set(query.fields.map((field) => field.split("=")[0]?.trim()));
  const plain = named.map((name) => name.replaceAll("`", "").replace(/^=/, "")).filter((name) => name && !/^(root|parent|child|any[23]?|none)\./.test(name) && !defined.has(name));
  return [...new Set([...plain, ...USUAL])];
}

/** When the newest and the oldest one happened. */
export function timesOf(rows: readonly Row[]): number[] {
  return [rows[0], rows.at(-1)].flatMap((row) => (row ? [nsToMs(row.time_ns)] : []));
}

interface RowsProps {
  list: React.RefObject<HTMLDivElement | null>;
  rows: readonly Row[];
  columns: string[];
  selected: string | undefined;
  select: (row: Row | undefined) => void;
  zone: Zone;
  /** All of one day. */
  isShort: boolean;
  onScroll: (isScrolled: boolean, isNearEnd: boolean) => void;
}

function Rows({ list, rows, columns, selected, select, zone, isShort, onScroll }: RowsProps) {
  const [top, setTop] = useState(0);
  const [, { height }] = useSize(list);
  const at = useMemo(() => (selected === undefined ? -1 : rows.findIndex(({ seq }) => seq === selected)), [rows, selected]);
  const first = Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_PX) + OVERSCAN);
  const timePx = isShort ? 104 : 190;
  const template = `${timePx}px ${columns.map((name) => (name === "name" ? "320px" : "140px")).join(" ")} 1fr`;
  const wide = timePx + columns.reduce((sum, name) => sum + (name === "name" ? 320 : 140), 0);
  const isNearEnd = last >= rows.length - 200;
  useKeptInSight(height, at < 0 ? undefined : `raw-${at}`);
  const told = useRef(onScroll);
  told.current = onScroll;
  useEffect(() => told.current(top > 0, isNearEnd && top > 0), [top, isNearEnd, rows.length]);
  const key = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20, Home: -rows.length, End: rows.length }[event.key];
    if (by !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      const next = Math.min(rows.length - 1, Math.max(0, at + by));
      select(rows[next]);
      const element = list.current;
      if (element) {
        if (next * ROW_PX < element.scrollTop) element.scrollTop = next * ROW_PX;
        else if ((next + 2) * ROW_PX > element.scrollTop + element.clientHeight) element.scrollTop = (next + 3) * ROW_PX - element.clientHeight;
      }
    } else if (event.key === "Escape" && selected !== undefined) {
      event.stopPropagation();
      select(undefined);
    }
  };
  return (
    <div
      ref={list}
      className="raw-rows"
      role="grid"
      aria-label="Events, newest first"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      aria-activedescendant={at < 0 ? undefined : `raw-${at}`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={key}
    >
      <div className="raw-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth: `max(100%, ${wide}px)` }}>
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
            <RawRow key={row.seq} row={row} index={index} isSelected={index === at} columns={columns} template={template} wide={wide} zone={zone} isShort={isShort} select={select} />
          );
        })}
      </div>
    </div>
  );
}

interface RawRowProps extends Pick<RowsProps, "columns" | "zone" | "isShort" | "select"> {
  row: Row;
  index: number;
  isSelected: boolean;
  template: string;
  wide: number;
}

/** A row is made once while it is scrolled by. */
const RawRow = memo(function RawRow({ row, index, isSelected, columns, template, wide, zone, isShort, select }: RawRowProps) {
  return (
    <div
      id={`raw-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className="raw-row"
      style={{ top: index * ROW_PX, height: ROW_PX, gridTemplateColumns: template, minWidth: `max(100%, ${wide}px)` }}
      onClick={() => select(isSelected ? undefined : row)}
    >
      <span role="gridcell" className="quiet">
        {isShort ? clock(nsToMs(row.time_ns), zone, "ms") : moment(nsToMs(row.time_ns), zone, Date.now(), "ms")}
      </span>
      {columns.map((name) => (
        <span key={name} role="gridcell">
          {name === "name" && row.fields.name === undefined ? <span className="quiet">{cell("body", row.fields.body)}</span> : cell(name, row.fields[name])}
        </span>
      ))}
    </div>
  );
});

function cell(name: string, value: unknown): string {
  if (value === undefined) return "";
  const measure = unitOfColumn(name);
  if (typeof value === "number" && measure.unit === "ms") return duration(value * measure.factor);
  if (typeof value === "number" && measure.unit !== "none") return inUnit(value, measure);
  return fieldText(value);
}
