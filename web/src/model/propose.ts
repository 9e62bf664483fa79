/** What completion proposes of what the server knows of columns and of their values. */
import { count, percent } from "../lib/format";
import { numberOf } from "./series";
import { valueText } from "./words";

export interface Proposal {
  /** What it writes. */
  text: string;
  label: string;
  about: string;
}

/** A column as it is known of an environment. */
interface Known {
  type: string;
  events?: number;
  description?: string | null;
}

/** The share of events that have a column; 0 where that is not known. */
export const shareOf = ({ events = 0 }: Known, looked: number): number => (looked > 0 ? Math.min(1, events / looked) : 0);

/** A column's type, how many of the events have it, and what it is for. */
export function aboutColumn(column: Known | undefined, looked: number, kind = column?.type ?? ""): string {
  if (!column) return kind;
  const share = shareOf(column, looked);
  return [kind, share > 0 ? `${percent(share)} of events` : "", column.description ?? ""].filter(Boolean).join(" · ");
}

/** An answer with values of a column, as the API names its parts. */
interface Values {
  values: readonly { value?: unknown; count: number | bigint }[];
  numbers?: { min: unknown; p50: unknown; p95: unknown; max: unknown } | null;
}

/** Estimates are told in as many digits as they are good for. */
const DIGITS = 4;

/** Values that begin as what was typed, with how many events have them; of numbers also what they lie between, first where hardly two are equal. */
export function valueProposals({ values, numbers }: Values, typed: string, isFloat: boolean, most: number): Proposal[] {
  const found = values.filter(({ value }) => value !== null && value !== undefined).map(({ value, count: events }): Proposal => ({ text: valueText(value), label: String(value), about: `${count(Number(events))} ${Number(events) === 1 ? "event" : "events"}` }));
  const marks = numbers ? ([["the least", numbers.min, false], ["P50", numbers.p50, true], ["P95", numbers.p95, true], ["the greatest", numbers.max, false]] as const) : [];
  const told = marks.flatMap(([about, value, isEstimate]): Proposal[] => {
    const number = numberOf(value);
    if (!Number.isFinite(number)) return [];
    const text = String(isEstimate ? Number(number.toPrecision(DIGITS)) : number);
    return [{ text, label: text, about }];
  });
  const begins = ({ label }: Proposal) => label.toLowerCase().startsWith(typed.toLowerCase());
  const [first, rest] = isFloat ? [told, found] : [found, told];
  // The marks are not crowded out by values, and nothing is proposed twice.
  const room = isFloat ? most : most - told.filter(begins).length;
  const byText = new Map<string, Proposal>();
  for (const proposal of [...first.filter(begins).slice(0, room), ...rest.filter(begins)]) {
    const known = byText.get(proposal.text);
    byText.set(proposal.text, known ? { ...known, about: `${known.about} · ${proposal.about}` } : proposal);
  }
  return [...byText.values()].slice(0, most);
}

/** The conditions that narrow what a condition's values may be: the others of its list where all must hold, and what always holds. */
export function othersOf(pieces: readonly { text: string; off?: boolean }[], changed: number | undefined, isAnd: boolean, always: readonly string[]): string {
  const others = isAnd ? pieces.filter(({ off }, n) => n !== changed && !off).map(({ text }) => text) : [];
  return [...always, ...others].join(" AND ");
}
