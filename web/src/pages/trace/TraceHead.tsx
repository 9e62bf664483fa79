import { useAddress, useChange } from "../../lib/address";
import { duration, percent, plural } from "../../lib/format";
import { moment, nsToMs, zoneName } from "../../lib/time";
import type { Skew, Skews } from "../../model/skew";
import { waysOf } from "../../model/subtree";
import { type Trace, addressOf, mainOf, nameOf, partsOf, serviceOf } from "../../model/trace";
import { Notes } from "../../ui/Notes";
import { useTime } from "../../ui/view";
import { TraceAdvice } from "./Advice";

interface TraceHeadProps {
  env: string;
  /** The whole trace, as it is shown. */
  trace: Trace;
  newer: Trace | undefined;
  show: () => void;
  /** How clocks differ, as received. */
  skews: Skews | undefined;
  /** What takes most of the critical path. */
  heaviest: { name: string; length: number; of: number; select: () => void } | undefined;
}

/** What a trace is: its name, how long it took, and what is wrong with it. */
export function TraceHead({ env, trace, newer, show, skews, heaviest }: TraceHeadProps) {
  const { zone } = useTime();
  const start = nsToMs(trace.start);
  const main = mainOf(trace);
  const service = main < 0 ? "" : serviceOf(trace, main);
  return (
    <header className="trace-head">
      <h1 className="cut">{titleOf(trace)}</h1>
      <p className="facts">
        {service && <span>{service}</span>}
        <strong className="mono">{duration(trace.length / 1e6)}</strong>
        <span>{plural(trace.spans, "span")}</span>
        <span>{plural(trace.services.filter((name) => name !== "").length, "service")}</span>
        {trace.errors > 0 && <span className="bad">{plural(trace.errors, "error")}</span>}
        <span>
          <time dateTime={new Date(start).toISOString()}>{moment(start, zone, Date.now(), "ms")}</time> {zoneName(start, zone)}
        </span>
        {heaviest && (
          <button type="button" className="button plain" onClick={heaviest.select} title="The span that takes most of the critical path">
            most of the time: {heaviest.name}, {duration(heaviest.length / 1e6)} ({percent(heaviest.length / heaviest.of)})
          </button>
        )}
        <span className="mono quiet cut">{trace.id}</span>
        <Parts trace={trace} />
        {newer && <News trace={trace} newer={newer} show={show} />}
      </p>
      {skews && <Clocks skews={skews} />}
      <Notes data={trace} />
      <TraceAdvice env={env} trace={trace} />
    </header>
  );
}

export function titleOf(trace: Trace): string {
  const main = mainOf(trace);
  return main < 0 ? trace.id : nameOf(trace, main);
}

/** What is said of a trace whose spans do not hang together. */
function Parts({ trace }: { trace: Trace }) {
  const parts = partsOf(trace).length;
  if (trace.missingRoot) return <span>Root not received; showing {plural(parts, "part")}</span>;
  return parts > 1 ? <span>{parts} parts: this is called after the longest</span> : null;
}

/** What has come since the trace was read. It takes its place only when that is wanted: no row moves by itself. */
function News({ trace, newer, show }: { trace: Trace; newer: Trace; show: () => void }) {
  const more = newer.spans - trace.spans;
  const isHealed = trace.missingRoot && !newer.missingRoot;
  return (
    <span role="status" className="news">
      {more > 0 ? `${plural(more, "new span")}${isHealed ? ", the root among them" : ""}` : "More of this trace has come"}{" "}
      <button
        type="button"
        className="button primary"
        onClick={() => {
          show();
          // The button goes away with what it offers.
          document.querySelector<HTMLElement>(".waterfall, .flame")?.focus();
        }}
      >
        Show
      </button>
    </span>
  );
}

/** Hosts whose clocks are off that are named one by one. */
const NAMED = 2;

/** Whose clocks differ, and whether what is shown allows for it. */
function Clocks({ skews: { told } }: { skews: Skews }) {
  const { params } = useAddress();
  const change = useChange();
  const isAligned = params.get("align") === "1";
  const sides = (one: Skew) => `${duration(Math.abs(one.offset) / 1e6)} ${one.offset > 0 ? "behind" : "ahead of"} ${one.caller}`;
  // Services of one name are told apart by their hosts.
  const whose = (one: Skew) => (one.service === "" || told.some((other) => other !== one && other.service === one.service) ? `${one.service} ${one.host}`.trim() : one.service);
  const named = told.slice(0, NAMED).map((one) => `${whose(one)}'s clock is about ${sides(one)}`);
  const rest = told.length - named.length;
  return (
    <p className="note clocks">
      <span>
        {isAligned ? "Clocks aligned, dotted where bars were moved: " : ""}
        {named.join("; ")}
        {rest > 0 ? `; and ${plural(rest, "clock")} more` : ""}.
      </span>
      <button type="button" className="button" onClick={() => change({ align: isAligned ? null : "1", w: null })}>
        {isAligned ? "As received" : "Align clocks"}
      </button>
    </p>
  );
}

/** The way to the span that the views show alone; each step back shows more. */
export function Breadcrumb({ trace, root }: { trace: Trace; root: number }) {
  const change = useChange();
  const way = waysOf(trace, root);
  const goTo = (span: number) => change({ root: span < 0 ? null : addressOf(trace, span), w: null, fold: null });
  return (
    <nav className="crumbs" aria-label="Focus">
      <button type="button" className="button plain" onClick={() => goTo(-1)}>
        Whole trace
      </button>
      {way.map((span) => (
        <span key={span} className="crumb">
          <span aria-hidden="true">›</span>
          {span === root ? (
            <strong className="cut" aria-current="true">
              {nameOf(trace, span)}
            </strong>
          ) : (
            <button type="button" className="button plain cut" onClick={() => goTo(span)}>
              {nameOf(trace, span)}
            </button>
          )}
        </span>
      ))}
    </nav>
  );
}
