import { start } from "./server";

/** How much history the sample traffic begins with. */
const HISTORY_MS = 600_000;

/** One server with sample traffic for all tests that only read. */
export default async function setup(): Promise<() => Promise<void>> {
  process.env.GLASSHIVE_SINCE = String(Date.now() - HISTORY_MS);
  const server = await start("demo", ["--rate", "40"]);
  process.env.GLASSHIVE_URL = server.url;
  const ask = async () => {
    const response = await fetch(`${server.url}/hive/v1/e/local/query`, { method: "POST", body: JSON.stringify({ text: "COUNT WHERE trace.trace_id exists LAST 15m", want: [] }) });
    const answer = (await response.json()) as { results: { values: number[] }[] };
    return answer.results[0]?.values[0] ?? 0;
  };
  // The first ten minutes of the sample are sent at once.
  while ((await ask()) < 10_000) await new Promise((resolve) => setTimeout(resolve, 200));
  return () => server.remove();
}
