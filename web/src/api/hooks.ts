import { QueryClient, type UseInfiniteQueryResult, type UseQueryResult, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { printJson } from "../lib/json";
import { useStore } from "../lib/store";
import { isoOfNs, msToNs } from "../lib/time";
import { learnUnits, metricUnits } from "../lib/units";
import { calcParts } from "../model/query";
import { isTelling } from "../model/refusals";
import { type Trace, traceOf } from "../model/trace";
import { Problem, type Schema, ask, client, problemOf } from "./client";

export type QueryAnswer = Schema["QueryAnswer"];
export type EventsAnswer = Schema["EventsAnswer"];
export type Row = Schema["Row"];
export type Column = Schema["Column"];
export type Want = Schema["Want"];

/** What every hook answers. */
export type Asked<T> = UseQueryResult<T, Error>;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // Integers beyond 2^53 are `bigint` here.
      queryKeyHashFn: printJson,
      // A server that starts, or is gone for a while, is asked again; what it refused is not.
      retry: (count, error) => (error instanceof Problem ? error.status === 503 && count < 20 : false),
      retryDelay: 1_000,
      refetchInterval: ({ state: { error } }) => againAfter(error),
    },
  },
});

/** After how many milliseconds a question that failed is asked again by itself: a server that is gone or broken may come back; what it refused stays refused. */
export function againAfter(error: unknown): number | false {
  if (!(error instanceof Problem)) return false;
  if (error.status === 0) return 5_000;
  return error.status >= 500 ? 10_000 : false;
}

/** Questions of the present view that are on their way: figures of the server, which are asked all the time, are none. */
export function isAsking(): boolean {
  return queries.isFetching({ predicate: ({ queryKey }) => !["stats", "readyz", "refusals", "environments", "arrived", "span-count"].includes(String(queryKey[0])) }) > 0;
}

/** Runs a query. `run` counts presses of Run, so that the same question is asked again. An older answer stays until the new one is there. */
export function useRun(env: string, text: string, want: Want[], run: number, enabled = true): Asked<QueryAnswer> {
  return useQuery({
    queryKey: ["query", env, text, want, run],
    queryFn: ({ signal }) => ask(client.POST("/hive/v1/e/{env}/query", { params: { path: { env } }, body: { text, want }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    enabled: enabled && text !== "",
  });
}

export function useParse(env: string, text: string): Asked<Schema["ParseAnswer"]> {
  return useQuery({
    queryKey: ["parse", env, text],
    queryFn: ({ signal }) => ask(client.POST("/hive/v1/e/{env}/query/parse", { params: { path: { env } }, body: { text }, signal })),
    placeholderData: keepPreviousData,
    enabled: text !== "",
  });
}

export function useEvents(env: string, body: Schema["TextEvents"], run: number, enabled = true): Asked<EventsAnswer> {
  return useQuery({
    queryKey: ["events", env, body, run],
    queryFn: ({ signal }) => ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  });
}

/** Rows of the first page and of those that follow. */
const FIRST_PAGE = 1_000;
const NEXT_PAGE = 5_000;

/** Events page by page, as a list is scrolled. */
export function useEventPages(env: string, body: Schema["TextEvents"], run: number, firstPage = FIRST_PAGE): UseInfiniteQueryResult<{ pages: EventsAnswer[] }, Error> {
  return useInfiniteQuery({
    queryKey: ["event-pages", env, body, run],
    queryFn: ({ signal, pageParam }) => ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { ...body, limit: pageParam ? NEXT_PAGE : firstPage, ...(pageParam ? { after: pageParam } : {}) }, signal })),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** An event with all its fields, of which some are known. */
export function useRow(env: string, row: Row | undefined): Asked<Row | undefined> {
  return useQuery({
    queryKey: ["row", env, row?.seq],
    queryFn: async ({ signal }) => {
      if (!row) return undefined;
      const at = BigInt(row.time_ns);
      const trace = row.fields["trace.trace_id"];
      const text = `${typeof trace === "string" ? `WHERE trace.trace_id = ${trace} ` : ""}FROM ${isoOfNs(at)} TO ${isoOfNs(at + 1n)}`;
      const answer = await ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text, limit: 10_000 }, signal }));
      return answer.rows.find(({ seq }) => seq === row.seq);
    },
    enabled: row !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

const columnsAlone = ({ columns }: Schema["Columns"]): Column[] => columns;

/** Every column of the environment: small enough to keep, so that completing never waits. */
export function useColumns(env: string): Asked<Column[]> {
  return useQuery({ ...columnsQuestion(env), select: columnsAlone });
}

/** The same, with how many events were looked at. */
export function useColumnFigures(env: string): Asked<Schema["Columns"]> {
  return useQuery(columnsQuestion(env));
}

const columnsQuestion = (env: string) => ({
  queryKey: ["columns", env],
  queryFn: ({ signal }: { signal: AbortSignal }) => ask(client.GET("/hive/v1/e/{env}/columns", { params: { path: { env } }, signal })),
  staleTime: 60_000,
});

/** Values of a column in a range, of events that meet a filter; one that cannot be read, as while it is written, is left out. */
export function useValues(env: string, column: string | undefined, prefix: string, range: string, filter = ""): Asked<Schema["Values"]> {
  return useQuery({
    queryKey: ["values", env, column, prefix, range, filter],
    queryFn: async ({ signal }) => {
      const read = (more: { filter?: string }) =>
        ask(
          client.GET("/hive/v1/e/{env}/columns/{name}/values", {
            params: { path: { env, name: column ?? "" }, query: { range, limit: "20", ...(prefix ? { prefix } : {}), ...more } },
            signal,
          }),
        );
      try {
        return await read(filter ? { filter } : {});
      } catch (error) {
        if (filter && error instanceof Problem && error.status === 400) return read({});
        throw error;
      }
    },
    enabled: column !== undefined && column !== "",
    placeholderData: keepPreviousData,
  });
}

/** What is other than in the window before and a week ago; times in milliseconds since 1970. */
export function useChanges(env: string, start: number, end: number, service: string | undefined, times: number): Asked<Schema["Changes"]> {
  const [from, to] = [`${Math.floor(start)}000000`, `${Math.ceil(end)}000000`];
  return useQuery({
    queryKey: ["changes", env, from, to, service, times],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/changes", { params: { path: { env }, query: { from, to, ...(service ? { service } : {}) } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useDatasets(env: string): Asked<Schema["Dataset"][]> {
  return useQuery({
    queryKey: ["datasets", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/datasets", { params: { path: { env } }, signal }))).datasets,
  });
}

/** Metrics with what their senders say of them. */
export function useMetrics(env: string, enabled = true): Asked<Schema["Metric"][]> {
  return useQuery({
    queryKey: ["metrics", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/metrics", { params: { path: { env } }, signal }))).metrics,
    enabled,
  });
}

/** The units of metrics, where calculations are of something that may be one. */
export function useUnits(env: string, calculations: readonly string[]): ReadonlyMap<string, string> {
  const mayBeMetrics = calculations.some((calc) => !["", "duration_ms"].includes(calcParts(calc).column));
  const { data } = useMetrics(env, mayBeMetrics);
  useEffect(() => {
    if (data) learnUnits(data);
  }, [data]);
  return useStore(metricUnits);
}

export function useEnvironments(): Asked<Schema["Environment"][]> {
  return useQuery({
    queryKey: ["environments"],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/environments", { signal }))).environments,
  });
}

/** Figures of the store, every five seconds unless said otherwise. */
export function useStats(env: string, everyMs = 5_000): Asked<Schema["Stats"]> {
  return useQuery({
    queryKey: ["stats", env],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/stats", { params: { path: { env } }, signal })),
    refetchInterval: everyMs,
  });
}

/** Whether any event arrived within so many milliseconds, whenever it happened in the last day, asked twice a minute. */
export function useArrived(env: string, lastMs: number, enabled: boolean): Asked<boolean> {
  return useQuery({
    queryKey: ["arrived", env, lastMs],
    queryFn: async ({ signal }) => {
      const { rows } = await ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text: `WHERE meta.ingest_time >= ${msToNs(Date.now() - lastMs)} LAST 1d`, limit: 1, columns: ["name"] }, signal }));
      return rows.length > 0;
    },
    enabled,
    refetchInterval: 30_000,
  });
}

/** The last requests that were refused and that somebody has to hear of. */
export function useRefusals(env: string, enabled = true): Asked<Schema["Refusals"]> {
  return useQuery({
    queryKey: ["refusals", env],
    enabled,
    queryFn: async ({ signal }) => {
      const { refusals, total } = await ask(client.GET("/hive/v1/e/{env}/refusals", { params: { path: { env } }, signal }));
      const telling = refusals.filter(isTelling);
      return { refusals: telling, total: total - (refusals.length - telling.length) };
    },
    refetchInterval: 5_000,
  });
}

function isReadiness(answer: unknown): answer is Schema["Readiness"] {
  return typeof answer === "object" && answer !== null && "checks" in answer && Array.isArray(answer.checks);
}

export function useReadiness(): Asked<Schema["Readiness"]> {
  return useQuery({
    queryKey: ["readyz"],
    queryFn: async ({ signal }) => {
      const { data, error, response } = await client.GET("/readyz", { signal });
      // A server that is not ready answers 503 with the same body; whatever stands before it may answer anything.
      const readiness: unknown = data ?? error;
      if (isReadiness(readiness)) return readiness;
      throw problemOf(response.status, error);
    },
    refetchInterval: 5_000,
  });
}

/** How many spans of a trace are stored, by weight, and how long they took together: other numbers when there are others, or when one has ended. */
export interface SpanCount {
  spans: number;
  took: number;
}

/** Cheap to ask: it says whether a trace has to be read again. */
export function useSpanCount(env: string, id: string | undefined, time: string, everyMs: () => number | false): Asked<SpanCount> {
  return useQuery({
    queryKey: ["span-count", env, id],
    queryFn: async ({ signal }) => {
      const answer = await ask(client.POST("/hive/v1/e/{env}/query", { params: { path: { env } }, body: { text: `COUNT, SUM(duration_ms) WHERE trace.trace_id = ${id} AND trace.span_id exists AND meta.annotation_type does-not-exist ${time}`, want: [] }, signal }));
      const [spans = 0, took = 0] = (answer.results[0]?.values ?? []).map(Number);
      return { spans, took };
    },
    enabled: id !== undefined && everyMs() !== false,
    refetchInterval: everyMs,
    staleTime: 0,
    gcTime: 0,
  });
}

/** A trace as columns. It changes by growing only: what was read stays, and is read again when somebody asks. */
export function useTrace(env: string, id: string, at: string | undefined): Asked<Trace> {
  return useQuery({
    queryKey: ["trace", env, id, at],
    queryFn: async ({ signal }) =>
      traceOf(await ask(client.GET("/hive/v1/e/{env}/traces/{id}/skeleton", { params: { path: { env, id }, query: at ? { at: `${at}000000` } : {} }, signal }))),
    staleTime: 60_000,
    // Columns are replaced, not compared entry by entry.
    structuralSharing: false,
    // A trace that was just sent may still be on its way.
    retry: (count, error) => error instanceof Problem && (error.status === 404 || error.status === 503) && count < 15,
    retryDelay: 2_000,
  });
}

/** What is known of a span. */
export interface SpanRows {
  /** Its event. */
  own: Row | undefined;
  /** Those that happened within it, by time. */
  within: Row[];
  /** More happened within it: these are the newest. */
  isCut: boolean;
  notes: EventsAnswer["notes"];
  partial: boolean;
}

/** The event of a span and those that happened within it, with all their fields; anew with another reading of the trace. Of several with its id it is the one that began `at`, in nanoseconds. */
export function useSpan(env: string, trace: string, span: string | undefined, time: string, reading: string, at?: bigint): Asked<SpanRows> {
  return useQuery({
    queryKey: ["span", env, trace, span, reading, at],
    queryFn: async ({ signal }) => {
      const read = (filter: string) => ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text: `WHERE trace.trace_id = ${trace} AND ${filter} ${time}`, limit: 500 }, signal }));
      const [own, within] = await Promise.all([read(`trace.span_id = ${span}`), read(`trace.parent_id = ${span} AND meta.annotation_type exists`)]);
      const spans = own.rows.filter((row) => row.fields["meta.annotation_type"] === undefined);
      return {
        own: spans.find(({ time_ns }) => at !== undefined && BigInt(time_ns) === at) ?? spans[0],
        within: within.rows.reverse(),
        isCut: within.next !== undefined && within.next !== null,
        notes: [...own.notes, ...within.notes],
        partial: Boolean(own.partial || within.partial),
      };
    },
    enabled: span !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Log lines of a trace, newest first, page by page; anew with each time that something is asked again. */
export function useTraceLogs(env: string, trace: string, time: string, times: number): UseInfiniteQueryResult<{ pages: EventsAnswer[] }, Error> {
  return useEventPages(env, { text: `WHERE trace.trace_id = ${trace} AND meta.signal_type = log ${time}` }, times, NEXT_PAGE);
}

/** Stored rows that the first answer of a comparison is estimated from. */
const ESTIMATED_FROM = 100_000;
/** Rows of a side below which an estimate says too little to be shown. */
const TELLING_ROWS = 50;

type CompareAnswer = Schema["CompareAnswer"];

/** A comparison, and whether it is estimated yet: the exact one takes its place. */
export type AskedComparison = Pick<Asked<CompareAnswer>, "data" | "error" | "isFetching" | "isPlaceholderData" | "refetch"> & { isEstimate: boolean };

/**
 * Counts every column of the selected events and of the others: of some rows first where there are many, then of all. Until there is an
 * answer the last one that was shown stays; where only the time is another one, as under Live, an estimate does not take its place.
 */
export function useCompare(env: string, body: Schema["CompareRequest"], run: number): AskedComparison {
  const compare = (rows: Schema["CompareRequest"], signal: AbortSignal) => ask(client.POST("/hive/v1/e/{env}/compare", { params: { path: { env } }, body: rows, signal }));
  const some = useQuery({
    queryKey: ["compare-some", env, body, run],
    queryFn: ({ signal }) => compare({ ...body, sample_rows: ESTIMATED_FROM }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isSome = some.data?.sampled !== undefined && some.data.sampled !== null;
  const all = useQuery({
    queryKey: ["compare", env, body, run],
    queryFn: ({ signal }) => compare(body, signal),
    // What is known of all rows after the first answer is not asked again; what failed is, and says why.
    enabled: isSome || some.isError,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const what = printJson([env, { ...body, text: body.text.replace(/ ?FROM \S+ TO \S+/, "") }]);
  const last = useRef<Shown>(undefined);
  const shown = shownComparison(what, some.data, all.data, last.current);
  if (shown && !shown.isOld) last.current = shown;
  const isDecided = some.data !== undefined && !isSome;
  return {
    data: shown?.data,
    isPlaceholderData: shown?.isOld ?? false,
    isEstimate: shown?.isEstimate ?? false,
    error: isDecided ? null : all.error,
    isFetching: some.isFetching || all.isFetching,
    refetch: isSome || some.isError ? all.refetch : (some.refetch as typeof all.refetch),
  };
}

/** What is shown of a comparison: to which question, whether it is estimated, and whether it answers an earlier one. */
export interface Shown {
  what: string;
  data: CompareAnswer;
  isEstimate: boolean;
  isOld: boolean;
}

export function shownComparison(what: string, some: CompareAnswer | undefined, all: CompareAnswer | undefined, last: Shown | undefined): Shown | undefined {
  const isSome = some?.sampled !== undefined && some.sampled !== null;
  const exact = some && !isSome ? some : all;
  if (exact) return { what, data: exact, isEstimate: false, isOld: false };
  const isKept = last !== undefined && last.what === what && !last.isEstimate;
  const isTelling = some !== undefined && some.selected.rows >= TELLING_ROWS && some.rest.rows >= TELLING_ROWS;
  if (some && isTelling && !isKept) return { what, data: some, isEstimate: true, isOld: false };
  return last && { ...last, isOld: true };
}
