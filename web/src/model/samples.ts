/** What to paste, by language; `ADDRESS` stands for this server's. */
export interface Sample {
  id: string;
  label: string;
  lines: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    id: "env",
    label: "Any SDK",
    lines: `export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=my-service`,
  },
  {
    id: "python",
    label: "Python",
    lines: `pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http
opentelemetry-bootstrap -a install

export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=my-service
opentelemetry-instrument python app.py`,
  },
  {
    id: "node",
    label: "Node",
    lines: `npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node

export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_SERVICE_NAME=my-service
node --require @opentelemetry/auto-instrumentations-node/register app.js`,
  },
  {
    id: "go",
    label: "Go",
    lines: `// go get go.opentelemetry.io/contrib/exporters/autoexport
exporter, err := autoexport.NewSpanExporter(ctx)

export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=my-service
go run .`,
  },
  {
    id: "java",
    label: "Java",
    lines: `export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=my-service
java -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
  },
  {
    id: "rust",
    label: "Rust",
    lines: `# opentelemetry-otlp = { features = ["http-proto", "reqwest-blocking-client"] }
export OTEL_EXPORTER_OTLP_ENDPOINT=ADDRESS
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=my-service
cargo run`,
  },
  {
    id: "browser",
    label: "Browser",
    lines: `import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";

new OTLPTraceExporter({ url: "ADDRESS/v1/traces" });`,
  },
  {
    id: "collector",
    label: "Collector",
    lines: `exporters:
  otlphttp/glasshive:
    endpoint: ADDRESS
service:
  pipelines:
    traces: { receivers: [otlp], exporters: [otlphttp/glasshive] }
    logs: { receivers: [otlp], exporters: [otlphttp/glasshive] }
    metrics: { receivers: [otlp], exporters: [otlphttp/glasshive] }`,
  },
];
