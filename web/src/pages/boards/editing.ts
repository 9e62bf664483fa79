import { useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client";
import { type Board, type BoardContent, readBoard, updateBoard, useBoard } from "../../api/library";
import type { Asked } from "../../api/hooks";
import { announce } from "../../ui/announce";

/** What somebody else made of the board while it was changed here. */
export interface Conflict {
  mine: BoardContent;
  theirs: Board;
}

export interface Editing {
  asked: Asked<Board>;
  /** What is shown: with changes that are on their way. */
  content: BoardContent | undefined;
  /** The version that is worked on. */
  base: Board | undefined;
  save: (next: BoardContent, words: string) => void;
  undo: (() => void) | undefined;
  /** A newer version that somebody else made; it offers itself. */
  newer: Board | undefined;
  conflict: Conflict | undefined;
  failure: unknown;
  /** Shows a version that is kept; what was changed here is given up. */
  adopt: (board: Board) => void;
  /** Puts what was changed here in the place of what somebody else made. */
  insist: () => void;
  retry: () => void;
  isSaving: boolean;
}

export function contentOf({ name, description, panels, filter, from, to }: Board): BoardContent {
  return { name, description, panels, filter, from, to };
}

const UNDONE_MOST = 30;

/** A board as it is shown and changed: each change is kept at once, one after the other, and none over somebody else's. */
export function useEditing(env: string, id: string): Editing {
  const asked = useBoard(env, id);
  const [base, setBase] = useState<Board>();
  const [content, setContent] = useState<BoardContent>();
  const [newer, setNewer] = useState<Board>();
  const [conflict, setConflict] = useState<Conflict>();
  const [failure, setFailure] = useState<unknown>();
  const [isSaving, setSaving] = useState(false);
  const [before, setBefore] = useState<BoardContent[]>([]);
  /** The last version that is known to be kept, and what is still to be sent. */
  const line = useRef<{ base: Board | undefined; next: BoardContent | undefined; running: boolean }>({ base: undefined, next: undefined, running: false });

  const adopt = useCallback((board: Board) => {
    line.current = { ...line.current, base: board, next: undefined };
    setBase(board);
    setContent(contentOf(board));
    setNewer(undefined);
    setConflict(undefined);
    setFailure(undefined);
  }, []);

  const fetched = asked.data;
  useEffect(() => {
    const known = line.current;
    if (!fetched) return;
    if (!known.base) adopt(fetched);
    else if (fetched.version > known.base.version && !known.running && !known.next) setNewer(fetched);
  }, [fetched, adopt]);

  const send = useCallback(async () => {
    const known = line.current;
    if (known.running) return;
    known.running = true;
    setSaving(true);
    while (known.next && known.base) {
      const next = known.next;
      known.next = undefined;
      try {
        known.base = await updateBoard(env, known.base, next);
        setBase(known.base);
        setNewer(undefined);
      } catch (error) {
        // What came meanwhile is a later state of the same change.
        const mine = known.next ?? next;
        known.next = undefined;
        if (error instanceof Problem && error.status === 409) {
          const theirs = await readBoard(env, known.base.id).catch(() => undefined);
          if (theirs) setConflict({ mine, theirs });
          else setFailure(error);
        } else setFailure(error);
        break;
      }
    }
    known.running = false;
    setSaving(false);
  }, [env]);

  const put = useCallback(
    (next: BoardContent) => {
      setContent(next);
      setFailure(undefined);
      line.current.next = next;
      void send();
    },
    [send],
  );

  const save = useCallback(
    (next: BoardContent, words: string) => {
      if (content) setBefore((known) => [...known, content].slice(-UNDONE_MOST));
      put(next);
      announce(words);
    },
    [content, put],
  );

  const last = before.at(-1);
  return {
    asked,
    content,
    base,
    save,
    undo: last && (() => (setBefore(before.slice(0, -1)), put(last), announce("Undone"))),
    newer,
    conflict,
    failure,
    adopt: (board) => {
      setBefore([]);
      adopt(board);
    },
    insist: () => {
      if (!conflict) return;
      line.current.base = conflict.theirs;
      setBase(conflict.theirs);
      setConflict(undefined);
      put(conflict.mine);
    },
    retry: () => content && put(content),
    isSaving,
  };
}
