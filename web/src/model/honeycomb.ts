/** What an address of Honeycomb's UI means here: a page of ours at once, or a specification that has to be read first. */
export type Foreign = { env: string; page: string; params: Record<string, string> } | { env: string; specification: Record<string, unknown>; datasets: string[] };

/** Honeycomb's classic addresses name no environment. */
const USUAL_ENV = "local";

/** Reads a path and a query string, or a whole address of any host, as one of Honeycomb's UI; nothing when it is none. */
export function readHoneycomb(address: string): Foreign | undefined {
  let url: URL;
  try {
    url = new URL(address.trim(), "http://here.invalid");
  } catch {
    return undefined;
  }
  const parts = url.pathname.split("/").filter(Boolean).map(decoded);
  const [, kind, name = "", ...more] = parts;
  const isClassic = kind === "datasets";
  if (!isClassic && kind !== "environments") return undefined;
  const env = isClassic ? USUAL_ENV : name;
  const dataset = isClassic ? name : more[0] === "datasets" ? more[1] : undefined;
  const rest = isClassic ? more : more[0] === "datasets" ? more.slice(2) : more;
  if (!env || (isClassic && !dataset)) return undefined;
  const trace = url.searchParams.get("trace_id");
  if (rest[0] === "trace" && trace) {
    const [start, span] = [Number(url.searchParams.get("trace_start_ts")), url.searchParams.get("span")];
    return { env, page: `/trace/${encodeURIComponent(trace)}`, params: { ...(start > 0 ? { at: String(Math.round(start * 1000)) } : {}), ...(span ? { span } : {}) } };
  }
  if (rest[0] === "board" && rest[1]) return { env, page: `/boards/${encodeURIComponent(rest[1])}`, params: {} };
  if (rest[0] === "boards") return { env, page: "/boards", params: {} };
  if (rest.length > 0) return undefined;
  const datasets = dataset && dataset !== "__all__" ? [dataset.toLowerCase()] : [];
  try {
    const specification: unknown = JSON.parse(url.searchParams.get("query") ?? "{}");
    if (typeof specification === "object" && specification !== null && !Array.isArray(specification)) return { env, specification: specification as Record<string, unknown>, datasets };
  } catch {
    // No specification: it names nothing here.
  }
  return undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
