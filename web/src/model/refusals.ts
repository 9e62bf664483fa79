/** A refused request, as far as is asked here. */
export interface Refusal {
  time_ns: string;
  peer: string;
  target: string;
  status: string;
  reason: string;
  credential?: string | null;
}

/** The name under which `glasshive doctor` asks, to see that it is refused. */
const DOCTOR = "doctor.invalid";
/** Statuses of the own API that say that somebody may not: a key is missing, wrong or too weak. */
const MAY_NOT = new Set(["401", "403", "421"]);

/**
 * Whether somebody has to hear of it. A query that could not be read, or a thing that is not there, was told to whoever asked; what a person may
 * not do was said on the page; and what doctor asks is meant to be refused.
 */
export function isTelling({ target, status, reason }: Refusal): boolean {
  if (reason.includes(DOCTOR)) return false;
  const isOwnApi = /^\S+ \/hive\//.test(target);
  return !isOwnApi || (MAY_NOT.has(status.split(" ")[0] ?? "") && !/^this needs an? /i.test(reason));
}

/** A refusal, and how often it happened. */
export interface Refusals<T> {
  last: T;
  times: number;
}

/** Equal refusals of one machine as one, the newest first. */
export function gathered<T extends Refusal>(refusals: readonly T[]): Refusals<T>[] {
  const found = new Map<string, Refusals<T>>();
  for (const refusal of refusals) {
    const key = [refusal.status, refusal.reason, refusal.target, refusal.credential ?? "", machineOf(refusal.peer)].join("\n");
    const known = found.get(key);
    if (known) known.times++;
    else found.set(key, { last: refusal, times: 1 });
  }
  return [...found.values()];
}

/** An address without its port. */
export const machineOf = (peer: string): string => peer.replace(/:\d+$/, "");
