/** A growing number, and when it was read, milliseconds. */
export interface Reading {
  at: number;
  value: number;
}

/** How far back the rate looks: senders batch for seconds, and a busy server answers late. */
const LOOKED_AT_MS = 20_000;
/** Nothing arriving is said after so long a look. */
export const QUIET_MS = 15_000;

/** The readings with one more; those that are older than what is looked at go, and all of them where the number has shrunk. */
export function withReading(readings: readonly Reading[], next: Reading): Reading[] {
  const last = readings.at(-1);
  if (last && next.at <= last.at) return [...readings];
  if (last && next.value < last.value) return [next];
  return [...readings.filter(({ at }) => next.at - at <= LOOKED_AT_MS), next];
}

/** How many more a second there are; nothing while that is not known. */
export function rateOf(readings: readonly Reading[]): number | undefined {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || first === last) return undefined;
  const rate = ((last.value - first.value) * 1e3) / (last.at - first.at);
  return rate > 0 || last.at - first.at >= QUIET_MS ? rate : undefined;
}
