import { QueryClient, type UseInfiniteQueryResult, type UseQueryResult, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { printJson } from "../lib/json";
import { useStore } from "../lib/store";
import { isoOfNs } from "../lib/time";
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
  return queries.isFetching({ predicate: ({ queryKey }) => !["stats", "readyz", "refusals", "environments"].includes(String(queryKey[0])) }) > 0;
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
export function useEventPages(env: string, body: Schema["TextEvents"], run: number): UseInfiniteQueryResult<{ pages: EventsAnswer[] }, Error> {
  return useInfiniteQuery({
    queryKey: ["event-pages", env, body, run],
    queryFn: ({ signal, pageParam }) => ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { ...body, limit: pageParam ? NEXT_PAGE : FIRST_PAGE, ...(pageParam ? { after: pageParam } : {}) }, signal })),
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

/** Every column of the environment: small enough to keep, so that completing never waits. */
export function useColumns(env: string): Asked<Column[]> {
  return useQuery({
    queryKey: ["columns", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/columns", { params: { path: { env } }, signal }))).columns,
    staleTime: 60_000,
  });
}

export function useValues(env: string, column: string | undefined, prefix: string, range: string): Asked<Schema["Values"]> {
  return useQuery({
    queryKey: ["values", env, column, prefix, range],
    queryFn: ({ signal }) =>
      ask(
        client.GET("/hive/v1/e/{env}/columns/{name}/values", {
          params: { path: { env, name: column ?? "" }, query: { range, limit: "20", ...(prefix ? { prefix } : {}) } },
          signal,
        }),
      ),
    enabled: column !== undefined && column !== "",
    placeholderData: keepPreviousData,
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

/** A trace as columns. What was once read is kept: a trace changes only by growing. */
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

/** The event of a span and those that happened within it, with all their fields. */
export function useSpan(env: string, trace: string, span: string | undefined, time: string): Asked<Row[]> {
  return useQuery({
    queryKey: ["span", env, trace, span],
    queryFn: async ({ signal }) => {
      const read = (filter: string) => ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text: `WHERE trace.trace_id = ${trace} AND ${filter} ${time}`, limit: 500 }, signal }));
      const [own, within] = await Promise.all([read(`trace.span_id = ${span}`), read(`trace.parent_id = ${span} AND meta.annotation_type exists`)]);
      return [...own.rows.filter((row) => row.fields["meta.annotation_type"] === undefined), ...within.rows.reverse()];
    },
    enabled: span !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Log lines of a trace, by time. */
export function useTraceLogs(env: string, trace: string, time: string, enabled: boolean): Asked<EventsAnswer> {
  return useQuery({
    queryKey: ["trace-logs", env, trace],
    queryFn: ({ signal }) => ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text: `WHERE trace.trace_id = ${trace} AND meta.signal_type = log ${time}`, limit: 5_000 }, signal })),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Counts every column of the selected events and of the others. */
export function useCompare(env: string, body: Schema["CompareRequest"], run: number): Asked<Schema["CompareAnswer"]> {
  return useQuery({
    queryKey: ["compare", env, body, run],
    queryFn: ({ signal }) => ask(client.POST("/hive/v1/e/{env}/compare", { params: { path: { env } }, body, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
