import { type ClipboardEvent, type DragEvent, type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { type PieceClause, type PlaceOfPiece, clauseText, pieceMoved, pieceTaken, readPasted, withClauses } from "../../model/clauses";
import { othersOf } from "../../model/propose";
import { type Clause, EMPTY, type Query } from "../../model/query";
import { announce } from "../../ui/announce";
import { copyText } from "../../ui/clipboard";
import { ClauseInput } from "./ClauseInput";
import { PieceChip } from "./PieceChip";

export interface Piece {
  text: string;
  off?: boolean;
  /** No event has its column, or its value is none of the column's kind. */
  unknown?: boolean;
  dirty?: boolean;
}

interface ClauseEditorProps {
  clause: Clause;
  label: string;
  placeholder: string;
  wide?: boolean;
  pieces: readonly Piece[];
  onChange: (pieces: Piece[]) => void;
  /** Asks to run, with this clause as it is then. */
  onRun: (pieces: Piece[]) => void;
  /** What is completed from; `always` are conditions that hold beside the clause's own, which are joined by OR where `isOr`. */
  context: { env: string; range: string; calcs: readonly string[]; groupBy: readonly string[]; search?: boolean; isOr?: boolean; always?: readonly string[] };
  extra?: ReactNode;
  /** Pieces are changed elsewhere than in their place. */
  onEdit?: (piece: string) => void;
  /** The whole query, where pieces may go to other clauses of it. */
  whole?: { query: Query; write: (query: Query) => void };
}

/** How a piece is told that is drawn to another place: of what else is dropped only its text counts. */
const DRAWN = "application/x-glasshive-piece";

const isOfPieces = (clause: Clause): clause is PieceClause => clause !== "limit" && clause !== "step";

/** One clause: its pieces, and an input for the next. */
export function ClauseEditor({ clause, label, placeholder, wide, pieces, onChange, onRun, context: { isOr = false, always = [], ...context }, extra, onEdit, whole }: ClauseEditorProps) {
  const [editing, setEditing] = useState<number>();
  /** All pieces are marked, to be copied or removed together. */
  const [isAll, setAll] = useState(false);
  const [isTarget, setTarget] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  const id = useId();
  const focusPiece = (index: number) => holder.current?.querySelectorAll<HTMLElement>(".piece .text")[index]?.focus();
  const focusInput = () => setTimeout(() => holder.current?.querySelector<HTMLElement>("input")?.focus());
  const replace = (index: number, text: string | undefined) => onChange(pieces.flatMap((piece, n) => (n !== index ? [piece] : text ? [{ ...piece, text }] : [])));
  const remove = (index: number) => {
    replace(index, undefined);
    focusInput();
  };
  const toggle = (index: number) => onChange(pieces.map((piece, n) => (n === index ? { ...piece, off: !piece.off } : piece)));
  const moved = (index: number, to: number) => {
    const next = [...pieces];
    next.splice(to, 0, ...next.splice(index, 1));
    onChange(next);
    announce(`${pieces[index]?.text} is ${to + 1} of ${pieces.length}`);
    setTimeout(() => focusPiece(to));
  };
  /** This clause as text. Of a clause without the rest of its query, conditions are joined as they are shown. */
  const asText = (): string => {
    if (!isOfPieces(clause)) return pieces[0]?.text ?? "";
    const own: Query = { ...EMPTY, join: isOr ? "OR" : "AND", [clause]: clause === "where" ? pieces.map(({ text, off = false }) => ({ text, off })) : pieces.map(({ text }) => text) };
    return clauseText(own, clause);
  };
  const take = (from: PlaceOfPiece, index: number) => {
    if (!whole || !isOfPieces(clause)) return;
    if (from.clause === clause) return whole.write(pieceMoved(whole.query, from, index));
    const next = pieceTaken(whole.query, from, clause, index);
    if (next) whole.write(next);
    else announce(`It has no meaning in ${label}`, true);
  };
  /** Puts in what a text says; whether it said more than one piece. */
  const put = (text: string): boolean => {
    const pasted = isOfPieces(clause) ? readPasted(clause, text) : undefined;
    if (!pasted) return false;
    if ("query" in pasted) {
      if (!whole) return false;
      whole.write(withClauses(whole.query, pasted.query));
      announce("Clauses pasted", true);
      return true;
    }
    const known = new Set(pieces.map((piece) => piece.text));
    const added = pasted.pieces.filter((piece) => !known.has(piece.text));
    if (whole && clause === "where" && pasted.join) whole.write({ ...whole.query, join: pieces.length === 0 ? pasted.join : whole.query.join, where: [...whole.query.where, ...added.map(({ text: one, off = false }) => ({ text: one, off }))] });
    else onChange([...pieces, ...added]);
    announce(`${added.length} pasted into ${label}`);
    return true;
  };
  const key = (event: KeyboardEvent, index: number) => {
    const actions: Record<string, () => void> = {
      Delete: () => (isAll ? (onChange([]), focusInput()) : remove(index)),
      Backspace: () => (isAll ? (onChange([]), focusInput()) : remove(index)),
      ArrowLeft: () => focusPiece(Math.max(0, index - 1)),
      ArrowRight: () => (index + 1 < pieces.length ? focusPiece(index + 1) : focusInput()),
      ...(event.shiftKey ? { ArrowLeft: () => index > 0 && moved(index, index - 1), ArrowRight: () => index + 1 < pieces.length && moved(index, index + 1) } : {}),
    };
    if (clause === "where") actions[" "] = () => toggle(index);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") {
      event.preventDefault();
      setAll(true);
      announce(`All of ${label} marked`);
      return;
    }
    const action = actions[event.key];
    if (!action || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
    setAll(false);
  };
  const copy = (event: ClipboardEvent, cuts: boolean) => {
    const chip = (event.target as HTMLElement).closest(".piece .text");
    const at = chip ? [...(holder.current?.querySelectorAll(".piece .text") ?? [])].indexOf(chip) : -1;
    const input = event.target instanceof HTMLInputElement ? event.target : undefined;
    // In the input its own text comes first; empty, it stands for the clause.
    if ((at < 0 && (!input || input.value !== "")) || pieces.length === 0) return;
    const one = at >= 0 && !isAll;
    event.preventDefault();
    event.clipboardData.setData("text/plain", one ? (pieces[at]?.text ?? "") : asText());
    announce(one ? `${pieces[at]?.text} ${cuts ? "cut" : "copied"}` : `${label} ${cuts ? "cut" : "copied"}`, true);
    if (!cuts) return;
    if (one) remove(at);
    else {
      onChange([]);
      focusInput();
    }
  };
  const paste = (event: ClipboardEvent) => {
    const input = event.target instanceof HTMLInputElement ? event.target : undefined;
    if (input && input.value !== "") return;
    const text = event.clipboardData.getData("text/plain");
    if (put(text)) event.preventDefault();
    else if (!input && text.trim()) {
      // On a chip there is no place to write: what is pasted is one more.
      event.preventDefault();
      onChange([...pieces, { text: text.trim() }]);
    }
  };
  const drop = (event: DragEvent, index: number) => {
    setTarget(false);
    const drawn = event.dataTransfer.getData(DRAWN);
    event.preventDefault();
    event.stopPropagation();
    if (drawn) {
      const from = JSON.parse(drawn) as PlaceOfPiece;
      if (whole) take(from, index);
      else if (from.clause === clause) moved(from.index, Math.min(index, pieces.length - 1));
    } else {
      const text = event.dataTransfer.getData("text/plain").trim();
      if (text && !put(text)) onChange([...pieces, { text }]);
    }
  };
  const input = (index: number | undefined) => (
    <ClauseInput
      key={index ?? "new"}
      clause={clause}
      label={index === undefined ? `Add to ${label}` : `Change ${pieces[index]?.text}`}
      placeholder={pieces.length === 0 ? placeholder : "+"}
      {...context}
      filter={clause === "where" ? othersOf(pieces, index, !isOr, always) : ""}
      {...(index === undefined ? {} : { initial: pieces[index]?.text ?? "", autoFocus: true })}
      onPiece={(text) => (index === undefined ? onChange([...pieces, { text }]) : replace(index, text))}
      onRun={(piece) => {
        const next = piece === undefined ? [...pieces] : index === undefined ? [...pieces, { text: piece }] : pieces.map((known, n) => (n === index ? { ...known, text: piece } : known));
        setEditing(undefined);
        onRun(next);
      }}
      onBack={() => focusPiece(pieces.length - 1)}
      onLeave={() => setEditing(undefined)}
    />
  );
  return (
    <div
      className={`${wide ? "clause full" : "clause half"}${isTarget ? " target" : ""}`}
      role="group"
      aria-labelledby={id}
      onCopy={(event) => copy(event, false)}
      onCut={(event) => copy(event, true)}
      onPaste={paste}
      onBlur={() => setAll(false)}
      onDragOver={(event) => {
        event.preventDefault();
        setTarget(true);
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => drop(event, pieces.length)}
    >
      <span id={id} className="label">
        {label}
      </span>
      <div ref={holder} className={isAll ? "pieces all" : "pieces"}>
        <ul aria-labelledby={id}>
          {pieces.map((piece, index) =>
            editing === index ? (
              <li key={`${index}${piece.text}`} style={{ display: "contents" }}>
                {input(index)}
              </li>
            ) : (
              <PieceChip
                key={`${index}${piece.text}`}
                clause={clause}
                label={label}
                piece={piece}
                index={index}
                count={pieces.length}
                onEdit={() => (onEdit ? onEdit(piece.text) : setEditing(index))}
                onKey={(event) => key(event, index)}
                remove={() => remove(index)}
                toggle={() => toggle(index)}
                move={(to) => moved(index, to)}
                copyClause={() => void copyText(asText(), `${label} copied`)}
                {...(whole && isOfPieces(clause) ? { take: (to: PieceClause, text: string) => (whole.write(pieceTaken(whole.query, { clause, index }, to, Number.MAX_SAFE_INTEGER) ?? whole.query), announce(`${text} is in ${to === "groupBy" ? "GROUP BY" : to === "orderBy" ? "ORDER BY" : to === "calcs" ? "VISUALIZE" : to.toUpperCase()} now`)) } : {})}
                onDragStart={(event) => {
                  event.dataTransfer.setData("text/plain", piece.text);
                  if (isOfPieces(clause)) event.dataTransfer.setData(DRAWN, JSON.stringify({ clause, index } satisfies PlaceOfPiece));
                }}
                onDrop={(event) => drop(event, index)}
              />
            ),
          )}
        </ul>
        {editing === undefined && input(undefined)}
        {extra}
      </div>
    </div>
  );
}
