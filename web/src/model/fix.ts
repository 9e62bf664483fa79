import { keyOf } from "./refusals";

/** What a refused sender has to change: a sentence, and the line to paste where there is one. */
export interface Fix {
  say: string;
  line?: string;
}

/** What is known of a refused request. */
export interface Refused {
  status: string;
  /** Method and path. */
  target: string;
  reason?: string;
  /** The key that it showed, masked. */
  credential?: string | null;
}

const KEY_LINE = "export OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=YOUR_INGEST_KEY";

/** The fix of a refusal, by its status, its reason and where it was sent; `address` is this server's. */
export function fixOf({ status, target, reason = "", credential }: Refused, address: string): Fix | undefined {
  const code = Number(status.split(" ")[0]);
  const path = target.replace(/^\S+\s+/, "");
  if (code === 401 || code === 403 || /^(16|7)\b|unauthenticated|permission/i.test(status)) {
    return path.startsWith("/hive/") ? askerFix(code, credential) : senderFix(reason, credential);
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

/** Somebody who sends: no key, one that is not known, one that is off, one of another kind, or a page of another origin. */
function senderFix(reason: string, credential: string | null | undefined): Fix {
  const shown = credential ? `The key ${keyOf(credential)}` : "The key that it showed";
  if (/disabled/i.test(reason)) return { say: `${shown} is switched off: it is switched on again in Settings, Keys, or another takes its place.`, line: KEY_LINE };
  if (/browser key|origin/i.test(reason)) return { say: "A browser key works from pages of the origins that it names, and from nowhere else: make one for this page's origin in Settings, Keys. A program takes an ingest key." };
  if (/of kind/i.test(reason)) return { say: "A key of that kind sends nothing: a sender takes an ingest key.", line: KEY_LINE };
  if (/unknown/i.test(reason)) return { say: `${shown} is none of this server's: was all of it copied, and is it this server's? Another is made in Settings, Keys.`, line: KEY_LINE };
  return { say: "It showed no key. Look at the spelling: the header is x-honeycomb-team, and the variable ends in HEADERS, with an S.", line: KEY_LINE };
}

/** Somebody who asks: the command line, or a program. */
function askerFix(code: number, credential: string | null | undefined): Fix {
  if (code === 403 && !credential) return { say: "Only pages of this server may ask. If that is one of them, start the server with --public-url and the address that it is reached at." };
  if (code === 403) return { say: "It may not do that: an ingest key only sends; asking takes a configuration key, and managing keys or people an admin key." };
  return { say: credential ? `The key ${keyOf(credential)} is none of this server's, or it is switched off.` : "Asking takes a configuration key, which is made in Settings, Keys.", line: "export GLASSHIVE_KEY=YOUR_CONFIGURATION_KEY" };
}
