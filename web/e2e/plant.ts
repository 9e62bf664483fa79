/** Numbers that are the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
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
export async function plant(server: string): Promise<Planted> {
  const random = randomNumbers(11);
  const end = Date.now();
  const start = end - LENGTH_MS;
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  const pick = (...values: string[]) => values[Math.floor(random() * values.length)] ?? "";
  const attribute = (key: string, value: string | number) => ({ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } });
  let spans: unknown[] = [];
  const send = async () => {
    const resource = { attributes: [attribute("service.name", "web")] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    const response = await fetch(`${server}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
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
