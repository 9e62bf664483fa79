/** What a refused sender has to change: a sentence, and the line to paste where there is one. */
export interface Fix {
  say: string;
  line?: string;
}

/** The fix of a refusal, by its status and where it was sent; `address` is this server's. */
export function fixOf({ status, target }: { status: string; target: string }, address: string): Fix | undefined {
  const code = Number(status);
  const path = target.replace(/^\S+\s+/, "");
  if (code === 401 || code === 403 || /^(16|7)$|unauthenticated|permission/i.test(status)) {
    return { say: "The sender needs an ingest key of this server. The variable ends in HEADERS, with an S.", line: "export OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=YOUR_INGEST_KEY" };
  }
  if (code === 404) {
    // A base address with a path in it is the usual slip.
    return { say: `Nothing is at ${path}. The address of an SDK has no path: it adds /v1/traces, /v1/logs or /v1/metrics itself.`, line: `export OTEL_EXPORTER_OTLP_ENDPOINT=${address}` };
  }
  if (code === 415) return { say: "The sender speaks another form than its header says, or one that is not OTLP.", line: "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" };
  if (code === 400) return { say: "The body is not what its content type says. A sender for gRPC needs the gRPC port; for HTTP:", line: `export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${address}` };
  if (code === 413) return { say: "The request is larger than this server takes. Make batches smaller.", line: "export OTEL_BSP_MAX_EXPORT_BATCH_SIZE=512" };
  if (code === 429 || code === 503) return { say: "The server was busy; an SDK sends the same again by itself." };
  return undefined;
}
