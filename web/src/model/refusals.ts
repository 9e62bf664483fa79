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
/** Statuses of the own API that say that a page or a name is not known here. */
const STRANGER = new Set(["403", "421"]);

/**
 * Whether somebody has to hear of it. A query that could not be read, or a thing that is not there, was told to whoever asked; so was what a person
 * may not do, and who signed in with a wrong password stands in the audit; and what doctor asks is meant to be refused.
 */
export function isTelling({ target, status, reason, credential }: Refusal): boolean {
  if (reason.includes(DOCTOR)) return false;
  if (!/^\S+ \/hive\//.test(target)) return true;
  const code = status.split(" ")[0] ?? "";
  return credential ? code === "401" || code === "403" : STRANGER.has(code) && !/^this needs an? /i.test(reason);
}

/** A masked key without the name of the header that it was in. */
export const keyOf = (credential: string): string => credential.replace(/^[a-z-]+: /, "");

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
