import { type DragEvent, type KeyboardEvent, useRef, useState } from "react";
import { type PieceClause, pieceAs } from "../../model/clauses";
import type { Clause } from "../../model/query";
import { type Item, MenuList } from "../../ui/Menu";
import { Icon } from "../../ui/icons";
import type { Piece } from "./ClauseEditor";

interface PieceChipProps {
  clause: Clause;
  label: string;
  piece: Piece;
  index: number;
  count: number;
  onEdit: () => void;
  onKey: (event: KeyboardEvent) => void;
  remove: () => void;
  toggle: () => void;
  move: (to: number) => void;
  copyClause: () => void;
  /** Takes it to another clause, where it is this text. */
  take?: (to: PieceClause, text: string) => void;
  onDragStart: (event: DragEvent) => void;
  onDrop: (event: DragEvent) => void;
}

const CLAUSES: readonly [PieceClause, string][] = [["calcs", "VISUALIZE"], ["where", "WHERE"], ["groupBy", "GROUP BY"], ["having", "HAVING"], ["orderBy", "ORDER BY"]];

/** A piece of a clause. It is pressed to be changed, drawn to another place, and has a menu under the right button, a long press, or M. */
export function PieceChip({ clause, label, piece, index, count, onEdit, onKey, remove, toggle, move, copyClause, take, onDragStart, onDrop }: PieceChipProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const targets = take && clause !== "limit" && clause !== "step" ? CLAUSES.flatMap(([to, name]) => (to === clause ? [] : [{ to, name, text: pieceAs(clause, piece.text, to) }])).filter(({ text }) => text !== undefined) : [];
  const items: Item[] = [
    { label: "Change", run: onEdit },
    ...(clause === "where" ? [{ label: piece.off ? "Turn on" : "Turn off", run: toggle }] : []),
    ...(index > 0 ? [{ label: "Move left", run: () => move(index - 1) }] : []),
    ...(index + 1 < count ? [{ label: "Move right", run: () => move(index + 1) }] : []),
    ...targets.map(({ to, name, text = "" }) => ({ label: `To ${name}: ${text}`, run: () => take?.(to, text) })),
    { label: `Copy all of ${label}`, run: copyClause },
    { label: "Remove", run: remove },
  ];
  return (
    <li
      className={`piece anchor${piece.off ? " off" : ""}${piece.unknown ? " unknown" : ""}${piece.dirty ? " dirty" : ""}`}
      draggable
      onDragStart={onDragStart}
      onDrop={onDrop}
      onContextMenu={(event) => {
        event.preventDefault();
        setOpen(true);
      }}
    >
      <button
        ref={button}
        type="button"
        className="text"
        title={piece.text}
        aria-label={`${label} ${index + 1} of ${count}: ${piece.text}${piece.off ? ", off" : ""}. Enter changes, Delete removes${clause === "where" ? ", Space turns off" : ""}`}
        onClick={onEdit}
        onKeyDown={(event) => {
          if (event.key === "m" && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            setOpen(true);
          } else onKey(event);
        }}
      >
        {piece.text}
      </button>
      <button type="button" className="remove" tabIndex={-1} aria-label={`Remove ${piece.text}`} onClick={remove}>
        <Icon name="close" size={12} />
      </button>
      {open && (
        <MenuList
          name={piece.text}
          className="layer below"
          items={items}
          close={(focus) => {
            setOpen(false);
            if (focus) button.current?.focus();
          }}
        />
      )}
    </li>
  );
}
