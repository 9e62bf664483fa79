import { type KeyboardEvent, useId, useRef, useState } from "react";
import { useColumns } from "../../api/hooks";
import { type Place, finishPiece, placeOf, searchOf, take } from "../../model/complete";
import type { Proposal } from "../../model/propose";
import type { Clause } from "../../model/query";
import { announce } from "../../ui/announce";
import { useWithinWindow } from "../../ui/window";
import { useProposals } from "./proposals";

interface ClauseInputProps {
  clause: Clause;
  label: string;
  placeholder: string;
  env: string;
  range: string;
  calcs: readonly string[];
  groupBy: readonly string[];
  /** Of which events values are proposed. */
  filter?: string;
  /** Words that name no column are sought in the text of log lines. */
  search?: boolean;
  /** Text to begin with: of the piece that is being changed. */
  initial?: string;
  autoFocus?: boolean;
  /** A finished piece. */
  onPiece: (text: string) => void;
  /** Enter in an empty input, or Shift-Enter: the piece that was typed is finished first. */
  onRun: (piece: string | undefined) => void;
  onBack?: () => void;
  onLeave?: () => void;
}

/** An input that proposes what may come next. Typing is never waited for. */
export function ClauseInput(props: ClauseInputProps) {
  const { clause, label, placeholder, env, range, calcs, groupBy, filter = "", search = false, initial = "", autoFocus = false, onPiece, onRun, onBack, onLeave } = props;
  const [text, setText] = useState(initial);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  useWithinWindow(layer);
  const place = placeOf(clause, text);
  const proposals = useProposals({ env, clause, place, range, calcs, groupBy, filter, enabled: open });
  const columns = useColumns(env);
  const sought = search ? searchOf(text, (name) => columns.data?.some((column) => column.name === name) ?? true) : undefined;
  const finish = () => {
    const piece = sought ?? finishPiece(clause, text);
    if (piece) onPiece(piece);
    reset();
    return piece;
  };
  const reset = () => {
    setText("");
    setActive(-1);
  };
  const accept = (proposal: Proposal) => {
    const taken = take(clause, text, place, proposal.text);
    setActive(-1);
    if (taken.whole) {
      onPiece(finishPiece(clause, taken.text));
      reset();
    } else setText(taken.text);
    input.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    const first = proposals[0];
    const chosen = proposals[active];
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.altKey) {
      event.preventDefault();
      setOpen(true);
      if (proposals.length === 0) return;
      const next = event.key === "ArrowDown" ? active + 1 : active < 0 ? proposals.length - 1 : active - 1;
      setActive(next >= proposals.length ? -1 : next);
    } else if (event.key === "Tab" && !event.shiftKey && open && text && first) {
      event.preventDefault();
      accept(chosen ?? first);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (event.shiftKey || event.ctrlKey || event.metaKey) {
        const piece = sought ?? finishPiece(clause, text);
        reset();
        // What runs is looked at.
        setOpen(false);
        onRun(piece || undefined);
      } else if (chosen && open) accept(chosen);
      else if (!text.trim()) {
        setOpen(false);
        onRun(undefined);
      } else if (first && takesFirst(place, proposals)) accept(first);
      else if (sought) {
        finish();
        setOpen(false);
      }
      else if (place.kind === "column" && clause === "where") setText(`${text.trim()} `);
      else finish();
    } else if (event.key === "Escape") {
      if (open) {
        event.preventDefault();
        event.stopPropagation();
        setOpen(false);
        setActive(-1);
      } else input.current?.blur();
    } else if ((event.key === "Backspace" || event.key === "ArrowLeft") && input.current?.selectionStart === 0 && input.current.selectionEnd === 0 && !text) {
      event.preventDefault();
      onBack?.();
    }
  };
  return (
    <span className="clause-input">
      <input
        ref={input}
        autoFocus={autoFocus}
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={open && proposals.length > 0}
        aria-controls={list}
        aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(-1);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => {
          setOpen(false);
          // What was typed is never thrown away.
          finish();
          onLeave?.();
        }}
        onKeyDown={key}
      />
      {open && proposals.length > 0 && (
        <div ref={layer} id={list} role="listbox" aria-label={`Proposals for ${label}`} className="layer proposals">
          {proposals.map((proposal, index) => (
            <div
              key={proposal.text}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === active}
              className="option"
              onPointerDown={(event) => {
                // Focus stays in the input.
                event.preventDefault();
                accept(proposal);
                announce(`${proposal.label} taken`);
              }}
            >
              <span className="cut">{proposal.label}</span>
              <span className="about">{proposal.about}</span>
            </div>
          ))}
        </div>
      )}
    </span>
  );
}

/** In column place Enter takes the first proposal when what was typed begins it and is itself no column; elsewhere what was typed stands. */
function takesFirst(place: Place, proposals: readonly Proposal[]): boolean {
  const typed = place.typed.toLowerCase();
  if (place.kind === "value" || place.kind === "number") return false;
  if (proposals.some(({ label }) => label.toLowerCase() === typed)) return place.kind === "column" || place.kind === "operator";
  const first = proposals[0];
  return typed !== "" && first !== undefined && first.label.toLowerCase().startsWith(typed);
}
