import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { othersOf } from "../../model/propose";
import type { Clause } from "../../model/query";
import { Icon } from "../../ui/icons";
import { ClauseInput } from "./ClauseInput";

export interface Piece {
  text: string;
  off?: boolean;
  /** No event has its column. */
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
}

/** One clause: its pieces, and an input for the next. */
export function ClauseEditor({ clause, label, placeholder, wide, pieces, onChange, onRun, context: { isOr = false, always = [], ...context }, extra, onEdit }: ClauseEditorProps) {
  const [editing, setEditing] = useState<number>();
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
  const key = (event: KeyboardEvent, index: number) => {
    const actions: Record<string, () => void> = {
      Delete: () => remove(index),
      Backspace: () => remove(index),
      ArrowLeft: () => focusPiece(Math.max(0, index - 1)),
      ArrowRight: () => (index + 1 < pieces.length ? focusPiece(index + 1) : focusInput()),
    };
    if (clause === "where") actions[" "] = () => toggle(index);
    const action = actions[event.key];
    if (!action || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
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
    <div className={wide ? "clause full" : "clause half"} role="group" aria-labelledby={id}>
      <span id={id} className="label">
        {label}
      </span>
      <div ref={holder} className="pieces">
        <ul aria-labelledby={id}>
          {pieces.map((piece, index) =>
            editing === index ? (
              <li key={`${index}${piece.text}`} style={{ display: "contents" }}>
                {input(index)}
              </li>
            ) : (
              <li key={`${index}${piece.text}`} className={`piece${piece.off ? " off" : ""}${piece.unknown ? " unknown" : ""}${piece.dirty ? " dirty" : ""}`}>
                <button
                  type="button"
                  className="text"
                  title={piece.text}
                  aria-label={`${label} ${index + 1} of ${pieces.length}: ${piece.text}${piece.off ? ", off" : ""}. Enter changes, Delete removes${clause === "where" ? ", Space turns off" : ""}`}
                  onClick={() => (onEdit ? onEdit(piece.text) : setEditing(index))}
                  onKeyDown={(event) => key(event, index)}
                >
                  {piece.text}
                </button>
                <button type="button" className="remove" tabIndex={-1} aria-label={`Remove ${piece.text}`} onClick={() => remove(index)}>
                  <Icon name="close" size={12} />
                </button>
              </li>
            ),
          )}
        </ul>
        {editing === undefined && input(undefined)}
        {extra}
      </div>
    </div>
  );
}
