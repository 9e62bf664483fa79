/** X-Ray's documents, read for people: what stands in one about a segment or a subsegment. */
import { parseJson } from "../lib/json";

type Json = unknown;
type Members = Record<string, Json>;

export interface SegmentException {
  type: string;
  message: string;
  remote: boolean;
  stack: readonly string[];
}

/** What a document says of one segment or subsegment. */
export interface Entity {
  /** Names and values that are told of it in a line each. */
  overview: readonly (readonly [name: string, value: string])[];
  annotations: readonly (readonly [name: string, value: string])[];
  /** By namespace. */
  metadata: readonly (readonly [name: string, value: Json])[];
  exceptions: readonly SegmentException[];
  sql: readonly (readonly [name: string, value: string])[];
  isInProgress: boolean;
}

const isMembers = (value: Json): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);
const members = (value: Json): Members => (isMembers(value) ? value : {});
const list = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);
const shown = (value: Json): string => (typeof value === "string" ? value : typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? ""));

/** The part of a document that is about an id; nothing when it cannot be read, or says nothing of it. */
export function entityOf(document: string, id: string): Entity | undefined {
  let whole: Json;
  try {
    whole = parseJson(document);
  } catch {
    return undefined;
  }
  const found = find(whole, id.toLowerCase());
  return found && read(found, exceptionsById(whole));
}

function find(value: Json, id: string): Members | undefined {
  const left: Json[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (!isMembers(next)) continue;
    if (typeof next.id === "string" && next.id.toLowerCase() === id) return next;
    left.push(...list(next.subsegments));
  }
  return undefined;
}

/** Exceptions of all entities: a cause may name one that stands elsewhere. */
function exceptionsById(value: Json): Map<string, Members> {
  const all = new Map<string, Members>();
  const left: Json[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (!isMembers(next)) continue;
    for (const one of list(members(next.cause).exceptions)) if (isMembers(one) && typeof one.id === "string") all.set(one.id, one);
    left.push(...list(next.subsegments));
  }
  return all;
}

function read(entity: Members, known: ReadonlyMap<string, Members>): Entity {
  const http = members(entity.http);
  const [request, response, aws] = [members(http.request), members(http.response), members(entity.aws)];
  const flags = ["fault", "error", "throttle"].filter((flag) => entity[flag] === true);
  const lines: [string, Json][] = [
    ["name", entity.name],
    ["origin", entity.origin],
    ["namespace", entity.namespace],
    ["ended as", flags.length > 0 ? flags.join(", ") : undefined],
    ["request", [request.method, request.url].filter((part) => part !== undefined).map(shown).join(" ") || undefined],
    ["status", response.status],
    ["answer", response.content_length === undefined ? undefined : `${shown(response.content_length)} bytes`],
    ["client", request.client_ip],
    ["user agent", request.user_agent],
    ["user", entity.user],
    ["resource", entity.resource_arn],
    ...Object.entries(aws)
      .filter(([name]) => name !== "xray")
      .map(([name, value]): [string, Json] => [`aws.${name}`, value]),
    ["sampled by", members(aws.xray).sampling_rule_name ?? members(aws.xray).rule_name],
    ["SDK", [members(aws.xray).sdk, members(aws.xray).sdk_version].filter((part) => part !== undefined).map(shown).join(" ") || undefined],
  ];
  const pairs = (value: Json) => Object.entries(members(value)).map(([name, one]) => [name, shown(one)] as const);
  const cause = entity.cause;
  const own = typeof cause === "string" ? [known.get(cause)].filter((one) => one !== undefined) : list(members(cause).exceptions);
  return {
    overview: lines.filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => [name, shown(value)] as const),
    annotations: pairs(entity.annotations),
    metadata: Object.entries(members(entity.metadata)),
    exceptions: own.filter(isMembers).map((one) => ({
      type: shown(one.type ?? "exception"),
      message: shown(one.message ?? ""),
      remote: one.remote === true,
      stack: list(one.stack).map((frame) => `at ${shown(members(frame).label ?? "?")} (${shown(members(frame).path ?? "?")}:${shown(members(frame).line ?? "?")})`),
    })),
    sql: pairs(entity.sql),
    isInProgress: entity.in_progress === true,
  };
}
