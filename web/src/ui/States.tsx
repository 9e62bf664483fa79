import { type ReactNode, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { queries, useRefusals, useStats } from "../api/hooks";
import { plural } from "../lib/format";
import { useMay, useSession } from "../api/session";
import { createStore, useStore } from "../lib/store";
import { Code } from "./Copy";
import { Link } from "./Link";
import { pageAddress } from "./view";

/** A failure in words: what, why, what to do. */
export function ErrorState({ error, retry, children }: { error: unknown; retry?: () => void; children?: ReactNode }) {
  const problem = error instanceof Problem ? error : undefined;
  const title = problem?.title ?? "This page failed";
  const detail = problem?.message ?? (error instanceof Error ? error.message : String(error));
  return (
    <section className="state error" role="alert">
      <h2>{title}</h2>
      <p className="why">{sentence(detail)}</p>
      {problem?.remedy && <p>{sentence(problem.remedy)}</p>}
      {children}
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
      {problem?.instance && (
        <details className="quiet">
          <summary>Details</summary>
          <span className="mono">
            status {problem.status}, {problem.instance}
          </span>
        </details>
      )}
    </section>
  );
}

/** The server's sentences begin in lower case, as parts of longer ones. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}

/** The lines that make an unmodified SDK send here. `key` is what it shows, where the server asks for one. */
export function sendLines(service: string, key: string): string {
  const address = typeof window === "undefined" ? "" : window.location.origin;
  return `export OTEL_EXPORTER_OTLP_ENDPOINT=${address}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=${service}${key}`;
}

/** The line that gives a key, where the server asks for one. A secret is known only where it was just made. */
export function useKeyLine(secret = "YOUR_INGEST_KEY"): string {
  const { data } = useSession();
  return data?.mode === "keys" ? `\nexport OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=${secret}` : "";
}

/** Nothing was received yet: what to paste. */
export function SendSomething({ env, what = "No events yet." }: { env: string; what?: string }) {
  const key = useKeyLine();
  const isEditor = useMay("editor");
  const refusals = useRefusals(env, isEditor);
  const last = refusals.data?.refusals[0];
  return (
    <section className="state">
      <h2>{what}</h2>
      <p className="why">Paste these lines into the environment of an app with an OpenTelemetry SDK. This page changes by itself when the first event arrives.</p>
      {last && (
        <p className="note">
          {plural(refusals.data?.total ?? 1, "request")} came and {refusals.data?.total === 1 ? "was" : "were"} refused, the last because: {sentence(last.reason)}
        </p>
      )}
      <Code text={sendLines("my-service", key)} />
      <p>
        {key && "The server asks senders for a key. "}
        <Link to={pageAddress("/connect")}>Connect</Link> has {key && isEditor ? "a button that makes one, " : ""}the lines for Python, Node, Go, Java, Rust, browsers and the Collector, and sends a test event.
      </p>
    </section>
  );
}

/** What a page shows while its environment has no events; nothing when it has some, or when that is not known. */
export function useIsEmpty(env: string): ReactNode {
  const { data } = useStats(env);
  return data && data.live_rows + data.file_rows === 0 ? <SendSomething env={env} /> : undefined;
}

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <section className="state">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** The place of something that is on its way. */
export function Skeleton({ height, label }: { height: number; label: string }) {
  return <div className="skeleton" style={{ height }} role="status" aria-label={label} />;
}

/** Waits of which nothing is said. */
const SAID_AFTER_MS = 1_000;

/** How often what was waited for was called off: all that is on its way at once. */
const callsOff = createStore(0);

/** Says of a question that takes long how long it has taken, and lets it be called off. */
export function Waiting({ asked, name = "the answer" }: { asked: { isFetching: boolean; data: unknown; error?: unknown; refetch: () => unknown }; name?: string }) {
  const [since, setSince] = useState<number>();
  const [now, setNow] = useState(0);
  const [isOff, setOff] = useState(false);
  const calls = useStore(callsOff);
  const heard = useRef(calls);
  // Whichever of several was pressed: each says that it is called off, and can be asked again.
  useEffect(() => {
    if (heard.current === calls) return;
    heard.current = calls;
    setOff(true);
  }, [calls]);
  const isAnswered = asked.data !== undefined;
  useEffect(() => {
    if (isAnswered) setOff(false);
  }, [isAnswered]);
  useEffect(() => {
    if (!asked.isFetching) {
      setSince(undefined);
      return;
    }
    const start = performance.now();
    const tick = () => {
      setSince(start);
      setNow(performance.now());
    };
    const timer = setInterval(tick, SAID_AFTER_MS);
    return () => clearInterval(timer);
  }, [asked.isFetching]);
  if (isOff && !asked.isFetching && !isAnswered && !asked.error) {
    return (
      <p className="status-line" role="status">
        <span>Called off.</span>
        <button type="button" className="button" onClick={() => (setOff(false), void asked.refetch())}>
          Ask again
        </button>
      </p>
    );
  }
  if (since === undefined) return null;
  return (
    <p className="status-line" role="status">
      <span>
        Waiting for {name}, {Math.round((now - since) / 1e3)} s so far.
        {asked.data !== undefined && " What is shown is older."}
      </span>
      <button type="button" className="button" onClick={() => (callsOff.set(calls + 1), void queries.cancelQueries({ predicate: ({ state }) => state.fetchStatus === "fetching" }))}>
        Cancel
      </button>
    </p>
  );
}

/** Whether a failure is that of a part of the page that is no longer there, as after an upgrade. */
export function isOutdated(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|importing a module script failed|unable to preload/i.test(error.message);
}
