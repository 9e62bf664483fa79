import { isoOfNs, msToNs } from "../lib/time";
import { readQuery, whereText, withCondition } from "./query";

/** A time in which events were not followed: milliseconds since 1970, as the page's own clock has them. */
export interface Gap {
  from: number;
  to: number;
  /** When the last event before it was received, as the server's clock has it: nanoseconds. */
  after: bigint | undefined;
}

interface Arrived {
  /** Order of arrival. */
  seq: string;
}

/** Events that were on their way for so long are found as well. */
const LATE_MS = 3_600_000;
/** How far the two clocks may be apart. */
const CLOCKS_MS = 60_000;

/** Asks for what arrived since the last event that was seen, whenever it happened. */
export function gapText(filter: string, { from, to, after }: Gap): string {
  const since = after ?? msToNs(from - CLOCKS_MS);
  const where = whereText(withCondition(readQuery(filter ? `WHERE ${filter}` : ""), `meta.ingest_time >= ${since}`));
  return `${where} FROM ${isoOfNs(msToNs(from - LATE_MS))} TO ${isoOfNs(msToNs(to + LATE_MS))}`;
}

/** Whether an event arrived before another. */
export const isBefore = ({ seq: one }: Arrived, { seq: other }: Arrived): boolean => (one.length === other.length ? one < other : one.length < other.length);

/** Two lists in the order of arrival as one, each event once. */
export function mergedRows<T extends Arrived>(one: readonly T[], other: readonly T[]): T[] {
  const all = new Map([...one, ...other].map((row) => [row.seq, row]));
  return [...all.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
}
