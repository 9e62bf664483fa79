import { plural } from "../lib/format";

/** What is known of the server and of what it receives. */
export interface Known {
  /** It is not reached. */
  lost: boolean;
  ready: { checks: readonly { ok: boolean; check: string; reason?: string }[] } | undefined;
  /** Events that are stored; nothing while that is not known. */
  events: number | undefined;
  /** It was asked how many, and did not say. */
  isUnknown: boolean;
  /** Requests that were refused lately. */
  refused: number;
  /** Whether something was accepted lately; nothing while that is not known. */
  arrives: boolean | undefined;
}

export type Level = "ok" | "warn" | "error" | "";

export interface Health {
  level: Level;
  /** One word beside the dot. */
  word: string;
  why: string;
}

/** How long lately is, in milliseconds. */
export const LATELY_MS = 300_000;

/** One word and colour for the server: green only while it accepts something. */
export function healthOf({ lost, ready, events, isUnknown, refused, arrives }: Known): Health {
  if (lost) return { level: "error", word: "down", why: "not reached" };
  const failing = ready?.checks.filter(({ ok }) => !ok) ?? [];
  if (failing.length > 0) return { level: "error", word: "down", why: failing.map(({ check, reason }) => (reason ? `${check}: ${reason}` : `${check} does not hold`)).join("; ") };
  if (refused > 0) return { level: "warn", word: "refusing", why: `${plural(refused, "request")} refused in the last 5 min; open Connect to see why` };
  if (events === undefined) return { level: "", word: isUnknown ? "unknown" : "asking", why: "how it is, is not known yet" };
  if (events === 0) return { level: "", word: "empty", why: "nothing received yet" };
  const stored = `${plural(events, "event")} stored`;
  if (arrives === undefined) return { level: "", word: "asking", why: `${stored}; whether more arrive is not known yet` };
  return arrives ? { level: "ok", word: "ok", why: `events arrive; ${stored}` } : { level: "", word: "quiet", why: `nothing received in the last 5 min; ${stored}` };
}
