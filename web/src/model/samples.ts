/** What to paste, by language. `ADDRESS` stands for this server's, and a line with `KEY` is there where the server asks for one. */
export interface Sample {
  id: string;
  label: string;
  lines: string;
  /** What is worth knowing besides, where keys are asked for and where none is. */
  note?: { keys: string; open: string };
}

const COMMON = `export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=KEY
export OTEL_SERVICE_NAME=my-service`;

const BROWSER = `import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";

new OTLPTraceExporter({
  url: "ADDRESS/v1/traces",
  headers: { "x-honeycomb-team": "KEY" },
});`;

export const SAMPLES: readonly Sample[] = [
  { id: "env", label: "Any SDK", lines: COMMON },
  {
    id: "python",
    label: "Python",
    lines: `# one package for each framework: -flask, -django, -fastapi, ...
pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http opentelemetry-instrumentation-flask

${COMMON}
opentelemetry-instrument python app.py`,
  },
  {
    id: "node",
    label: "Node",
    lines: `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node

${COMMON}
node --require @opentelemetry/auto-instrumentations-node/register app.js`,
  },
  {
    id: "go",
    label: "Go",
    lines: `go get go.opentelemetry.io/otel/sdk go.opentelemetry.io/contrib/exporters/autoexport

// where the program begins
exporter, err := autoexport.NewSpanExporter(ctx)
provider := trace.NewTracerProvider(trace.WithBatcher(exporter)) // of go.opentelemetry.io/otel/sdk/trace
otel.SetTracerProvider(provider)
defer provider.Shutdown(ctx)

${COMMON}
go run .`,
  },
  {
    id: "java",
    label: "Java",
    lines: `curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar

${COMMON}
java -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
  },
  {
    id: "rust",
    label: "Rust",
    lines: `# in Cargo.toml: opentelemetry-otlp with features = ["http-proto", "reqwest-blocking-client"]
${COMMON}
cargo run`,
  },
  {
    id: "browser",
    label: "Browser",
    lines: BROWSER,
    note: {
      keys: "Whoever sees the page sees its key, so pages take one of kind browser: it sends, reads nothing, and works from the origins that it names. One is made in Settings, Keys.",
      open: "Pages of localhost may send here. Those of other origins may when the server is started with --cors-origin https://app.example.com.",
    },
  },
  {
    id: "collector",
    label: "Collector",
    lines: `exporters:
  otlphttp/glasshive:
    endpoint: ADDRESS
    headers: { x-honeycomb-team: KEY }
service:
  pipelines:
    traces: { receivers: [otlp], exporters: [otlphttp/glasshive] }
    logs: { receivers: [otlp], exporters: [otlphttp/glasshive] }
    metrics: { receivers: [otlp], exporters: [otlphttp/glasshive] }`,
  },
];

/** A sample's lines for the server at `address`; `key` is what it shows, where the server asks for one. */
export function linesOf({ id, lines }: Sample, address: string, key: string | undefined): string {
  const asked = key === undefined ? lines.split("\n").filter((line) => !line.includes("KEY")).join("\n") : lines;
  // The key that was made for a program is none for a page.
  return asked.replaceAll("ADDRESS", address).replaceAll("KEY", id === "browser" ? "YOUR_BROWSER_KEY" : (key ?? ""));
}

/** What a page says that has a key of kind browser. */
export const browserLines = (address: string, key: string): string => BROWSER.replaceAll("ADDRESS", address).replaceAll("KEY", key);
