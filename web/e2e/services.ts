/** Requests through services, as X-Ray's documents and OpenTelemetry's spans. */

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");
const attribute = (key: string, value: string | number) => ({ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } });

async function post(url: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  // On a slow disk X-Ray's clients are told to send again; what is there already is not there twice.
  if (answer.status === 429) return post(url, body);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Hands segments over; the answer means that they are kept. */
export async function segments(server: string, documents: readonly string[]): Promise<void> {
  const answer = (await post(`${server}/TraceSegments`, { TraceSegmentDocuments: documents })) as { UnprocessedTraceSegments: unknown[] };
  if (answer.UnprocessedTraceSegments.length > 0) throw new Error(JSON.stringify(answer));
}

/** The id of a request's trace, as X-Ray writes it. */
export const traceOf = (number: number) => `1-6553f100-${hex(number, 24)}`;

/**
 * Requests to `web` (X-Ray), which asks `checkout` (OpenTelemetry), which asks a database and fails every third time, and `search`. All of
 * them in the last minutes before `end`.
 */
export async function plantShop(server: string, end: number, requests = 60): Promise<void> {
  const documents: string[] = [];
  const spans: unknown[] = [];
  for (let n = 0; n < requests; n++) {
    const start = end - 240_000 + n * 3_000;
    const fails = n % 3 === 0;
    const ids = [1, 2, 3, 4, 5].map((part) => hex(n * 16 + part, 16));
    const at = (ms: number) => (start + ms) / 1_000;
    documents.push(
      JSON.stringify({
        name: "web",
        id: ids[0],
        trace_id: traceOf(n),
        start_time: at(0),
        end_time: at(120 + n),
        user: `user ${n % 4}`,
        annotations: { tier: n % 2 ? "gold" : "free" },
        metadata: { default: { cart: [n] } },
        aws: { xray: { sdk: "X-Ray for Python", sdk_version: "2.15.0", sampling_rule_name: "Default" } },
        http: { request: { method: "POST", url: "http://shop.example.com/checkout" }, response: { status: fails ? 502 : 200 } },
        ...(fails ? { fault: true } : {}),
        subsegments: [
          { name: "checkout", id: ids[1], namespace: "remote", start_time: at(2), end_time: at(100), http: { request: { traced: true }, response: { status: fails ? 500 : 200 } }, ...(fails ? { fault: true } : {}) },
          ...(n % 2 ? [{ name: "search.internal", id: ids[4], namespace: "remote", start_time: at(101), end_time: at(110) }] : []),
        ],
      }),
    );
    const span = (id: string | undefined, parent: string | undefined, name: string, kind: number, from: number, to: number, more: unknown[]) => ({
      traceId: traceOf(n).slice(2).replace("-", ""), spanId: id, parentSpanId: parent, name, kind, startTimeUnixNano: `${start + from}000000`, endTimeUnixNano: `${start + to}000000`, attributes: more, status: { code: kind === 2 && fails ? 2 : 0 },
    });
    spans.push(span(ids[2], ids[1], "POST /pay", 2, 5, 95, [attribute("http.request.method", "POST"), attribute("http.response.status_code", fails ? 500 : 200)]));
    spans.push(span(ids[3], ids[2], "INSERT orders", 3, 10, 60, [attribute("db.system.name", "postgresql"), attribute("db.namespace", "orders"), attribute("server.address", "db1")]));
  }
  await segments(server, documents);
  await post(`${server}/v1/traces`, { resourceSpans: [{ resource: { attributes: [attribute("service.name", "checkout")] }, scopeSpans: [{ spans }] }] });
}

/** A company of many services: some in front, each asking some of the next rows, some with databases of their own. */
export async function plantMany(server: string, end: number, services: number): Promise<void> {
  let state = 5;
  const random = (sides: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * sides);
  };
  const WORDS = ["cart", "stock", "price", "mail", "auth", "image", "tax", "order", "parcel", "review", "coupon", "fraud", "search", "ledger", "notify"];
  const name = (n: number) => `${WORDS[n % WORDS.length]}-${["api", "worker", "gateway", "store"][Math.floor(n / WORDS.length) % 4]}${n >= 60 ? `-${Math.floor(n / 60)}` : ""}`;
  const row = (n: number) => (n < 4 ? 0 : 1 + Math.floor(((n - 4) / (services - 4)) * 4));
  const rows: number[][] = [];
  for (let n = 0; n < services; n++) (rows[row(n)] ??= []).push(n);
  const calls = Array.from({ length: services }, (_, n) => {
    const next = rows[row(n) + 1] ?? [];
    return next.length === 0 ? [] : Array.from({ length: 1 + random(3) }, () => next[random(next.length)] ?? 0);
  });
  // Everybody is called by somebody.
  for (let at = 1; at < rows.length; at++) for (const n of rows[at] ?? []) if (!calls.some((list) => list.includes(n))) calls[rows[at - 1]?.[n % (rows[at - 1]?.length ?? 1)] ?? 0]?.push(n);
  const documents: string[] = [];
  let id = 1;
  const add = (trace: string, service: number, parent: string | undefined, start: number, depth: number) => {
    const own = hex(id++, 16);
    const subsegments: unknown[] = [];
    const fails = service % 37 === 5 && random(3) === 0;
    for (const callee of new Set(calls[service])) {
      if (random(3) === 0 && depth > 0) continue;
      const call = hex(id++, 16);
      subsegments.push({ name: name(callee), id: call, namespace: "remote", start_time: start / 1e3, end_time: (start + 5 + depth) / 1e3 });
      add(trace, callee, call, start + 1, depth + 1);
    }
    for (let database = 0; database < service % 5; database++) subsegments.push({ name: `db${database}@${name(service)}`, id: hex(id++, 16), namespace: "remote", sql: { url: "x" }, start_time: start / 1e3, end_time: (start + 2) / 1e3 });
    documents.push(JSON.stringify({ name: name(service), id: own, trace_id: trace, ...(parent ? { parent_id: parent } : {}), start_time: start / 1e3, end_time: (start + 20 + random(200)) / 1e3, http: { request: { method: "GET", url: "http://a/b" } }, fault: fails, subsegments }));
  };
  for (let n = 0; n < 120; n++) add(traceOf(100_000 + n), n % 4, undefined, end - 200_000 + n * 1_000, 0);
  // Who was not met by chance is met once.
  for (let n = 4; n < services; n += 1) if (!documents.some((text) => text.includes(`"name":"${name(n)}","id"`))) add(traceOf(200_000 + n), n, undefined, end - 100_000, 3);
  for (let at = 0; at < documents.length; at += 500) await segments(server, documents.slice(at, at + 500));
}
