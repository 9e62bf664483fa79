import { type Noted, notesOf } from "../model/notes";
import { sentence } from "./States";

interface NotesProps {
  /** The answer, or all that what is shown is made of. Those that are not there yet have nothing to say. */
  data: Noted | undefined | readonly (Noted | undefined)[];
  /** Whose answer it is, where several stand side by side. */
  of?: string;
  /** The page has asked by itself: that no event has one of its columns is not the reader's mistake. */
  own?: boolean;
}

/** What to know about an answer: what is estimated, and above all what is missing. */
export function Notes({ data, of, own = false }: NotesProps) {
  const notes = notesOf(isList(data) ? data : [data], own);
  if (notes.length === 0) return null;
  return (
    <div className="notes">
      {notes.map((text) => (
        <p key={text} className="note">
          {of && <strong>{of}: </strong>}
          {sentence(text)}
        </p>
      ))}
    </div>
  );
}

const isList = (data: NotesProps["data"]): data is readonly (Noted | undefined)[] => Array.isArray(data);
