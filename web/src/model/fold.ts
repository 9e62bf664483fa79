import { allFolded, byOneLevel, spansOfService, toLevel, waysTo, withSiblingsOpen } from "./folding";
import type { Folding, Repetition } from "./rows";
import type { Trace } from "./trace";

/**
 * What was opened and closed in a trace since it was opened, as steps that an address holds: `0.ta3f91.m` closes all, then toggles a span,
 * then opens one level more. Spans are named by the endings of their ids, so that what has come since changes nothing.
 *
 * `0` `1` all closed, open; `e` `c` `h` only the ways to errors, the critical path, errors and hits; `n3` open down to level 3; `s` to a service; `l` `m` a level less, more; `r0` `r1`
 * repetitions folded, unfolded; of a span: `t` toggled, `x` its repetition toggled, `o` `k` opened, closed with all below, `b` all beside
 * it opened, `v` the way to it opened.
 */
export type Step = string;

/** What steps are applied to. */
export interface Foldable {
  trace: Trace;
  repetitions: readonly Repetition[];
  memberOf: Int32Array;
  errors: readonly number[];
  /** What the present search finds. */
  hits: readonly number[];
  /** Spans of the critical path; asked for only when a step names it. */
  critical: () => readonly number[];
}

/** Characters that the steps take at most: a whole address stays below what is passed on everywhere. */
export const MOST_TEXT = 1_500;
/** Characters of an id from which on they are tried for a name. */
const LEAST_NAME = 5;
const STEP = /^(?:[01echlm]|n[1-9]|r[01]|s.+|[txokbv](?:-\d+|[0-9a-f]+(?:~\d+)?))$/;
/** Steps after which nothing before them matters. */
const BEGINS = /^[01echns]/;

export const readSteps = (text: string | null): Step[] => (text ?? "").split(".").filter((step) => STEP.test(step));
export const printSteps = (steps: readonly Step[]): string => steps.join(".");
export const serviceStep = (name: string): Step => `s${encodeURIComponent(name).replaceAll(".", "%2E")}`;

/** The steps with one more; nothing where an address does not hold it. What only showed a span that was looked at is forgotten first. */
export function withStep(known: readonly Step[], step: Step): Step[] | undefined {
  if (BEGINS.test(step)) return [step];
  const steps = step[0] === "r" ? known.filter((one) => one[0] !== "r" && one[0] !== "x") : [...known];
  const same = steps.lastIndexOf(step);
  // Twice is never, unless something else came between.
  const isUndone = same >= 0 && /^[tx]/.test(step) && steps.slice(same).every((one) => /^[tx]/.test(one));
  if (isUndone) steps.splice(same, 1);
  else steps.push(step);
  while (printSteps(steps).length > MOST_TEXT) {
    const shown = steps.findIndex((one, n) => one[0] === "v" && n < steps.length - 1);
    if (shown < 0) return undefined;
    steps.splice(shown, 1);
  }
  return steps;
}

/** The shortest ending of a span's id that no other id has. Ids that are counted up differ there. */
export function nameOfSpan({ ids }: Trace, span: number): string {
  const id = ids[span] ?? "";
  if (!/^[0-9a-f]+$/.test(id)) return `-${span}`;
  let length = Math.min(LEAST_NAME, id.length);
  const isTaken = (name: string) => ids.some((other) => other !== id && other.endsWith(name));
  while (length < id.length && isTaken(id.slice(-length))) length++;
  const before = ids.reduce((sum, other, n) => sum + Number(n < span && other === id), 0);
  return before > 0 ? `${id.slice(-length)}~${before}` : id.slice(-length);
}

/** The span of such a name; -1 when it is not there. */
export function spanOfName({ ids }: Trace, name: string): number {
  if (name.startsWith("-")) return Number(name.slice(1)) < ids.length ? Number(name.slice(1)) : -1;
  const [end = "", nth = "0"] = name.split("~");
  let left = Number(nth);
  return ids.findIndex((id) => id.endsWith(end) && left-- === 0);
}

/** The folding after some steps. The one that is given is left as it is. */
export function folded(of: Foldable, from: Folding, steps: readonly Step[]): Folding {
  const { trace, repetitions, memberOf } = of;
  let now: Folding = { open: from.open.slice(), openRepetitions: from.openRepetitions.slice() };
  for (const step of steps) {
    const rest = step.slice(1);
    switch (step[0]) {
      case "0":
      case "1":
        now = allFolded(trace, repetitions, step === "1");
        break;
      case "e":
        now = waysTo(trace, repetitions, of.errors, memberOf);
        break;
      case "h":
        now = waysTo(trace, repetitions, [...of.errors, ...of.hits], memberOf);
        break;
      case "n":
        now = toLevel(trace, repetitions, Number(rest));
        break;
      case "c":
        now = waysTo(trace, repetitions, of.critical());
        break;
      case "s":
        now = waysTo(trace, repetitions, spansOfService(trace, trace.services.findIndex((name) => serviceStep(name) === step)));
        break;
      case "l":
      case "m":
        now = byOneLevel(trace, now, step === "m" ? 1 : -1);
        break;
      case "r":
        now.openRepetitions.fill(rest === "1" ? 1 : 0);
        break;
      default: {
        const span = spanOfName(trace, rest);
        if (span >= 0) now = foldedAt(of, now, step[0] ?? "", span);
      }
    }
  }
  return now;
}

function foldedAt({ trace, repetitions, memberOf }: Foldable, now: Folding, act: string, span: number): Folding {
  const { open, openRepetitions } = now;
  const flip = (list: Uint8Array, n: number) => {
    if (n >= 0) list[n] = list[n] ? 0 : 1;
  };
  if (act === "t") flip(open, span);
  else if (act === "x") flip(openRepetitions, repetitions.findIndex(({ first }) => first === span));
  else if (act === "o" || act === "k") open.fill(act === "o" ? 1 : 0, span, span + 1 + (trace.below[span] ?? 0));
  else if (act === "b") return withSiblingsOpen(trace, now, span);
  else
    for (let above = span; above >= 0; above = trace.parent[above] ?? -1) {
      if (above !== span) open[above] = 1;
      const member = memberOf[above] ?? -1;
      if (member >= 0) openRepetitions[member] = 1;
    }
  return now;
}

/** Whether a span has a row: all above it is open, and the repetitions that they are members of. */
export function hasRow({ trace, memberOf }: Pick<Foldable, "trace" | "memberOf">, { open, openRepetitions }: Folding, span: number): boolean {
  for (let above = span; above >= 0; above = trace.parent[above] ?? -1) {
    const member = memberOf[above] ?? -1;
    if ((above !== span && !open[above]) || (member >= 0 && !openRepetitions[member])) return false;
  }
  return true;
}
