import createClient from "openapi-fetch";
import { parseJson, printJson } from "../lib/json";
import { createStore } from "../lib/store";
import type { components, paths } from "./schema";

export type Schema = components["schemas"];

/** Why there is no answer, in words for people. */
export class Problem extends Error {
  /** The HTTP status; 0 when the server was not reached. */
  readonly status: number;
  readonly title: string;
  /** What to do about it. */
  readonly remedy: string | undefined;
  /** The character of a query's text, counted from 1. */
  readonly position: number | undefined;
  /** Names the request in the server's log. */
  readonly instance: string | undefined;

  constructor(parts: { status: number; title: string; detail: string; remedy?: string | undefined; position?: number | undefined; instance?: string | undefined }) {
    super(parts.detail);
    this.name = "Problem";
    this.status = parts.status;
    this.title = parts.title;
    this.remedy = parts.remedy;
    this.position = parts.position;
    this.instance = parts.instance;
  }
}

/** Since when the server was not reached, milliseconds since 1970; nothing while it is. */
export const lostSince = createStore<number | undefined>(undefined);
/** Whether the server refused because nobody is signed in here, or no longer. */
export const signInNeeded = createStore(false);
/** What goes with the session's cookie in requests that may change something; empty where nobody is signed in. */
export const csrf = createStore("");

const client = createClient<paths>({ baseUrl: typeof window === "undefined" ? "http://127.0.0.1" : window.location.origin, fetch: reachingFetch, bodySerializer: printJson });

/** Fetches, noting whether the server is there, and whether the session still is. */
async function reachingFetch(request: Request): Promise<Response> {
  // Once signed out, nothing that will be refused is asked: refusals are for what nobody expects.
  if (signInNeeded.get() && /\/hive\/v1\/(?!session$|link)/.test(request.url)) {
    throw new Problem({ status: 401, title: "Signed out", detail: "nobody is signed in here any more", remedy: "sign in to go on" });
  }
  if (csrf.get() && request.method !== "GET") request.headers.set("x-glasshive-csrf", csrf.get());
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    if (lostSince.get() === undefined) lostSince.set(Date.now());
    throw new Problem({
      status: 0,
      title: "Server not reached",
      detail: `nothing answers at ${window.location.host}`,
      remedy: "Is it running? Start it with “glasshive serve”; this page asks again by itself.",
    });
  }
  lostSince.set(undefined);
  // A wrong password is refused alike, and is said where it was typed.
  if (response.status === 401 && !request.url.endsWith("/hive/v1/session")) signInNeeded.set(true);
  return exact(response);
}

/** The response, whose integers are read as they were sent. The client asks for `json` where a length is known. */
function exact(response: Response): Response {
  const headers = new Headers(response.headers);
  if (!headers.get("content-length")) headers.set("content-length", "1");
  return Object.defineProperties(response, { headers: { value: headers }, json: { value: async () => parseJson(await response.text()) } });
}

/** The data of an answer, or a `Problem`. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (data !== undefined && response.ok) return data;
  throw problemOf(response.status, error);
}

export function problemOf(status: number, body: unknown): Problem {
  const known = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string) => (typeof known[name] === "string" ? known[name] : undefined);
  return new Problem({
    status,
    title: text("title") ?? `The server answered ${status}`,
    detail: text("detail") ?? (typeof body === "string" && body ? body : "it gave no reason"),
    remedy: text("try"),
    position: typeof known.position === "number" ? known.position : undefined,
    instance: text("instance"),
  });
}

export { client };
