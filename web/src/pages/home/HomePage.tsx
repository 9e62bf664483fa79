import "../query/query.css";
import "../../ui/page.css";
import { useMemo } from "react";
import { useEvents, useRun, useStats } from "../../api/hooks";
import { extentOf, printBox } from "../../charts/box";
import { go } from "../../lib/address";
import { count, duration, percent } from "../../lib/format";
import { useStore } from "../../lib/store";
import { clock, nsToMs } from "../../lib/time";
import { equals } from "../../model/query";
import { graphsOf, numberOf } from "../../model/series";
import { fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { ErrorState, SendSomething, Skeleton } from "../../ui/States";
import { asked, pageAddress, timeText, useTime, useView } from "../../ui/view";
import { Graph } from "../query/Graph";
import { traceAddress } from "../query/RawData";

const ROOTS = "is_root = true";

/** How things are: rate, errors, latency; what is slow, what fails. Every figure leads on. */
export function HomePage() {
  useTitle("Home");
  const { env } = useView();
  const { window: shown, zone } = useTime();
  const { times } = useStore(asked);
  const stats = useStats(env);
  const time = timeText(shown);
  const whole = useRun(env, `COUNT, P50(duration_ms), P95(duration_ms), P99(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS} ${time}`, ["series"], times);
  const failed = useRun(env, `COUNT WHERE ${ROOTS} AND error = true ${time}`, ["series"], times);
  const routes = useRun(env, `COUNT, P95(duration_ms) WHERE ${ROOTS} GROUP BY service.name, name ORDER BY COUNT desc LIMIT 12 ${time}`, [], times);
  const slow = useRun(env, `MAX(duration_ms) WHERE ${ROOTS} GROUP BY trace.trace_id, service.name, name ORDER BY MAX(duration_ms) desc LIMIT 10 ${time}`, [], times);
  const errors = useEvents(env, { text: `WHERE exception.type exists ${time}`, limit: 10 }, times);
  const graphs = useMemo(() => whole.data && graphsOf(whole.data), [whole.data]);
  const failedGraphs = useMemo(() => failed.data && graphsOf(failed.data), [failed.data]);
  if (stats.data && stats.data.live_rows + stats.data.file_rows === 0) {
    return (
      <div className="page">
        <h1>Home</h1>
        <SendSomething />
      </div>
    );
  }
  if (whole.error && !whole.data) {
    return (
      <div className="page">
        <h1>Home</h1>
        <ErrorState error={whole.error} retry={() => void whole.refetch()} />
      </div>
    );
  }
  const [requests, p50, p95, p99] = (whole.data?.results[0]?.values ?? []).map(numberOf);
  const bad = numberOf(failed.data?.results[0]?.values[0] ?? 0);
  const minutes = (shown.end - shown.start) / 60_000;
  const graphOf = (title: string, source: typeof graphs, calc: number, height: number, q: string) => {
    const calculation = source?.calculations[calc];
    if (!source || !calculation) return <Skeleton height={height + 34} label="Asking" />;
    return (
      <Graph
        title={title}
        calculation={calculation}
        index={0}
        source={source}
        names={[""]}
        zone={zone}
        height={height}
        shownGroups={calculation.heats.length > 0 ? [] : [0]}
        box={undefined}
        onBox={(box) => box && go(pageAddress("/query", { q, box: printBox(0, extentOf(box, source.grid, calculation.heats[0])) }))}
        onPoint={() => go(pageAddress("/query", { q }))}
      />
    );
  };
  return (
    <div className="page">
      <h1>{env}</h1>
      <div className="facts-line">
        <Fact to={`COUNT WHERE ${ROOTS}`} value={requests === undefined ? "–" : rate(requests / minutes)} what="requests a minute" />
        <Fact to={`COUNT WHERE ${ROOTS} AND error = true GROUP BY service.name, name`} value={requests ? percent(bad / requests) : "–"} what="of them failed" />
        <Fact to={`P50(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS}`} value={p50 === undefined || Number.isNaN(p50) ? "–" : duration(p50)} what="median" />
        <Fact to={`P95(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS}`} value={p95 === undefined || Number.isNaN(p95) ? "–" : duration(p95)} what="P95" />
        <Fact to={`P99(duration_ms), HEATMAP(duration_ms) WHERE ${ROOTS}`} value={p99 === undefined || Number.isNaN(p99) ? "–" : duration(p99)} what="P99" />
      </div>
      {graphOf("Latency of requests", graphs, 4, 220, `HEATMAP(duration_ms), COUNT WHERE ${ROOTS}`)}
      <div className="columns-2">
        {graphOf("Requests", graphs, 0, 130, `COUNT WHERE ${ROOTS}`)}
        {graphOf("Failed requests", failedGraphs, 0, 130, `COUNT WHERE ${ROOTS} AND error = true`)}
      </div>
      <div className="columns-3">
        <section className="panel" aria-labelledby="routes">
          <header>
            <h2 id="routes" className="grow">
              Routes
            </h2>
            <span className="quiet">per min · P95</span>
          </header>
          {routes.data?.results.map(({ group, values }) => (
            <Link key={JSON.stringify(group)} className="list-row" to={pageAddress("/query", { q: `HEATMAP(duration_ms), COUNT WHERE ${ROOTS} AND ${equals("service.name", group[0])} AND ${equals("name", group[1])}` })}>
              <span className="grow cut" title={String(group[1])}>
                {String(group[1] ?? "(no name)")} <span className="quiet">{String(group[0] ?? "")}</span>
              </span>
              <span className="mono">{rate(numberOf(values[0]) / minutes)}</span>
              <span className="mono">{duration(numberOf(values[1]))}</span>
            </Link>
          ))}
        </section>
        <section className="panel" aria-labelledby="slow">
          <header>
            <h2 id="slow">Slowest traces</h2>
          </header>
          {slow.data?.results.map(({ group, values }) => (
            <Link key={String(group[0])} className="list-row" to={pageAddress(`/trace/${String(group[0])}`)}>
              <span className="grow cut">
                {String(group[2] ?? "")} <span className="quiet">{String(group[1] ?? "")}</span>
              </span>
              <span className="mono">{duration(numberOf(values[0]))}</span>
            </Link>
          ))}
        </section>
        <section className="panel" aria-labelledby="errors">
          <header>
            <h2 id="errors">Newest errors</h2>
          </header>
          {errors.data?.rows.length === 0 && <p className="list-row quiet">No exception in this range.</p>}
          {errors.data?.rows.map((row) => (
            <Link key={row.seq} className="list-row" to={row.fields["trace.trace_id"] ? traceAddress(row) : pageAddress("/query", { q: "COUNT WHERE exception.type exists GROUP BY exception.type", tab: "raw" })}>
              <span className="mono quiet">{clock(nsToMs(row.time_ns), zone)}</span>
              <span className="grow cut" title={fieldText(row.fields["exception.message"] ?? "")}>
                {fieldText(row.fields["exception.type"] ?? "")} <span className="quiet">{fieldText(row.fields["service.name"] ?? "")}</span>
              </span>
            </Link>
          ))}
        </section>
      </div>
    </div>
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
