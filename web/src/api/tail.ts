import { parseJson } from "../lib/json";
import { problemOf, signInNeeded } from "./client";
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
