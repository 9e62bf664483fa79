import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from "react";
import type { Column } from "../../api/hooks";
import { FUNCTIONS, columnReference, typedAt } from "../../model/calculated";
import { best } from "../../model/rank";

interface ExpressionInputProps {
  value: string;
  onChange: (value: string) => void;
  columns: readonly Column[];
  /** Fields of the query itself. */
  own: ReadonlySet<string>;
  /** From which character on it cannot be read, counted from 0. */
  fault: number | undefined;
  submit: () => void;
}

const SHOWN = 8;

/** An expression, with columns and functions proposed as it is typed. */
export function ExpressionInput({ value, onChange, columns, own, fault, submit }: ExpressionInputProps) {
  const [caret, setCaret] = useState<number>();
  const [active, setActive] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const wanted = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    area.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = undefined;
  }, [value]);
  const typed = caret === undefined ? undefined : typedAt(value, caret);
  const proposals = typed === undefined ? [] : typed.kind === "column" ? columnProposals(typed.typed, columns, own) : functionProposals(typed.typed);
  const accept = (text: string, kind: "column" | "function") => {
    if (!typed || caret === undefined) return;
    const put = kind === "column" ? columnReference(text) : value[caret] === "(" ? text : `${text}(`;
    wanted.current = typed.from + put.length;
    onChange(value.slice(0, typed.from) + put + value.slice(caret));
    setCaret(undefined);
    area.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    const chosen = proposals[active] ?? proposals[0];
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      submit();
    } else if (!typed || proposals.length === 0) return;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((active + (event.key === "ArrowDown" ? 1 : proposals.length - 1)) % proposals.length);
    } else if ((event.key === "Tab" || event.key === "Enter") && !event.shiftKey && chosen) {
      event.preventDefault();
      accept(chosen.text, typed.kind);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      setCaret(undefined);
    }
  };
  const moved = (position: number) => {
    setCaret(position);
    setActive(0);
  };
  return (
    <div className="expression">
      <label htmlFor={`${list}-area`}>Expression</label>
      <textarea
        ref={area}
        id={`${list}-area`}
        className="builder-text"
        rows={3}
        maxLength={4_095}
        autoFocus={value !== ""}
        spellCheck={false}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={proposals.length > 0}
        aria-controls={list}
        aria-activedescendant={proposals.length > 0 ? `${list}-${active}` : undefined}
        aria-invalid={fault !== undefined}
        placeholder="IF($http.response.status_code >= 500, &quot;failed&quot;, $duration_ms > 1000, &quot;slow&quot;, &quot;fine&quot;)"
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          moved(event.target.selectionStart);
        }}
        onKeyDown={key}
        onBlur={() => setCaret(undefined)}
      />
      {proposals.length > 0 && (
        <div id={list} role="listbox" aria-label="Proposals for the expression" className="layer proposals">
          {proposals.map(({ text, about }, n) => (
            <div
              key={text}
              id={`${list}-${n}`}
              role="option"
              aria-selected={n === active}
              className="option"
              onPointerDown={(event) => {
                event.preventDefault();
                if (typed) accept(text, typed.kind);
              }}
            >
              <span className="cut">{text}</span>
              <span className="about">{about}</span>
            </div>
          ))}
        </div>
      )}
      {fault !== undefined && (
        <p className="fault mono" aria-hidden="true">
          {value.slice(0, fault)}
          <u>{value.slice(fault) || "\u00a0\u00a0"}</u>
        </p>
      )}
    </div>
  );
}

function columnProposals(typed: string, columns: readonly Column[], own: ReadonlySet<string>): { text: string; about: string }[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const names = [...own, ...columns.map(({ name }) => name)].filter((name) => name && name !== typed);
  const about = (name: string) => (own.has(name) ? "field of this query" : (byName.get(name)?.type ?? ""));
  return best(typed, [...new Set(names)], (name) => byName.get(name)?.events ?? 0, SHOWN).map((name) => ({ text: name, about: about(name) }));
}

function functionProposals(typed: string): { text: string; about: string }[] {
  const start = typed.toUpperCase();
  return FUNCTIONS.filter(({ name }) => name.startsWith(start)).slice(0, SHOWN).map(({ name, takes, about }) => ({ text: name, about: `(${takes}) ${about}` }));
}
