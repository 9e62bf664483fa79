import "../query/query.css";
import "../../ui/page.css";
import { Fragment, useMemo } from "react";
import { type Column, useColumnFigures, useDatasets, useEvents, useMetrics, useRun, useStats, useValues } from "../../api/hooks";
import type { Schema } from "../../api/client";
import { useStatus } from "../../api/settings";
import { useParam } from "../../lib/address";
import { useStore } from "../../lib/store";
import { bytes, count, exact, percent, plural } from "../../lib/format";
import { moment, nsToMs } from "../../lib/time";
import { keepingOf } from "../../model/keeping";
import { metricQuery } from "../../model/metric";
import { columnText, equals } from "../../model/query";
import { best } from "../../model/rank";
import { numberOf } from "../../model/series";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { Notes } from "../../ui/Notes";
import { EmptyState, ErrorState, SendSomething, Skeleton, Waiting } from "../../ui/States";
import { Table, filled, numeric } from "../../ui/Table";
import { asked, pageAddress, timeText, useTime, useView } from "../../ui/view";

type Dataset = Schema["Dataset"];

const SHOWN = 400;
/** The dataset of metrics that name none. */
const METRICS = "unknown_metrics";

/** What is asked of a dataset first. */
const queryOf = (slug: string) => `${slug === METRICS ? "COUNT GROUP BY service.name" : "HEATMAP(duration_ms), COUNT"} IN ${columnText(slug)}`;

/** What is stored: datasets with their volume, columns with their values; an address with a dataset is about that one alone. */
export function DataPage() {
  const { env, rest: dataset } = useView();
  useTitle(dataset || "Data");
  const { window: shown } = useTime();
  const { times } = useStore(asked);
  const time = timeText(shown);
  const datasets = useDatasets(env);
  const stats = useStats(env);
  const status = useStatus();
  const volume = useRun(env, `COUNT GROUP BY meta.dataset LIMIT 1000 ${time}`, [], times);
  const events = useMemo(() => volume.data && new Map(volume.data.results.map(({ group, values }) => [String(group[0]), numberOf(values[0])])), [volume.data]);
  if (datasets.data?.length === 0) {
    return (
      <div className="page">
        <h1>Data</h1>
        <SendSomething env={env} what="No datasets yet." />
      </div>
    );
  }
  const own = datasets.data?.find(({ slug }) => slug === dataset);
  const keeping = keepingOf(status.data?.settings);
  return (
    <div className="page">
      <div className="page-head">
        <h1 className="cut">{dataset ? `Dataset ${dataset}` : "Data"}</h1>
        {dataset && (
          <Link className="button" to={pageAddress("/data")}>
            All datasets
          </Link>
        )}
        {own && (
          <Link className="button primary" to={pageAddress("/query", { q: queryOf(dataset) })}>
            Ask about it
          </Link>
        )}
      </div>
      {!dataset && stats.data && (
        <p className="status-line">
          <span>{exact(stats.data.live_rows + stats.data.file_rows)} events stored</span>
          <span>{bytes(stats.data.file_bytes)} in files</span>
          <span>{bytes(stats.data.log_bytes)} of log</span>
        </p>
      )}
      {own && <About dataset={own} events={events} />}
      {keeping && (!dataset || own) && (
        <p className="quiet">
          {keeping} <Link to={pageAddress("/settings")}>What is kept</Link> is set where the server is started.
        </p>
      )}
      {datasets.error && <ErrorState error={datasets.error} retry={() => void datasets.refetch()} />}
      <Waiting asked={volume} name="how many events there are" />
      {volume.error && <ErrorState error={volume.error} retry={() => void volume.refetch()} />}
      <Notes data={volume.data} own />
      {dataset && datasets.data && !own ? (
        <EmptyState title={`There is no dataset “${dataset}” in this environment`}>
          <p className="why">A service's spans and logs make a dataset of its name, with the first that arrives.</p>
        </EmptyState>
      ) : (
        <div className={dataset ? "" : "columns-2 of-data"}>
          {!dataset && <Datasets env={env} datasets={datasets.data ?? []} events={events} />}
          <Columns key={dataset} env={env} dataset={dataset} time={time} times={times} />
        </div>
      )}
    </div>
  );
}

interface EventsOf {
  /** Events of the range by dataset, once that is known. */
  events: ReadonlyMap<string, number> | undefined;
}

/** A dataset in a line. */
function About({ dataset: { slug, created_ns }, events }: EventsOf & { dataset: Dataset }) {
  const { zone } = useTime();
  return (
    <p className="status-line">
      {events && <span>{exact(events.get(slug) ?? 0)} events in this range</span>}
      <span>first received {moment(nsToMs(created_ns), zone)}</span>
      {slug === METRICS && <span>metrics of all services</span>}
    </p>
  );
}

function Datasets({ env, datasets, events }: EventsOf & { env: string; datasets: readonly Dataset[] }) {
  const { zone } = useTime();
  const of = (slug: string) => events?.get(slug) ?? 0;
  const most = Math.max(1, ...(events?.values() ?? []));
  const sorted = [...datasets].sort((a, b) => of(b.slug) - of(a.slug));
  return (
    <section aria-labelledby="datasets">
      <div className="page-head">
        <h2 id="datasets">Datasets</h2>
      </div>
      <Table label={{ by: "datasets" }} style={{ marginTop: 8 }} heads={["dataset", numeric("events in range"), "first received"]}>
        {sorted.map(({ slug, created_ns }) => (
          <tr key={slug}>
            <td>
              <Link to={pageAddress(`/data/${encodeURIComponent(slug)}`)}>{slug}</Link> {slug === METRICS && <span className="quiet">metrics of all services</span>}
            </td>
            <td className="num filled" style={filled(of(slug) / most)}>
              {events ? (
                <Link to={pageAddress("/query", { q: queryOf(slug) })} title={exact(of(slug))} aria-label={`${exact(of(slug))} events of ${slug}: ask about them`}>
                  {count(of(slug))}
                </Link>
              ) : (
                <span className="quiet">–</span>
              )}
            </td>
            <td>{moment(nsToMs(created_ns), zone)}</td>
          </tr>
        ))}
      </Table>
      <Metrics env={env} />
    </section>
  );
}

/** Events of a dataset that are looked at to tell which columns it has. */
const LOOKED_AT = 1_000;

/** How many of a dataset's newest events in the range have each column, by name. */
function useOwnFigures(env: string, dataset: string, time: string, times: number) {
  const newest = useEvents(env, { text: `IN ${columnText(dataset)} ${time}`, limit: LOOKED_AT }, times, dataset !== "");
  const { data } = newest;
  const own = useMemo(() => {
    if (!data || !dataset) return undefined;
    const having = new Map<string, number>();
    for (const { fields } of data.rows) for (const name of Object.keys(fields)) having.set(name, (having.get(name) ?? 0) + 1);
    return { events: data.rows.length, isCut: Boolean(data.next), having };
  }, [data, dataset]);
  return { newest, own };
}

/** Columns with what is known of each: how many events have it, when it was last seen, what it is for. */
function Columns({ env, dataset, time, times }: { env: string; dataset: string; time: string; times: number }) {
  const { zone } = useTime();
  const figures = useColumnFigures(env);
  const { newest, own } = useOwnFigures(env, dataset, time, times);
  const [typed, setSearch] = useParam("find");
  const search = typed ?? "";
  const [open, setOpen] = useParam("sel");
  const { data } = figures;
  const isKnown = data !== undefined && (dataset === "" || own !== undefined);
  const looked = own?.events ?? data?.events ?? 0;
  const having = ({ name, events }: Column) => (own ? (own.having.get(name) ?? 0) : events);
  const all = useMemo(() => (isKnown ? (data?.columns ?? []).filter(({ name }) => !own || own.having.has(name)) : []), [isKnown, data, own]);
  const found = useMemo(() => {
    if (!search.trim()) return all.slice(0, SHOWN);
    const names = best(search, all.map(({ name }) => name), () => 0, SHOWN);
    return names.flatMap((name) => all.find((column) => column.name === name) ?? []);
  }, [all, search]);
  const range = dataset ? `IN ${columnText(dataset)} ${time}` : time;
  const error = figures.error ?? (dataset ? newest.error : null);
  return (
    <section aria-labelledby="columns">
      <div className="page-head">
        <h2 id="columns" className="grow">
          Columns {isKnown && <span className="quiet">{exact(all.length)}</span>}
        </h2>
        <input className="field" type="search" placeholder="Search columns" aria-label="Search columns" value={search} onChange={(event) => setSearch(event.target.value)} />
      </div>
      {error && <ErrorState error={error} retry={() => void (figures.error ? figures : newest).refetch()} />}
      <Waiting asked={figures} name="the columns" />
      {dataset !== "" && <Waiting asked={newest} name="the dataset's newest events" />}
      {dataset !== "" && <Notes data={newest.data} own />}
      {!isKnown && !error && <Skeleton height={300} label="Reading columns" />}
      {isKnown && <p className="quiet">{own ? ownSharesAre(own) : sharesAre(data)}</p>}
      {all.length > 0 && found.length === 0 && <p className="quiet">No column is called so.</p>}
      {found.length > 0 && (
        <Table label={{ by: "columns" }} style={{ marginTop: 8, maxHeight: "70vh" }} heads={["column", "type", numeric("of events"), ...(dataset ? [] : ["last seen"]), "what it is"]}>
          {found.map((column) => (
            <Fragment key={column.name}>
              <tr>
                <td>
                  <button type="button" className="button plain" aria-expanded={open === column.name} onClick={() => setOpen(open === column.name ? null : column.name)}>
                    {column.name}
                  </button>
                </td>
                <td>{column.types.length > 1 ? `${column.type} (also ${column.types.filter((type) => type !== column.type).join(", ")})` : column.type}</td>
                <td className="num" title={having(column) > 0 ? `${exact(having(column))} of ${exact(looked)}` : undefined}>
                  {having(column) > 0 && looked > 0 ? percent(Math.min(1, having(column) / looked)) : <span className="quiet">–</span>}
                </td>
                {!dataset && <td>{column.last_seen_ns ? moment(nsToMs(column.last_seen_ns), zone) : <span className="quiet">–</span>}</td>}
                <td className="quiet wraps">{whatIs(column)}</td>
              </tr>
              {open === column.name && (
                <tr className="opened">
                  <td colSpan={dataset ? 4 : 5}>
                    <TopValues env={env} column={column.name} time={range} dataset={dataset} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </Table>
      )}
      {all.length > SHOWN && !search && <p className="table-foot">The first {SHOWN}; search for the others.</p>}
    </section>
  );
}

/** Of which events shares are. */
function sharesAre({ events, partial }: Schema["Columns"]): string {
  return partial ? `Shares are of the newest ${exact(events)} events; older ones were not looked at.` : `Shares are of all ${exact(events)} events.`;
}

/** The same of one dataset. */
function ownSharesAre({ events, isCut }: { events: number; isCut: boolean }): string {
  if (events === 0) return "It has no events in this range, which would tell its columns: a wider one may have, press Shift-Z.";
  return `Columns and shares are those of its ${isCut ? `newest ${exact(events)} events` : plural(events, "event")} in this range.`;
}

/** What a column is, in its maker's words and by how it comes to be. */
function whatIs({ description, expression, alias_of, computed }: Column): string {
  const made = expression ? `= ${expression}` : alias_of ? `older name of ${alias_of}` : computed ? "computed" : "";
  return [description, made].filter(Boolean).join(" · ");
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

function TopValues({ env, column, time, dataset }: { env: string; column: string; time: string; dataset: string }) {
  const values = useValues(env, column, "", time);
  if (values.error) return <ErrorState error={values.error} />;
  if (!values.data) return <p className="quiet">Reading values</p>;
  const shown = values.data.values.filter(({ value }) => value !== null).slice(0, 8);
  if (shown.length === 0) return <p className="quiet">No values in this range.</p>;
  return (
    <ul>
      {shown.map(({ value, count: events }) => (
        <li key={String(value)} className="cut">
          <Link to={pageAddress("/query", { q: `COUNT WHERE ${equals(column, value)}${dataset ? ` IN ${columnText(dataset)}` : ""}` })}>{String(value)}</Link> <span className="quiet">{count(events)}</span>
        </li>
      ))}
    </ul>
  );
}
