import "../query/query.css";
import "../trace/trace.css";
import "../../ui/page.css";
import { type ReactNode, useMemo } from "react";
import { useTrace } from "../../api/hooks";
import { go, useParam } from "../../lib/address";
import { duration, plural } from "../../lib/format";
import { moment, nsToMs } from "../../lib/time";
import { type Path, causes, inOrder, longerBy, pathsOf } from "../../model/paths";
import { type Trace, nameOf, serviceOf } from "../../model/trace";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { Notes } from "../../ui/Notes";
import { ErrorState, Skeleton, Waiting } from "../../ui/States";
import { Table, numeric } from "../../ui/Table";
import { announce } from "../../ui/announce";
import { pageAddress, useAskedAgain, useTime, useView } from "../../ui/view";
import { typicalTrace } from "./typical";

/** Two traces, one laid on the other by call path: where the second one's time went. */
export function ComparePage() {
  useTitle("Compare traces");
  const { env, rest } = useView();
  const [, one = "", other = ""] = rest.split("/");
  const a = useTrace(env, one, undefined);
  const b = useTrace(env, other, undefined);
  useAskedAgain(() => void Promise.all([a.refetch(), b.refetch()]));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Compare traces</h1>
        <button type="button" className="button" onClick={() => go(pageAddress(`/traces/compare/${other}/${one}`))}>
          Swap
        </button>
        {a.data && (
          <button type="button" className="button" onClick={() => void compareWithTypical(env, a.data, false)}>
            A with a typical one
          </button>
        )}
      </div>
      {[a, b].map((asked, n) => (asked.error ? <ErrorState key={n} error={asked.error} retry={() => void asked.refetch()} /> : <Waiting key={n} asked={asked} name={n === 0 ? "trace A" : "trace B"} />))}
      {a.data && b.data ? <Compared a={a.data} b={b.data} /> : !a.error && !b.error && <Skeleton height={420} label="Reading both traces" />}
    </div>
  );
}

/** Opens the comparison of a trace with the middle one of its kind; as B it is compared with that one as A. */
export async function compareWithTypical(env: string, trace: Trace, isB: boolean): Promise<void> {
  announce("Looking for a typical trace", true);
  try {
    const typical = await typicalTrace(env, trace);
    if (typical === undefined) announce("No other trace of the hour before and after begins like this one", true);
    else {
      announce("", true);
      go(pageAddress(isB ? `/traces/compare/${typical}/${trace.id}` : `/traces/compare/${trace.id}/${typical}`));
    }
  } catch (error) {
    announce(error instanceof Error ? error.message : "A typical trace could not be looked up", true);
  }
}

/** Rows without a difference that is worth a line. */
const LEAST = 0.01;

function Compared({ a, b }: { a: Trace; b: Trace }) {
  const [every, setEvery] = useParam("all");
  const all = every === "1";
  const { paths } = useMemo(() => pathsOf([a, b]), [a, b]);
  const order = useMemo(() => inOrder(paths), [paths]);
  const by = b.length - a.length;
  const most = Math.max(...paths.map((path) => Math.abs(longerBy(path))), 1);
  const told = new Set<number>();
  // A path that differs keeps those above it.
  paths.forEach((path, n) => {
    const [left, right] = path.sides;
    if (!all && Math.abs(longerBy(path)) < Math.abs(by) * LEAST && left?.errors === right?.errors) return;
    for (let at = n; at >= 0 && !told.has(at); at = paths[at]?.parent ?? -1) told.add(at);
  });
  const rows = order.filter((n) => told.has(n));
  const telling = causes(paths, by > 0, 3);
  return (
    <>
      <Notes data={a} of="Trace A" />
      <Notes data={b} of="Trace B" />
      <div className="columns-2">
        <Facts letter="A" trace={a} />
        <Facts letter="B" trace={b} />
      </div>
      <p role="status">
        {Math.abs(by) < Math.max(a.length, b.length) * LEAST ? (
          "Both took as long."
        ) : (
          <>
            <strong>
              B is {duration(Math.abs(by) / 1e6)} {by > 0 ? "slower" : "faster"}
            </strong>
            : {telling.map((path) => causeText(path)).join(", ")}.
          </>
        )}
      </p>
      <div className="status-line" style={{ alignItems: "center" }}>
        <button type="button" className="button" aria-pressed={!all} onClick={() => setEvery(all ? null : "1")}>
          Only what differs
        </button>
        <span>
          {rows.length} of {plural(paths.length, "call path")}
        </span>
        <span>own time: without what it called</span>
      </div>
      <Table label="Differences" heads={["name", numeric("calls A → B"), numeric("own time A", "wide-only"), numeric("own time B", "wide-only"), numeric("difference")]} last="bar">
        {rows.slice(0, 2_000).map((n) => (
          <Row key={n} path={paths[n]} most={most} a={a} b={b} />
        ))}
      </Table>
    </>
  );
}

function Facts({ letter, trace }: { letter: string; trace: Trace }) {
  const { zone } = useTime();
  const at = nsToMs(trace.start);
  return (
    <section className="card" aria-label={`Trace ${letter}`}>
      <h2>
        {letter}: {trace.count > 0 ? nameOf(trace, 0) : trace.id}
      </h2>
      <p className="status-line">
        <span>{trace.count > 0 && serviceOf(trace, 0)}</span>
        <strong className="mono">{duration(trace.length / 1e6)}</strong>
        <span>{plural(trace.spans, "span")}</span>
        {trace.errors > 0 && <span className="bad-words">{plural(trace.errors, "error")}</span>}
        <time dateTime={new Date(at).toISOString()}>{moment(at, zone)}</time>
        <Link to={pageAddress(`/trace/${trace.id}`, { at: String(Math.round(at)) })}>Open</Link>
      </p>
    </section>
  );
}

/** `540 ms in db SELECT users (37 → 210 calls)`. */
function causeText(path: Path): string {
  const [left, right] = path.sides;
  const calls = left?.count === right?.count ? "" : ` (${left?.count} → ${right?.count} calls)`;
  return `${duration(Math.abs(longerBy(path)) / 1e6)} in ${path.service} ${path.name}${calls}`;
}

function Row({ path, most, a, b }: { path: Path | undefined; most: number; a: Trace; b: Trace }): ReactNode {
  if (!path) return null;
  const [left, right] = path.sides;
  const by = longerBy(path);
  const wide = `${(Math.abs(by) / most) * 50}%`;
  const side = (right?.count ?? 0) > 0 ? 1 : 0;
  const trace = side === 1 ? b : a;
  const span = trace.ids[path.first[side] ?? -1];
  const only = left?.count === 0 ? "only B" : right?.count === 0 ? "only A" : `${left?.count} → ${right?.count}`;
  return (
    <tr>
      <td style={{ paddingLeft: 12 + Math.min(path.depth, 12) * 14 }}>
        <Link to={pageAddress(`/trace/${trace.id}`, span ? { span } : {})}>{path.name}</Link> <span className="quiet">{path.service}</span>
        {(left?.errors ?? 0) !== (right?.errors ?? 0) && (
          <span className="bad-words">
            {" "}
            ! {left?.errors} → {right?.errors}
          </span>
        )}
      </td>
      <td className="num">{only}</td>
      <td className="num wide-only">{duration((left?.self ?? 0) / 1e6)}</td>
      <td className="num wide-only">{duration((right?.self ?? 0) / 1e6)}</td>
      <td className="num">{by === 0 ? "–" : `${by > 0 ? "+" : "−"}${duration(Math.abs(by) / 1e6)}`}</td>
      <td>
        <span className="diff-bar">{by !== 0 && <i className={by > 0 ? "slower" : "faster"} style={{ width: wide }} />}</span>
      </td>
    </tr>
  );
}
