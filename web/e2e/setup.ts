import { start } from "./server";

/** One server with sample traffic for all tests that only read. */
export default async function setup(): Promise<() => Promise<void>> {
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
