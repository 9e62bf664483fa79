import { parseJson } from "../lib/json";
import { type Gap, gapText } from "../model/gap";
import { ask, client, problemOf, signInNeeded } from "./client";
import type { Row } from "./hooks";

/** Follows events as they arrive, until `signal` aborts; `onOpen` is called when the server has agreed. `missed` tells of some that were left out. */
export async function follow(env: string, filter: string, signal: AbortSignal, onRow: (row: Row) => void, onMissed: () => void, onOpen: () => void): Promise<void> {
  const response = await fetch(`/hive/v1/e/${encodeURIComponent(env)}/tail?filter=${encodeURIComponent(filter)}`, { signal });
  if (response.status === 401) signInNeeded.set(true);
  if (!response.ok || !response.body) throw problemOf(response.status, await response.json().catch(() => undefined));
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const data = part.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : [])).join("\n");
      if (part.startsWith("event: row")) onRow(parseJson(data) as Row);
      else if (part.startsWith("event: missed")) onMissed();
    }
  }
}

/** Rows that one answer holds at most. */
const MOST = 10_000;

/** Events that arrived in a time in which they were not followed, maybe with some that were seen; `isCut` says that there were more, which are older. */
export async function missedRows(env: string, filter: string, gap: Gap, signal?: AbortSignal): Promise<{ rows: Row[]; isCut: boolean }> {
  const { rows, next } = await ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text: gapText(filter, gap), limit: MOST }, ...(signal ? { signal } : {}) }));
  return { rows, isCut: next !== undefined && next !== null };
}
