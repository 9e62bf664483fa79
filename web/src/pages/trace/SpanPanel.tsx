import { useMemo } from "react";
import { type Row, useRun, useSpan } from "../../api/hooks";
import { go } from "../../lib/address";
import { count, duration, percent } from "../../lib/format";
import { HOUR_MS, moment, nsToMs } from "../../lib/time";
import { criticalShares } from "../../model/critical";
import { absolute } from "../../model/range";
import { asking, columnText, equals, readQuery, valueText } from "../../model/query";
import { numberOf } from "../../model/series";
import { DUPLICATE, ERROR, HEAD, MISSING, has, nameOf, receivedAt, serviceOf, spansBelow, wrongText } from "../../model/trace";
import { CopyButton } from "../../ui/Copy";
import { Fields, fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { Notes } from "../../ui/Notes";
import { ErrorState, Skeleton } from "../../ui/States";
import { Icon } from "../../ui/icons";
import { pageAddress, useTime } from "../../ui/view";
import { Distribution } from "./Distribution";
import { SegmentView } from "./SegmentView";
import type { TraceState } from "./state";

const FIRST = ["name", "service.name", "duration_ms", "error", "status_message", "exception.type", "exception.message", "http.route", "http.response.status_code", "db.query.text", "db.statement", "span.kind"];

/** Everything about one span. */
export function SpanPanel({ env, state, time, reading }: { env: string; state: TraceState; time: string; reading: string }) {
  const { trace, selected: span, select, critical } = state;
  const { zone } = useTime();
  const isMissing = has(trace, span, MISSING);
  // Aligned or not, what is told and copied of a span is what was received.
  const received = receivedAt(trace, span);
  const rows = useSpan(env, trace.id, isMissing ? undefined : trace.ids[span], time, reading, has(trace, span, DUPLICATE) ? received : undefined);
  const shares = useMemo(() => (critical ? criticalShares(trace, critical) : undefined), [critical, trace]);
  const share = shares?.[span] ?? 0;
  const own = rows.data?.own;
  const within = rows.data?.within ?? [];
  const moved = trace.moved?.[span] ?? 0;
  const name = nameOf(trace, span);
  const close = () => {
    select(-1);
    document.querySelector<HTMLElement>(".waterfall, .flame")?.focus();
  };
  const alike = `WHERE service.name = ${valueText(serviceOf(trace, span))} AND name = ${valueText(name)} AND trace.span_id exists`;
  // Similar spans are those around this one, wherever the page's own time lies.
  const middle = nsToMs(trace.start);
  const around = absolute({ start: Math.floor(middle) - HOUR_MS, end: Math.ceil(middle + trace.length / 1e6) + HOUR_MS });
  const length = (trace.duration[span] ?? 0) / 1e6;
  const box = `0:${Date.parse(around.from)},${Date.parse(around.to)},${Number((length * 0.8).toPrecision(4))},inf`;
  return (
    <aside
      className="span-panel"
      aria-label={`Span ${name}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <header>
        <div style={{ display: "flex", gap: 8, alignItems: "start" }}>
          <h2 className="grow">
            {has(trace, span, ERROR) && <span style={{ color: "var(--error)" }}>! </span>}
            {name}
          </h2>
          <button type="button" className="button plain square" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        <dl className="facts">
          <dt>service</dt>
          <dd>{serviceOf(trace, span)}</dd>
          <dt>duration</dt>
          <dd>
            {duration((trace.duration[span] ?? 0) / 1e6)}
            {!isMissing && <Rank env={env} alike={alike} time={`FROM ${around.from} TO ${around.to}`} length={length} />}
            {trace.length > 0 && <span className="quiet"> · {percent((trace.duration[span] ?? 0) / trace.length)} of {state.isFocused ? "what is shown" : "the trace"}</span>}
          </dd>
          <dt>own time</dt>
          <dd>{duration((trace.self[span] ?? 0) / 1e6)}</dd>
          {share > 0 && (
            <>
              <dt>critical</dt>
              <dd>
                {duration(share / 1e6)} <span className="quiet">· {percent(share / trace.length)} of {state.isFocused ? "what is shown" : "the trace"}</span>
              </dd>
            </>
          )}
          <dt>starts at</dt>
          <dd>
            {duration((trace.from[span] ?? 0) / 1e6)} <span className="quiet">· {moment(nsToMs(received), zone, Date.now(), "ms")}</span>
            {moved !== 0 && <span className="quiet"> as received; moved by {duration(moved / 1e6)}</span>}
          </dd>
        </dl>
        {!isMissing && (
          <div style={{ display: "flex", gap: 6, marginTop: 8, flexWrap: "wrap" }}>
            <Link className="button" to={pageAddress("/query", { q: `HEATMAP(duration_ms), COUNT ${alike}`, ...around, box })}>
              Similar spans
            </Link>
            {(trace.childCount[span] ?? 0) > 0 && !(state.isFocused && span === 0) && (
              <button type="button" className="button" onClick={() => state.focus(span)}>
                Focus subtree
              </button>
            )}
            <CopyButton text={trace.ids[span] ?? ""} label="Copy id" />
          </div>
        )}
      </header>
      {has(trace, span, HEAD) && <p className="state why">{wrongText(trace, span)}</p>}
      {isMissing && !has(trace, span, HEAD) && (
        <p className="state why">
          {spansBelow(trace, span)} spans lie below this parent, {trace.ids[span]}. It was not received: sampled out, lost, or still on its way.
        </p>
      )}
      {rows.error && <ErrorState error={rows.error} retry={() => void rows.refetch()} />}
      {!isMissing && !rows.data && !rows.error && <Skeleton height={300} label="Reading the fields" />}
      <Notes data={rows.data} own />
      {rows.data && !own && !isMissing && <p className="state why">Its event was not found among those that could be read.</p>}
      {within.length > 0 && (
        <section aria-label="Events">
          {rows.data?.isCut && <p className="note">The newest {within.length} of what happened within this span; there is more.</p>}
          {within.map((row) => (
            <Happened key={row.seq} row={row} start={nsToMs(trace.start)} />
          ))}
        </section>
      )}
      {own && fieldText(own.fields["meta.source"] ?? "").includes("xray") && <SegmentView env={env} trace={trace.id} span={trace.ids[span] ?? ""} at={trace.start} />}
      {own && (
        <Fields
          fields={own.fields}
          first={FIRST}
          onFilter={(column, value, negated) => go(pageAddress("/query", { q: `HEATMAP(duration_ms), COUNT WHERE ${equals(column, value, negated)}`, ...around }))}
          onGroup={(column) => go(pageAddress("/query", { q: `COUNT, P95(duration_ms) ${alike} GROUP BY ${columnText(column)}`, ...around }))}
          distribution={(column, value) => <Distribution env={env} column={column} value={value} alike={alike} time={`FROM ${around.from} TO ${around.to}`} />}
        />
      )}
    </aside>
  );
}

/** Where a span's duration lies among those of similar spans. */
function Rank({ env, alike, time, length }: { env: string; alike: string; time: string; length: number }) {
  const query = readQuery(alike);
  const answer = useRun(env, `${asking({ ...query, fields: [`is_below = $duration_ms <= ${length}`] }, ["COUNT"], { groupBy: ["is_below"] })} ${time}`, ["total"], 0);
  const all = numberOf(answer.data?.total?.[0]);
  if (!(all > 1)) return null;
  const below = numberOf(answer.data?.results.find(({ group }) => group[0] === true)?.values[0]) || 0;
  return (
    <span className="quiet">
      {" "}
      · longer than {percent(below / all)} of {count(all)} like it
    </span>
  );
}

const WORDS: Record<string, string> = { span_event: "event", link: "link" };

/** An event, link, exception or log line within the span. */
function Happened({ row, start }: { row: Row; start: number }) {
  const { fields } = row;
  const kind = fields["meta.signal_type"] === "log" ? `log ${fieldText(fields.severity ?? "")}` : (WORDS[fieldText(fields["meta.annotation_type"] ?? "")] ?? fieldText(fields["meta.annotation_type"] ?? "event"));
  const linked = fields["trace.link.trace_id"];
  const stack = fields["exception.stacktrace"];
  const title = fields["exception.type"] ? `${fieldText(fields["exception.type"])}: ${fieldText(fields["exception.message"] ?? "")}` : fieldText(fields.name ?? fields.body ?? fields["event.name"] ?? kind);
  const isBad = fields["exception.type"] !== undefined || /error|fatal/.test(fieldText(fields.severity ?? ""));
  return (
    <div className="event">
      <span className="quiet mono">
        {kind} · {duration(nsToMs(row.time_ns) - start)}
      </span>
      <div style={isBad ? { color: "var(--error)", overflowWrap: "anywhere" } : { overflowWrap: "anywhere" }}>{title}</div>
      {typeof linked === "string" && <Link to={pageAddress(`/trace/${linked}`, typeof fields["trace.link.span_id"] === "string" ? { span: fields["trace.link.span_id"] } : {})}>Open the linked trace</Link>}
      {typeof stack === "string" && (
        <pre tabIndex={0} aria-label="Stack trace">
          {stack}
        </pre>
      )}
    </div>
  );
}
