import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Schema, ask, client } from "./client";
import { type Asked, queries } from "./hooks";

/** A window as the server takes one. */
const nanoseconds = ({ start, end }: { start: number; end: number }) => ({ from: `${Math.floor(start)}000000`, to: `${Math.ceil(end)}000000` });

interface Range {
  start: number;
  end: number;
}

/** Which traces: those of a group that a filter expression accepts. */
export interface Chosen {
  group: string;
  filter: string;
}

const params = (range: Range, { group, filter }: Chosen) => ({ ...nanoseconds(range), ...(group ? { group } : {}), ...(filter && filter !== "*" ? { filter } : {}) });

/** Which services called which. `run` counts how often the view was asked again; what was there stays until the answer comes. */
export function useMap(env: string, range: Range, chosen: Chosen, run: number): Asked<Schema["Map"]> {
  const query = params(range, chosen);
  return useQuery({
    queryKey: ["map", env, query, run],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/map", { params: { path: { env }, query }, signal })),
    placeholderData: (before, last) => (last?.queryKey[1] === env ? before : undefined),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Keeps where nodes stand, for everybody. */
export async function putLayout(env: string, positions: Schema["NodePlace"][], replace: boolean): Promise<void> {
  await ask(client.PUT("/hive/v1/e/{env}/map/layout", { params: { path: { env } }, body: { positions, replace } }));
}

/** Traces that a filter expression accepts. */
export function useXrayTraces(env: string, range: Range, chosen: Chosen, run: number, limit: number, enabled: boolean): Asked<Schema["XrayTraces"]> {
  const query = { ...params(range, chosen), limit: String(limit) };
  return useQuery({
    queryKey: ["xray-traces", env, query, run],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/xray/traces", { params: { path: { env }, query }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  });
}

/** What is wrong with a filter expression, and the words that a condition may begin with. */
export function useReadFilter(env: string, filter: string): Asked<Schema["ReadFilter"]> {
  return useQuery({
    queryKey: ["xray-filter", env, filter],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/xray/filter", { params: { path: { env }, query: { filter } }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** The document of the segment that a span is of. */
export function useSegment(env: string, trace: string, span: string, at: string, enabled: boolean): Asked<Schema["SegmentDocument"]> {
  return useQuery({
    queryKey: ["xray-segment", env, trace, span],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/xray/traces/{id}/segments/{span}", { params: { path: { env, id: trace, span }, query: { at } }, signal })),
    enabled,
  });
}

/** What to know about a trace that is not as its sender meant it. */
export function useTraceAdvice(env: string, trace: string, at: string, enabled: boolean): Asked<Schema["Advice"][]> {
  return useQuery({
    queryKey: ["trace-advice", env, trace],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/xray/traces/{id}/advice", { params: { path: { env, id: trace }, query: { at } }, signal }))).advice,
    enabled,
  });
}

export type Group = Schema["XrayGroup"];
export type Rule = Schema["XrayRule"];
export type RuleContent = Schema["RuleContent"];

export function useGroups(env: string): Asked<Group[]> {
  return useQuery({
    queryKey: ["xray-groups", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/xray/groups", { params: { path: { env } }, signal }))).groups,
  });
}

const again = (...names: string[]) => Promise.all(names.map((name) => queries.invalidateQueries({ queryKey: [name] })));

export async function createGroup(env: string, name: string, filter: string): Promise<void> {
  await ask(client.POST("/hive/v1/e/{env}/xray/groups", { params: { path: { env } }, body: { name, filter } }));
  await again("xray-groups");
}

export async function updateGroup(env: string, name: string, filter: string): Promise<void> {
  await ask(client.PUT("/hive/v1/e/{env}/xray/groups/{name}", { params: { path: { env, name } }, body: { filter } }));
  await again("xray-groups", "xray-traces", "map");
}

export async function deleteGroup(env: string, name: string): Promise<void> {
  await ask(client.DELETE("/hive/v1/e/{env}/xray/groups/{name}", { params: { path: { env, name } } }));
  await again("xray-groups");
}

/** Rules with what samplers report of them, every few seconds. */
export function useRules(env: string): Asked<Rule[]> {
  return useQuery({
    queryKey: ["xray-rules", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/xray/rules", { params: { path: { env } }, signal }))).rules,
    refetchInterval: 5_000,
  });
}

export async function createRule(env: string, name: string, content: RuleContent): Promise<void> {
  await ask(client.POST("/hive/v1/e/{env}/xray/rules", { params: { path: { env } }, body: { name, ...content } }));
  await again("xray-rules", "xray-matched");
}

export async function updateRule(env: string, name: string, content: RuleContent): Promise<void> {
  await ask(client.PUT("/hive/v1/e/{env}/xray/rules/{name}", { params: { path: { env, name } }, body: content }));
  await again("xray-rules", "xray-matched");
}

export async function deleteRule(env: string, name: string): Promise<void> {
  await ask(client.DELETE("/hive/v1/e/{env}/xray/rules/{name}", { params: { path: { env, name } } }));
  await again("xray-rules", "xray-matched");
}

export function matchRule(env: string, request: Schema["SampledRequest"]): Promise<Schema["RuleMatch"]> {
  return ask(client.POST("/hive/v1/e/{env}/xray/match", { params: { path: { env } }, body: request }));
}

/** Under which rules the requests of a window fall. */
export function useMatched(env: string, range: Range): Asked<Schema["MatchedRequests"]> {
  const query = nanoseconds(range);
  return useQuery({
    queryKey: ["xray-matched", env, query],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/xray/matched", { params: { path: { env }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}
