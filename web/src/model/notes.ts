/** A remark on an answer, as the API has it. */
export interface Note {
  kind: string;
  text: string;
}

/** What an answer says of itself. */
export interface Noted {
  notes: readonly Note[];
  partial?: boolean;
}

/** Said by the page in other words, where it counts groups. */
const SAID_ELSEWHERE = "groups_cut";
const UNKNOWN_COLUMN = "unknown_column";
const PARTIAL = "partial";

/** The remarks on answers, each once. With `own`, the page has asked by itself: that a column of its own is unknown tells nobody anything. */
export function notesOf(answers: readonly (Noted | undefined)[], own = false): string[] {
  const told = new Set<string>();
  for (const answer of answers) {
    const notes = (answer?.notes ?? []).filter(({ kind }) => kind !== SAID_ELSEWHERE && !(own && kind === UNKNOWN_COLUMN));
    for (const { text } of notes) told.add(text);
    // That something is missing is said, whether or not the server says what.
    if (answer?.partial && !notes.some(({ kind }) => kind === PARTIAL)) told.add("not all of what was asked for could be read; what is shown is a part");
  }
  return [...told];
}
