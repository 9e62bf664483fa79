import "../query/query.css";
import "../../ui/page.css";
import { type ReactNode, useMemo } from "react";
import { type Asked, type EventsAnswer, type QueryAnswer, type Row, useEnvironments, useEvents, useRun, useStats } from "../../api/hooks";
import { extentOf, printBox } from "../../charts/box";
import { go, useParam } from "../../lib/address";
import { bubbleUpOnDrag } from "../../lib/preferences";
import { count, duration, percent } from "../../lib/format";
import { useStore } from "../../lib/store";
import { clock, nsToMs } from "../../lib/time";
import { occupiedBy } from "../../model/occupied";
import { equals } from "../../model/query";
import { graphsOf, numberOf } from "../../model/series";
import { fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { Notes } from "../../ui/Notes";
import { ErrorState, SendSomething, Skeleton, Waiting } from "../../ui/States";
import { asked, pageAddress, timeText, useTime, useView } from "../../ui/view";
import { Closer } from "../query/Closer";
import { Graph } from "../query/Graph";
import { traceAddress } from "../query/RawData";
import { ChangesPanel } from "./Changes";
import { ServiceMenu, SinceDeploy, Spark } from "./parts";

/** What counts as a request: of all, what begins a trace; of a service, what it was asked for, which is seldom that. */
const requestsOf = (service: string | undefined) => (service === undefined ? "is_root = true" : `span.kind in (server, consumer) AND ${equals("service.name", service)}`);

/** How things are: rate, errors, latency; what is slow, what fails. Every figure leads on. */
export function HomePage() {
  useTitle("Home");
  const { env } = useView();
  const [named, setService] = useParam("service", "push");
  const service = named ?? undefined;
  const ROOTS = requestsOf(service);
  const ofService = service === undefined ? "" : ` AND ${equals("service.name", service)}`;
  const { window: shown, zone, setRange } = useTime();
  const environments = useEnvironments();
  const title = environments.data?.find(({ slug }) => slug === env)?.name ?? env;
  const { times } = useStore(asked);
  const stats = useStats(env);
  const time = timeText(shown);
  const whole = useRun(env, `COUNT, P50(duration_ms), P95(duration_ms), P99(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS} ${time}`, ["series"], times);
  const failed = useRun(env, `COUNT WHERE ${ROOTS} AND error = true ${time}`, ["series"], times);
  const routes = useRun(env, `WITH failed = IF($error, 1, 0) COUNT, P95(duration_ms), SUM(failed) WHERE ${ROOTS} GROUP BY service.name, name ORDER BY COUNT desc LIMIT 12 ${time}`, ["series"], times);
  const slow = useRun(env, `MAX(duration_ms) WHERE ${ROOTS} GROUP BY trace.trace_id, service.name, name ORDER BY MAX(duration_ms) desc LIMIT 10 ${time}`, [], times);
  const errors = useEvents(env, { text: `WHERE exception.type exists AND meta.annotation_type != span_event${ofService} ${time}`, limit: 60, columns: ERROR_COLUMNS }, times);
  const graphs = useMemo(() => whole.data && graphsOf(whole.data), [whole.data]);
  const sparks = useMemo(() => routes.data && graphsOf(routes.data), [routes.data]);
  const failedGraphs = useMemo(() => failed.data && graphsOf(failed.data), [failed.data]);
  if (stats.data && stats.data.live_rows + stats.data.file_rows === 0) {
    return (
      <div className="page">
        <h1>Home</h1>
        <SendSomething env={env} />
      </div>
    );
  }
  const [requests, p50, p95, p99] = (whole.data?.results[0]?.values ?? []).map(numberOf);
  // Without an answer it is not known, which is not none.
  const bad = failed.data && numberOf(failed.data.results[0]?.values[0] ?? 0);
  // A service that was not there yet had no requests that could be counted.
  const busy = graphs && occupiedBy({ ...graphs, calculations: graphs.calculations.slice(0, 1) });
  const since = busy && busy.start > shown.start + graphs.grid.step ? busy.start : undefined;
  const minutes = (shown.end - (since ?? shown.start)) / 60_000;
  const graphOf = (title: string, asking: Asked<unknown>, source: typeof graphs, calc: number, height: number, q: string) => {
    const calculation = source?.calculations[calc];
    if (asking.error && !source) {
      // What is said above the graphs is said once.
      if (asking === whole) return null;
      return (
        <section className="panel" aria-label={title}>
          <ErrorState error={asking.error} retry={() => void asking.refetch()} />
        </section>
      );
    }
    if (!source || !calculation) return <Skeleton height={height + 34} label={`Asking for ${title.toLowerCase()}`} />;
    return (
      <Graph
        title={title}
        calculation={calculation}
        index={0}
        source={source}
        names={[""]}
        zone={zone}
        height={height}
        shownGroups={calculation.heat !== undefined ? [] : [0]}
        box={undefined}
        onBox={(box) => box && go(pageAddress("/query", { q, box: printBox(0, extentOf(box, source.grid, calculation.heat)), tab: bubbleUpOnDrag.get() ? "bubbleup" : "" }))}
        onPoint={() => go(pageAddress("/query", { q }))}
      />
    );
  };
  return (
    <div className="page">
      <div className="page-head">
        <h1>{title}</h1>
        <ServiceMenu env={env} service={service} time={time} choose={setService} />
        <SinceDeploy env={env} end={shown.end} zone={zone} setRange={setRange} />
      </div>
      <div className="facts-line">
        <Fact to={`COUNT WHERE ${ROOTS}`} value={requests === undefined ? "–" : rate(requests / minutes)} what={since === undefined ? "requests a minute" : `requests a minute since ${clock(since, zone, shown.end - shown.start < 600_000 ? "second" : "minute")}`} />
        <Fact to={`COUNT WHERE ${ROOTS} AND error = true GROUP BY service.name, name`} value={requests && bad !== undefined ? percent(bad / requests) : "–"} what="of them failed" />
        <Fact to={`P50(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS}`} value={p50 === undefined || Number.isNaN(p50) ? "–" : duration(p50)} what="median" />
        <Fact to={`P95(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS}`} value={p95 === undefined || Number.isNaN(p95) ? "–" : duration(p95)} what="P95" />
        <Fact to={`P99(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS}`} value={p99 === undefined || Number.isNaN(p99) ? "–" : duration(p99)} what="P99" />
      </div>
      <Waiting asked={whole} name="the figures" />
      <Closer graphs={graphs} />
      <Notes data={[whole.data, failed.data]} own />
      <ChangesPanel env={env} service={service} />
      {whole.error && <ErrorState error={whole.error} retry={() => void whole.refetch()} />}
      {graphOf("Latency of requests", whole, graphs, 4, 220, `HEATMAP(duration_ms), COUNT WHERE ${ROOTS}`)}
      <div className="columns-2">
        {graphOf("Requests", whole, graphs, 0, 130, `COUNT WHERE ${ROOTS}`)}
        {graphOf("Failed requests", failed, failedGraphs, 0, 130, `COUNT WHERE ${ROOTS} AND error = true`)}
      </div>
      <div className="columns-3">
        <ListPanel id="routes" title="Routes" note="per min · failed · P95" asked={routes} count={routes.data?.results.length} none="No request in this range.">
          {routes.data?.results.map(({ group, values }, n) => (
            <Link key={JSON.stringify(group)} className="list-row" to={pageAddress("/query", { q: `HEATMAP(duration_ms), COUNT WHERE ${ROOTS} AND ${equals("service.name", group[0])} AND ${equals("name", group[1])}` })}>
              <span className="grow cut" title={String(group[1])}>
                {String(group[1] ?? "(no name)")} <span className="quiet">{String(group[0] ?? "")}</span>
              </span>
              <Spark values={sparks?.calculations[0]?.lines[n]} label={`Requests of ${String(group[1] ?? "")} over time`} />
              <span className="mono">{rate(numberOf(values[0]) / minutes)}</span>
              <span className={numberOf(values[2]) > 0 ? "failed bad-words" : "failed quiet"}>{percent((numberOf(values[2]) || 0) / numberOf(values[0]))}</span>
              <span className="mono">{duration(numberOf(values[1]))}</span>
            </Link>
          ))}
        </ListPanel>
        <ListPanel id="slow" title="Slowest traces" asked={slow} count={slow.data?.results.length} none="No trace has its root in this range.">
          {slow.data?.results.map(({ group, values }) => (
            <Link key={String(group[0])} className="list-row" to={pageAddress(`/trace/${String(group[0])}`)}>
              <span className="grow cut">
                {String(group[2] ?? "")} <span className="quiet">{String(group[1] ?? "")}</span>
              </span>
              <span className="mono">{duration(numberOf(values[0]))}</span>
            </Link>
          ))}
        </ListPanel>
        <ListPanel id="errors" title="Newest errors" asked={errors} count={errors.data?.rows.length} none="No exception in this range.">
          {errors.data && oncePerTrace(errors.data.rows).slice(0, 10).map((row) => (
            <Link key={row.seq} className="list-row" to={row.fields["trace.trace_id"] ? traceAddress(row) : pageAddress("/logs", { event: row.seq, q: `WHERE ${equals("exception.type", row.fields["exception.type"])}` })}>
              <span className="mono quiet">{clock(nsToMs(row.time_ns), zone)}</span>
              <span className="grow cut" title={fieldText(row.fields["exception.message"] ?? "")}>
                {fieldText(row.fields["exception.type"] ?? "")}
                {row.fields["exception.message"] !== undefined && `: ${fieldText(row.fields["exception.message"])}`} <span className="quiet">{fieldText(row.fields["service.name"] ?? "")}</span>
              </span>
            </Link>
          ))}
        </ListPanel>
      </div>
    </div>
  );
}

const ERROR_COLUMNS = ["exception.type", "exception.message", "service.name", "trace.trace_id", "trace.span_id", "meta.annotation_type"];

const SAME_MS = 1_000;

/** One exception goes up through many spans: of each trace the innermost is shown, which began last. Logged beside a trace, it is the same one. */
function oncePerTrace(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  const sameAs = (row: Row) => ["exception.type", "exception.message", "service.name"].map((name) => fieldText(row.fields[name] ?? "")).join("\n");
  const traced = rows.filter((row) => typeof row.fields["trace.trace_id"] === "string");
  return rows.filter((row) => {
    const trace = row.fields["trace.trace_id"];
    if (typeof trace !== "string") return !traced.some((other) => sameAs(other) === sameAs(row) && Math.abs(nsToMs(other.time_ns) - nsToMs(row.time_ns)) < SAME_MS);
    const key = `${trace}\n${sameAs(row)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

interface ListPanelProps {
  id: string;
  title: string;
  note?: string;
  asked: Asked<QueryAnswer | EventsAnswer>;
  /** How many lines there are; nothing while that is not known. */
  count: number | undefined;
  /** What is said when there are none. */
  none: string;
  children: ReactNode;
}

/** A panel of lines, that says so when it has none, waits, or failed. */
function ListPanel({ id, title, note, asked: question, count: lines, none, children }: ListPanelProps) {
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id} className="grow">
          {title}
        </h2>
        {note && <span className="quiet">{note}</span>}
      </header>
      {question.error && <ErrorState error={question.error} retry={() => void question.refetch()} />}
      <Notes data={question.data} own />
      {lines === undefined && !question.error && <Skeleton height={200} label={`Asking for ${title.toLowerCase()}`} />}
      {lines === 0 && !question.error && <p className="list-row quiet">{none}</p>}
      {children}
    </section>
  );
}

/** Two digits below one: more would pretend. */
const rate = (perMinute: number) => count(perMinute < 1 ? Number(perMinute.toPrecision(1)) : perMinute < 10 ? Number(perMinute.toPrecision(2)) : perMinute);

function Fact({ to, value, what }: { to: string; value: string; what: string }) {
  return (
    <Link className="fact" to={pageAddress("/query", { q: to })}>
      <strong>{value}</strong>
      <span>{what}</span>
    </Link>
  );
}
