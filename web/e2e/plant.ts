/** Numbers that are the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 2_147_483_648;
  };
}

const COUNT = 4_000;
const LENGTH_MS = 25 * 60_000;

/** When the requests of user 7 are slow, as shares of the time that is planted. */
export const SLOW = { from: 0.4, to: 0.7 };

export interface Planted {
  start: number;
  end: number;
}

/** Sends requests of forty users over 25 minutes; for a while those of user 7 take thirty times as long. */
export async function plant(server: string, end = Date.now()): Promise<Planted> {
  const random = randomNumbers(11);
  const start = end - LENGTH_MS;
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  const pick = (...values: string[]) => values[Math.floor(random() * values.length)] ?? "";
  const attribute = (key: string, value: string | number) => ({ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } });
  let spans: unknown[] = [];
  const send = async () => {
    const resource = { attributes: [attribute("service.name", "web")] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    await post(`${server}/v1/traces`, body);
    spans = [];
  };
  for (let n = 0; n < COUNT; n++) {
    const share = random();
    const user = random() < 0.06 ? 7 : 1 + Math.floor(random() * 40);
    const isSlow = user === 7 && share > SLOW.from && share < SLOW.to;
    const from = start + share * LENGTH_MS;
    const length = (10 + 60 * random() * random()) * (isSlow ? 30 : 1);
    const ns = (ms: number) => String(BigInt(Math.round(ms * 1e3)) * 1_000n);
    spans.push({
      traceId: (n + 1).toString(16).padStart(8, "0") + hex(24),
      spanId: (n + 1).toString(16).padStart(8, "0") + hex(8),
      name: "GET",
      kind: 2,
      startTimeUnixNano: ns(from),
      endTimeUnixNano: ns(from + length),
      attributes: [
        attribute("user.id", String(user)),
        attribute("http.route", pick("/api/home", "/api/search", "/api/cart")),
        attribute("region", pick("eu", "us", "ap")),
        attribute("request.id", `r-${n}-${hex(8)}`),
      ],
    });
    if (spans.length === 500) await send();
  }
  if (spans.length > 0) await send();
  return { start, end };
}

/** How often a busy server is sent the same again. */
const TRIES = 10;

/** Sends as an SDK does: what a busy server has put off is sent again, and kept once. */
async function post(url: string, body: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (response.ok) return;
    const why = await response.text();
    if (response.status !== 503 || tries >= TRIES) throw new Error(`the server answered ${response.status}: ${why}`);
  }
}

/** A span of OTLP JSON; times in milliseconds. */
function spanOf(trace: string, id: number, parent: number | undefined, name: string, from: number, length: number, more: Record<string, unknown> = {}): unknown {
  const ns = (ms: number) => String(BigInt(Math.round(ms * 1e3)) * 1_000n);
  const hex = (number: number) => number.toString(16).padStart(16, "0");
  return { traceId: trace, spanId: hex(id), ...(parent === undefined ? {} : { parentSpanId: hex(parent) }), name, kind: parent === undefined ? 2 : 3, startTimeUnixNano: ns(from), endTimeUnixNano: ns(from + length), ...more };
}

/** Sends spans of services as an SDK would; where a service's host is known, that is told as well. */
export async function sendSpans(server: string, services: Record<string, unknown[]>, hosts: Record<string, string> = {}): Promise<void> {
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const resourceSpans = Object.entries(services).map(([name, spans]) => ({ resource: { attributes: [text("service.name", name), ...(hosts[name] ? [text("host.name", hosts[name])] : [])] }, scopeSpans: [{ spans }] }));
  await post(`${server}/v1/traces`, JSON.stringify({ resourceSpans }));
}

/** Sends log lines of a service, one millisecond after the other, the last of them now. */
export async function sendLines(server: string, service: string, lines: readonly { body: string; severity?: "INFO" | "ERROR" }[]): Promise<void> {
  const first = Date.now() - lines.length;
  const logRecords = lines.map(({ body, severity = "INFO" }, n) => ({ timeUnixNano: `${first + n}000000`, severityNumber: severity === "ERROR" ? 17 : 9, severityText: severity, body: { stringValue: body } }));
  const resourceLogs = [{ resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] }, scopeLogs: [{ logRecords }] }];
  await post(`${server}/v1/logs`, JSON.stringify({ resourceLogs }));
}

const traceId = (n: number) => `c${(n + 1).toString(16).padStart(31, "0")}`;

/** Requests that ask a database eight times in a row, over twenty whole minutes; in thirteen of them, near one another, a query takes more than a second. Gives the slowest one's id and time. */
export async function plantCalls(server: string, end = Math.floor(Date.now() / 60_000 - 1) * 60_000): Promise<Planted & { slow: string; at: number }> {
  const start = end - 20 * 60_000;
  const web: unknown[] = [];
  const db: unknown[] = [];
  const count = 240;
  const slow = 150;
  let at = 0;
  for (let n = 0; n < count; n++) {
    const trace = traceId(n);
    const from = start + (n / count) * (end - start);
    const base = n * 100;
    const each = 2 + (n % 5);
    const long = n === slow ? 1_600 : n >= 140 && n <= 164 && n % 2 === 0 ? 1_300 : each;
    web.push(spanOf(trace, base + 1, undefined, "GET /checkout", from, each * 7 + long + 10));
    for (let q = 0; q < 8; q++) {
      const length = q === 7 ? long : each;
      const attributes = [{ key: "db.rows", value: { intValue: String(length > 1_000 ? 90_000 : 5 + (n % 3)) } }, { key: "db.table", value: { stringValue: length > 1_000 ? "archive" : "orders" } }];
      db.push(spanOf(trace, base + 2 + q, base + 1, "SELECT orders", from + 5 + q * each, length, { attributes }));
    }
    if (n === slow) at = from;
  }
  await sendSpans(server, { web, db });
  return { start, end, slow: traceId(slow), at };
}

/** Sends a request a second to each of twelve services over a whole minute; that to `s01` takes 10 ms, and to each next one 10 ms more. */
export async function plantServices(server: string, end = Math.floor(Date.now() / 60_000 - 1) * 60_000): Promise<Planted> {
  const start = end - 60_000;
  const services = Array.from({ length: 12 }, (_, n): [string, unknown[]] => {
    const spans = Array.from({ length: 60 }, (_, second) => {
      const id = n * 60 + second + 1;
      return spanOf(`d${id.toString(16).padStart(31, "0")}`, id, undefined, "GET /", start + second * 1_000, 10 * (n + 1));
    });
    return [`s${String(n + 1).padStart(2, "0")}`, spans];
  });
  await sendSpans(server, Object.fromEntries(services));
  return { start, end };
}

/** Sends a trace whose rows open and close: of two parts, the second with a span within it that asks a database six times. */
export async function plantFolding(server: string, trace: string, start: number): Promise<void> {
  const queries = Array.from({ length: 6 }, (_, n) => spanOf(trace, 10 + n, 5, "SELECT orders", start + 60 + n * 4, 3));
  await sendSpans(server, {
    web: [spanOf(trace, 1, undefined, "GET /folding", start, 100), spanOf(trace, 2, 1, "first", start, 40), spanOf(trace, 3, 2, "beside", start + 1, 10), spanOf(trace, 4, 1, "second", start + 50, 45), spanOf(trace, 5, 4, "within", start + 55, 35)],
    db: queries,
  });
}

/** Sends a trace in which the clock of the host that answers is 132 ms behind; it has no root, and of one id there are two spans. */
export async function plantWrong(server: string, trace: string, start: number): Promise<void> {
  const early = 132;
  await sendSpans(
    server,
    {
      web: [spanOf(trace, 2, 1, "load", start, 100), spanOf(trace, 3, 2, "call", start + 20, 60), spanOf(trace, 7, 1, "draw", start + 150, 30), spanOf(trace, 7, 1, "draw again", start + 190, 30)],
      backend: [spanOf(trace, 4, 3, "answer", start + 40 - early, 20, { kind: 2 }), spanOf(trace, 5, 4, "SELECT users", start + 45 - early, 5)],
    },
    { web: "ip-10-0-1-7", backend: "ip-10-0-2-2" },
  );
}

/** Sends two spans that name each other as parents, and one that hangs on them. */
export async function plantCircle(server: string, trace: string, start: number): Promise<void> {
  await sendSpans(server, { web: [spanOf(trace, 1, 2, "egg", start, 50), spanOf(trace, 2, 1, "hen", start + 5, 40), spanOf(trace, 3, 2, "chick", start + 10, 5)] });
}

/** Sends one trace of so many spans, of which one query fails near its end. Gives its id. */
export async function plantLarge(server: string, count: number): Promise<string> {
  const trace = "b".repeat(32);
  const start = Date.now() - 120_000;
  const groups = Math.ceil(count / 101);
  let id = 2;
  let spans: unknown[] = [spanOf(trace, 1, undefined, "POST /import", start, 60_000)];
  for (let group = 0; group < groups; group++) {
    const from = start + (group / groups) * 60_000;
    const parent = id++;
    spans.push(spanOf(trace, parent, 1, `batch ${group % 7}`, from, 60_000 / groups));
    for (let n = 0; n < 100 && id <= count; n++) {
      const isBad = group === groups - 2 && n === 50;
      const more = isBad ? { status: { code: 2, message: "deadlock" }, attributes: [{ key: "db.query.text", value: { stringValue: "UPDATE stock SET n = n - 1" } }] } : {};
      spans.push(spanOf(trace, id++, parent, isBad ? "UPDATE stock" : n % 3 === 0 ? "SELECT item" : `step ${n % 11}`, from + (n / 100) * (60_000 / groups), 60_000 / groups / 120, more));
    }
    if (spans.length > 8_000) {
      await sendSpans(server, { import: spans });
      spans = [];
    }
  }
  await sendSpans(server, { import: spans });
  return trace;
}
