import { ask, client } from "../../api/client";
import type { Row } from "../../api/hooks";
import { exact, plural } from "../../lib/format";
import { printJson } from "../../lib/json";
import { csvOf, namesOf } from "../../model/csv";
import { announce } from "../../ui/announce";
import { download, fileName } from "../../ui/download";

/** Rows that one file holds at most. */
const MOST = 100_000;
const PAGE = 10_000;

/** Reads all events that a text asks for, page by page, and saves them with every field. */
export async function saveEvents(env: string, text: string, format: "csv" | "ndjson", now: Date): Promise<void> {
  const rows: Row[] = [];
  let after: string | undefined;
  try {
    do {
      const answer = await ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text, limit: PAGE, ...(after ? { after } : {}) } }));
      rows.push(...answer.rows);
      after = answer.next ?? undefined;
      if (after) announce(`Reading, ${exact(rows.length)} events so far`, true);
    } while (after && rows.length < MOST);
  } catch (error) {
    announce(`The events could not be read: ${error instanceof Error ? error.message : String(error)}`, true);
    return;
  }
  const shown = rows.map(({ time_ns, fields }) => ({ time_ns, ...fields }) as Record<string, unknown>);
  const names = namesOf(shown);
  if (format === "csv") download(fileName("events", "csv", now), "text/csv", [csvOf(names, shown.map((row) => names.map((name) => row[name])))]);
  else download(fileName("events", "ndjson", now), "application/x-ndjson", shown.map((row) => `${printJson(row)}\n`));
  if (after) announce(`The newest ${plural(rows.length, "event")} were saved; there are more: narrow the range, or use glasshive export`, true);
}
