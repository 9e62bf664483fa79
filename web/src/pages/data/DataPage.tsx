import "../query/query.css";
import "../../ui/page.css";
import { useMemo } from "react";
import { useColumns, useDatasets, useMetrics, useRun, useStats, useValues } from "../../api/hooks";
import { useParam } from "../../lib/address";
import { useStore } from "../../lib/store";
import { bytes, count, exact } from "../../lib/format";
import { moment, nsToMs } from "../../lib/time";
import { metricQuery } from "../../model/metric";
import { columnText, equals } from "../../model/query";
import { best } from "../../model/rank";
import { numberOf } from "../../model/series";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { ErrorState, SendSomething, Skeleton } from "../../ui/States";
import { Table, filled, numeric } from "../../ui/Table";
import { asked, pageAddress, timeText, useTime, useView } from "../../ui/view";

const SHOWN = 400;
/** The dataset of metrics that name none. */
const METRICS = "unknown_metrics";

/** What is stored: datasets with their volume, columns with their values. */
export function DataPage() {
  useTitle("Data");
  const { env } = useView();
  const { window: shown, zone } = useTime();
  const { times } = useStore(asked);
  const time = timeText(shown);
  const datasets = useDatasets(env);
  const columns = useColumns(env);
  const stats = useStats(env);
  const volume = useRun(env, `COUNT GROUP BY meta.dataset LIMIT 1000 ${time}`, [], times);
  const [typed, setSearch] = useParam("find");
  const search = typed ?? "";
  const [open, setOpen] = useParam("sel");
  const events = useMemo(() => new Map((volume.data?.results ?? []).map(({ group, values }) => [String(group[0]), numberOf(values[0])])), [volume.data]);
  const found = useMemo(() => {
    const all = columns.data ?? [];
    if (!search.trim()) return all.slice(0, SHOWN);
    const names = best(search, all.map(({ name }) => name), () => 0, SHOWN);
    return names.flatMap((name) => all.find((column) => column.name === name) ?? []);
  }, [columns.data, search]);
  const most = Math.max(1, ...events.values());
  if (datasets.data?.length === 0) {
    return (
      <div className="page">
        <h1>Data</h1>
        <SendSomething env={env} what="No datasets yet." />
      </div>
    );
  }
  const sorted = [...(datasets.data ?? [])].sort((a, b) => (events.get(b.slug) ?? 0) - (events.get(a.slug) ?? 0));
  return (
    <div className="page">
      <h1>Data</h1>
      {stats.data && (
        <p className="status-line">
          <span>{exact(stats.data.live_rows + stats.data.file_rows)} events stored</span>
          <span>{bytes(stats.data.file_bytes)} in files</span>
          <span>{bytes(stats.data.log_bytes)} of log</span>
        </p>
      )}
      {datasets.error && <ErrorState error={datasets.error} retry={() => void datasets.refetch()} />}
      {volume.error && <ErrorState error={volume.error} retry={() => void volume.refetch()} />}
      <div className="columns-2">
        <section aria-labelledby="datasets">
          <div className="page-head">
            <h2 id="datasets">Datasets</h2>
          </div>
          <Table label={{ by: "datasets" }} style={{ marginTop: 8 }} heads={["dataset", numeric("events in range"), "first received"]}>
            {sorted.map(({ slug, created_ns }) => (
              <tr key={slug}>
                <td>
                  <Link to={pageAddress("/query", { q: `${slug === METRICS ? "COUNT GROUP BY service.name" : "HEATMAP(duration_ms), COUNT"} IN ${columnText(slug)}` })}>{slug}</Link> {slug === METRICS && <span className="quiet">metrics of all services</span>}
                </td>
                <td className="num filled" style={filled((events.get(slug) ?? 0) / most)}>
                  {volume.data ? <span title={exact(events.get(slug) ?? 0)}>{count(events.get(slug) ?? 0)}</span> : <span className="quiet">–</span>}
                </td>
                <td>{moment(nsToMs(created_ns), zone)}</td>
              </tr>
            ))}
          </Table>
          <Metrics env={env} />
        </section>
        <section aria-labelledby="columns">
          <div className="page-head">
            <h2 id="columns" className="grow">
              Columns {columns.data && <span className="quiet">{columns.data.length}</span>}
            </h2>
            <input className="field" type="search" placeholder="Search columns" aria-label="Search columns" value={search} onChange={(event) => setSearch(event.target.value)} />
          </div>
          {columns.error && <ErrorState error={columns.error} retry={() => void columns.refetch()} />}
          {!columns.data && !columns.error && <Skeleton height={300} label="Reading columns" />}
          <Table label={{ by: "columns" }} style={{ marginTop: 8, maxHeight: "70vh" }} heads={["column", "type", "note"]}>
            {found.map((column) => (
              <tr key={column.name}>
                <td>
                  <button type="button" className="button plain" aria-expanded={open === column.name} onClick={() => setOpen(open === column.name ? null : column.name)}>
                    {column.name}
                  </button>
                  {open === column.name && <TopValues env={env} column={column.name} time={time} />}
                </td>
                <td>{column.types.length > 1 ? `${column.type} (also ${column.types.filter((type) => type !== column.type).join(", ")})` : column.type}</td>
                <td className="quiet">{column.alias_of ? `older name of ${column.alias_of}` : column.computed ? "computed" : ""}</td>
              </tr>
            ))}
          </Table>
          {(columns.data?.length ?? 0) > SHOWN && !search && <p className="table-foot">The first {SHOWN}; search for the others.</p>}
        </section>
      </div>
    </div>
  );
}

/** Metrics by name, each a way to its graph; nothing where none was sent. */
function Metrics({ env }: { env: string }) {
  const metrics = useMetrics(env);
  if (metrics.error) return <ErrorState error={metrics.error} retry={() => void metrics.refetch()} />;
  if (!metrics.data?.length) return null;
  return (
    <>
      <h2 id="metrics" style={{ marginTop: 24 }}>
        Metrics <span className="quiet">{metrics.data.length}</span>
      </h2>
      <Table label={{ by: "metrics" }} style={{ marginTop: 8, maxHeight: "50vh" }} heads={["metric", "kind", "unit", "what it is"]}>
        {metrics.data.map((metric) => (
          <tr key={metric.name}>
            <td>
              <Link to={pageAddress("/query", { q: metricQuery(metric) })}>{metric.name}</Link>
            </td>
            <td>{metric.kind.replace("_", " ")}</td>
            <td>{metric.unit}</td>
            <td className="cut" style={{ maxWidth: 260 }} title={metric.description ?? undefined}>
              {metric.description}
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function TopValues({ env, column, time }: { env: string; column: string; time: string }) {
  const values = useValues(env, column, "", time);
  if (values.error) return <ErrorState error={values.error} />;
  if (!values.data) return <p className="quiet">Reading values</p>;
  const shown = values.data.values.filter(({ value }) => value !== null).slice(0, 8);
  if (shown.length === 0) return <p className="quiet">No values in this range.</p>;
  return (
    <ul>
      {shown.map(({ value, count: events }) => (
        <li key={String(value)} className="cut">
          <Link to={pageAddress("/query", { q: `COUNT WHERE ${equals(column, value)}` })}>{String(value)}</Link> <span className="quiet">{count(events)}</span>
        </li>
      ))}
    </ul>
  );
}
