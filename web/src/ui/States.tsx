import type { ReactNode } from "react";
import { Problem } from "../api/client";
import { apiKey } from "../lib/preferences";
import { Code } from "./Copy";

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

/** The lines that make an unmodified SDK send here. */
export function sendLines(service = "my-service"): string {
  const address = typeof window === "undefined" ? "" : window.location.origin;
  return `export OTEL_EXPORTER_OTLP_ENDPOINT=${address}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=${service}${keyLine()}`;
}

/** The line that gives a key, where the server asks for one. Which key is not known here: those that read are not for sending. */
export function keyLine(): string {
  return apiKey.get() ? "\nexport OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=YOUR_INGEST_KEY" : "";
}

/** Nothing was received yet: what to paste. */
export function SendSomething({ what = "No events yet." }: { what?: string }) {
  return (
    <section className="state">
      <h2>{what}</h2>
      <p className="why">Paste these lines into the environment of an app with an OpenTelemetry SDK. This page changes by itself when the first event arrives.</p>
      <Code text={sendLines()} />
    </section>
  );
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
