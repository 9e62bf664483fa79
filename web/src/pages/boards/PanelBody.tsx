import { type ReactNode, memo, useEffect, useMemo, useRef, useState } from "react";
import { type Asked, type EventsAnswer, type QueryAnswer, type Row, useEvents, useRun, useUnits } from "../../api/hooks";
import type { PanelContent } from "../../api/library";
import { Legend } from "../../charts/Legend";
import { TimeChart } from "../../charts/TimeChart";
import { extentOf, printBox } from "../../charts/box";
import { useSize } from "../../charts/canvas";
import { slotColour, useColours } from "../../charts/colours";
import { hoveredGroup } from "../../charts/crosshair";
import { go, readAddress } from "../../lib/address";
import { count, exact, inUnit } from "../../lib/format";
import { DAY_MS, clock, moment, nsToMs } from "../../lib/time";
import { withBoard } from "../../model/board";
import { hasNothing } from "../../model/nothing";
import { type Condition, asking, calcParts, columnOfCondition, equals, isHeatmap, printQuery, readQuery, whereText, withCondition } from "../../model/query";
import { type Calculation, type Graphs, drawnGraphs, graphsOf, numberOf } from "../../model/series";
import { fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { Notes } from "../../ui/Notes";
import { ErrorState, Skeleton, Waiting } from "../../ui/States";
import { filled } from "../../ui/Table";
import { pageAddress, useTime } from "../../ui/view";
import { traceAddress } from "../query/RawData";
import { useSlots } from "../query/slots";

export type QueryContent = Extract<PanelContent, { type: "query" }>;

interface PanelProps {
  content: QueryContent;
  conditions: readonly Condition[];
}

interface BodyProps extends PanelProps {
  env: string;
  /** The panel's, which tells it apart on its board. */
  id: string;
  time: string;
  times: number;
}

const DRAWN_GROUPS = 12;
const EVENTS = 100;
const USUAL = ["service.name", "name", "duration_ms", "http.response.status_code", "body"];

const tabOf = (content: QueryContent): Record<string, string> => (content.style === "events" ? { tab: "raw" } : {});

/** What a panel is called: the way to its query, with the board's conditions in it. */
export function PanelTitle({ content, conditions }: PanelProps) {
  const query = withBoard(content.query, conditions);
  return (
    <h2 className="grow cut">
      <Link to={pageAddress("/query", { q: query, ...tabOf(content) })} title={query}>
        {content.title || content.query}
      </Link>
    </h2>
  );
}

/** The answer to a panel's query. It is asked for while the panel is in view. Moving panels about draws none of them again. */
export const PanelBody = memo(function PanelBody({ env, id, content, conditions, time, times }: BodyProps) {
  const [holder, seen] = useInView();
  const query = withBoard(content.query, conditions);
  return (
    <div ref={holder} className={`panel-body ${content.style}`}>
      {content.style === "events" ? <Events env={env} query={query} time={time} times={times} enabled={seen} /> : <Answer env={env} id={id} content={content} query={query} time={time} times={times} enabled={seen} />}
    </div>
  );
});

/** Whether an element is in the visible part of the page, or near it. */
function useInView(): [React.RefObject<HTMLDivElement | null>, boolean] {
  const element = useRef<HTMLDivElement>(null);
  const [inView, setInView] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver((entries) => setInView(entries.at(-1)?.isIntersecting ?? false), { rootMargin: "200px" });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, inView];
}

function Answer({ env, id, content, query, time, times, enabled }: { env: string; id: string; content: QueryContent; query: string; time: string; times: number; enabled: boolean }) {
  const drawsSeries = content.style === "graph" || content.style === "both";
  const answer = useRun(env, `${query} ${time}`, drawsSeries ? ["series"] : [], times, enabled);
  const read = useMemo(() => readQuery(query), [query]);
  // A heatmap shows all events, whatever the groups.
  const heat = read.groupBy.length > 0 && drawsSeries ? read.calcs.filter(isHeatmap) : [];
  const whole = useRun(env, `${asking(read, heat, { step: read.step })} ${time}`, ["series"], times, enabled && heat.length > 0);
  const units = useUnits(env, read.calcs);
  const slots = useSlots(`${readAddress().path} ${id}`, answer.data);
  const colours = useColours();
  const groupColours = useMemo(() => (read.groupBy.length > 0 ? slots.map((slot) => slotColour(colours, slot)) : undefined), [read, slots, colours]);
  const graphs = useMemo(() => answer.data && graphsOf(answer.data), [answer.data, units]);
  const wholeGraphs = useMemo(() => (heat.length > 0 ? whole.data && graphsOf(whole.data) : graphs), [heat.length, whole.data, graphs, units]);
  if (answer.error && !answer.data) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data || !graphs) return <Asking answer={answer} />;
  const { data } = answer;
  if (data.results.length === 0 || (hasNothing(data) && content.style !== "value")) return <Empty query={query} data={data} />;
  const parts: ReactNode[] = [];
  if (content.style === "value") parts.push(<Values key="values" data={data} graphs={graphs} query={query} />);
  if (drawsSeries) parts.push(<Charts key="charts" content={content} graphs={graphs} whole={wholeGraphs} asked={whole} query={query} names={graphs.names} groupColours={groupColours} grouped={data.breakdowns.length > 0} />);
  if (content.style === "table" || content.style === "both") parts.push(<Table key="table" data={data} graphs={graphs} query={query} groupColours={drawsSeries ? groupColours : undefined} />);
  return (
    <Shown answer={answer} also={heat.length > 0 ? whole.data : undefined}>
      {parts}
    </Shown>
  );
}

/** The place of an answer; after a while with how long it has taken, and a way to call it off. */
function Asking<T>({ answer }: { answer: Asked<T> }) {
  return (
    <>
      <Waiting asked={answer} />
      <Skeleton height={80} label="Asking" />
    </>
  );
}

/** An answer; dimmed while it is replaced, with what is wrong with it above. */
function Shown({ answer, also, children }: { answer: Asked<QueryAnswer | EventsAnswer>; also?: QueryAnswer | undefined; children: ReactNode }) {
  return (
    <div className={answer.isPlaceholderData ? "panel-answer stale" : "panel-answer"} aria-busy={answer.isFetching}>
      <div className="loading-bar" />
      <Waiting asked={answer} />
      {answer.error && <p className="note">Not asked again: {answer.error.message}.</p>}
      <Notes data={[answer.data, also]} />
      {children}
    </div>
  );
}

function Empty({ query, data }: { query: string; data: QueryAnswer | EventsAnswer }) {
  const { where } = readQuery(query);
  return (
    <>
      <Notes data={data} />
      <p className="panel-empty quiet">
        No events match in this range.{" "}
        {where.length > 0 && (
          <>
            Conditions: <span className="mono">{where.map(({ text }) => text).join(" AND ")}</span>
          </>
        )}
      </p>
    </>
  );
}

interface ChartsProps {
  content: QueryContent;
  graphs: Graphs;
  whole: Graphs | undefined;
  /** What `whole` comes from. */
  asked: Asked<QueryAnswer>;
  query: string;
  names: readonly string[];
  groupColours: readonly string[] | undefined;
  grouped: boolean;
}

const LEAST_CHART = 76;

/** A graph for each calculation, as high as there is room. */
function Charts({ content, graphs, whole, asked, query, names, groupColours, grouped }: ChartsProps) {
  const { zone } = useTime();
  const [holder, { height }] = useSize<HTMLDivElement>();
  const groups = useMemo(() => Array.from({ length: Math.min(DRAWN_GROUPS, names.length) }, (_, n) => n), [names]);
  const several = graphs.calculations.length > 1;
  const each = Math.max(LEAST_CHART, Math.floor(height / Math.max(1, graphs.calculations.length)) - (several ? 18 : 0));
  const drawn = drawnGraphs(graphs, whole);
  const hasLines = grouped && drawn.some(({ calculation }) => calculation.op !== "HEATMAP");
  return (
    <>
      <div ref={holder} className="panel-charts">
        {height > 0 &&
          drawn.map(({ calculation, source, index, names: named }) => (
            <div key={calculation.label}>
              {several && <p className="chart-name mono">{calculation.label}</p>}
              {source ? (
                <TimeChart
                  calculation={calculation}
                  index={index}
                  grid={source.grid}
                  start={source.start}
                  end={source.end}
                  unfinishedFrom={source.end}
                  names={named}
                  zone={zone}
                  height={each}
                  log={content.log_scale}
                  shownGroups={calculation.heat !== undefined ? [] : groups}
                  groupColours={calculation.heat !== undefined ? undefined : groupColours}
                  box={undefined}
                  onBox={(box) => box && go(pageAddress("/query", { q: query, box: printBox(index, extentOf(box, source.grid, calculation.heat)), ...(calculation.heat !== undefined ? { tab: "bubbleup" } : {}) }))}
                  onPoint={({ step }) => go(pageAddress("/query", { q: query, ...aroundStep(source, step) }))}
                />
              ) : asked.error ? (
                <ErrorState error={asked.error} retry={() => void asked.refetch()} />
              ) : (
                <Skeleton height={each} label={`Asking for ${calculation.label} of all events`} />
              )}
            </div>
          ))}
      </div>
      {hasLines && content.style === "graph" && (
        <Legend names={names} groups={groups} {...(groupColours ? { groupColours } : {})} />
      )}
    </>
  );
}

/** A little time round a step, so that what is there can be seen. */
function aroundStep({ grid }: Graphs, step: number): Record<string, string> {
  const [from, to] = [grid.first + (step - 5) * grid.step, grid.first + (step + 6) * grid.step];
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

function Values({ data, graphs, query }: { data: QueryAnswer; graphs: Graphs; query: string }) {
  return (
    <div className="facts-line">
      {data.results.slice(0, 12).map(({ group, values }, row) =>
        graphs.calculations.map((calculation, n) => (
          <Link key={`${JSON.stringify(group)}${calculation.label}`} className="fact" to={pageAddress("/query", { q: narrowed(query, data.breakdowns, group) })}>
            <strong title={String(values[n])}>{valueText(calculation, values[n])}</strong>
            <span>{[graphs.names[row], data.results.length > 1 || graphs.calculations.length > 1 ? calculation.label : ""].filter(Boolean).join(" · ") || calculation.label}</span>
          </Link>
        )),
      )}
    </div>
  );
}

function valueText(calculation: Calculation, value: unknown): string {
  const number = numberOf(value);
  return Number.isNaN(number) ? "–" : inUnit(number, calculation.measure);
}

/** A query about one group alone. */
function narrowed(query: string, breakdowns: readonly string[], group: readonly unknown[]): string {
  return printQuery(breakdowns.reduce((known, column, n) => withCondition(known, equals(column, group[n])), readQuery(query)));
}

const TABLE_ROWS = 100;

function Table({ data, graphs, query, groupColours }: { data: QueryAnswer; graphs: Graphs; query: string; groupColours: readonly string[] | undefined }) {
  const shown = graphs.calculations.map((calculation, n) => ({ calculation, n })).filter(({ calculation }) => calculation.op !== "HEATMAP");
  const rows = data.results.slice(0, TABLE_ROWS);
  const most = shown.map(({ n }) => Math.max(0, ...rows.map(({ values }) => numberOf(values[n])).filter(Number.isFinite)));
  return (
    <div className="panel-table" tabIndex={0} role="region" aria-label="Groups">
      <table className="grid">
        <thead>
          <tr>
            {data.breakdowns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
            {shown.map(({ calculation }) => (
              <th key={calculation.label} scope="col" className="num">
                {calculation.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody onPointerLeave={() => hoveredGroup.set(undefined)}>
          {rows.map(({ group, values }, row) => (
            <tr key={JSON.stringify(group)} onPointerEnter={() => groupColours && hoveredGroup.set(row)}>
              {group.map((value, n) => (
                <td key={data.breakdowns[n]}>
                  {n === 0 && groupColours?.[row] && <span className="swatch" style={{ background: groupColours[row] }} />}
                  {n === 0 ? <Link to={pageAddress("/query", { q: narrowed(query, data.breakdowns, group) })}>{text(value)}</Link> : text(value)}
                </td>
              ))}
              {shown.map(({ calculation, n }, index) => (
                <td key={calculation.label} className="num filled" style={filled(group.length > 0 ? numberOf(values[n]) / (most[index] || 1) : 0)} title={String(values[n])}>
                  {valueText(calculation, values[n])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {data.groups > rows.length && <p className="table-foot">{`${exact(rows.length)} of ${count(data.groups)} groups`}</p>}
    </div>
  );
}

const text = (value: unknown) => (value === null || value === undefined ? "(none)" : fieldText(value));

/** The newest events of a query, each the way to its trace. */
function Events({ env, query, time, times, enabled }: { env: string; query: string; time: string; times: number; enabled: boolean }) {
  const { zone, window: shown } = useTime();
  const isLong = shown.end - shown.start > DAY_MS / 2;
  const read = useMemo(() => readQuery(query), [query]);
  const where = whereText(read);
  const answer = useEvents(env, { text: `${where} ${time}`, limit: EVENTS }, times, enabled);
  if (answer.error && !answer.data) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <Asking answer={answer} />;
  const { rows } = answer.data;
  if (rows.length === 0) return <Empty query={query} data={answer.data} />;
  const columns = columnsOf(query, rows);
  return (
    <Shown answer={answer}>
      <div className="panel-table" tabIndex={0} role="region" aria-label="Newest events">
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">time</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.seq}>
                <td>
                  <Link to={row.fields["trace.trace_id"] ? traceAddress(row) : pageAddress("/query", { q: query, tab: "raw" })}>
                    <span title={moment(nsToMs(row.time_ns), zone, Date.now(), "ms")}>{isLong ? moment(nsToMs(row.time_ns), zone) : clock(nsToMs(row.time_ns), zone, "ms")}</span>
                  </Link>
                </td>
                {columns.map((column) => (
                  <td key={column}>{column === "name" && row.fields.name === undefined ? <span className="quiet">{cell("body", row.fields.body)}</span> : cell(column, row.fields[column])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Shown>
  );
}

function cell(column: string, value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "number" && /_ms$/.test(column) ? inUnit(value, { unit: "ms", factor: 1 }) : fieldText(value);
}

/** The query's columns first, then the usual ones that occur. */
function columnsOf(query: string, rows: readonly Row[]): string[] {
  const read = readQuery(query);
  const named = [...read.groupBy, ...read.calcs.map((calc) => calcParts(calc).column), ...read.where.map((condition) => columnOfCondition(condition.text) ?? "")];
  const occurs = (name: string) => rows.some(({ fields }) => name in fields);
  return [...new Set([...named.map((name) => name.replaceAll("`", "")), ...USUAL])].filter((name) => name && name !== "is_root" && !name.startsWith("trace.") && occurs(name)).slice(0, 8);
}
