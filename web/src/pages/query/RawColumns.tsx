import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useColumns } from "../../api/hooks";
import { rank } from "../../model/rank";
import { shifted } from "../../model/rawcolumns";
import { announce } from "../../ui/announce";

interface RawColumnsProps {
  env: string;
  /** The columns that are shown, in order. */
  shown: readonly string[];
  /** Whether somebody chose them. */
  isChosen: boolean;
  /** Shows these; what is shown as a rule when left out. */
  choose: (names: readonly string[] | undefined) => void;
  onlyVarying: boolean;
  setOnlyVarying: (only: boolean) => void;
}

/** Further columns that are listed: a search finds the rest. */
const LISTED = 80;

/** Chooses the columns of raw data: which, and in what order. */
export function RawColumns({ env, shown, isChosen, choose, onlyVarying, setOnlyVarying }: RawColumnsProps) {
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState("");
  const holder = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const dragged = useRef<string>(undefined);
  const columns = useColumns(env).data ?? [];
  useEffect(() => {
    if (!open) return;
    const outside = (event: globalThis.PointerEvent) => {
      if (!holder.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const found = (name: string) => !search || rank(search, name) > 0;
  const others = columns.filter(({ name }) => !shown.includes(name) && found(name)).sort((a, b) => Number(b.events) - Number(a.events) || (a.name < b.name ? -1 : 1));
  const move = (event: KeyboardEvent, name: string) => {
    const by = { ArrowUp: -1, ArrowDown: 1, Home: -shown.length, End: shown.length }[event.key];
    if (by === undefined || !event.shiftKey) return;
    event.preventDefault();
    const next = shifted(shown, name, by);
    choose(next);
    announce(`${name} is column ${next.indexOf(name) + 1} of ${next.length}`);
  };
  return (
    <span ref={holder} className="anchor">
      <button ref={button} type="button" className="button" aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)}>
        Columns
      </button>
      {open && (
        <div
          role="dialog"
          aria-label="Columns of raw data"
          className="layer below raw-columns"
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            setOpen(false);
            button.current?.focus();
          }}
        >
          <input className="field" type="search" autoFocus placeholder={`Search ${columns.length} columns`} aria-label="Search columns to show" value={search} onChange={(event) => setSearch(event.target.value)} />
          <label>
            <input type="checkbox" checked={onlyVarying} onChange={(event) => setOnlyVarying(event.target.checked)} /> only columns that vary
          </label>
          <ul aria-label="Shown, in order: Shift-Up and Shift-Down move one">
            {shown.filter(found).map((name) => (
              <li
                key={name}
                draggable
                onDragStart={() => (dragged.current = name)}
                onDragEnd={() => (dragged.current = undefined)}
                onDragOver={(event) => dragged.current !== undefined && event.preventDefault()}
                onDrop={(event) => {
                  event.preventDefault();
                  const from = dragged.current;
                  if (from !== undefined) choose(shifted(shown, from, shown.indexOf(name) - shown.indexOf(from)));
                }}
              >
                <label>
                  <input type="checkbox" checked aria-label={name} disabled={shown.length === 1} onKeyDown={(event) => move(event, name)} onChange={() => choose(shown.filter((one) => one !== name))} />
                  <span className="mono cut">{name}</span>
                  <span className="quiet" aria-hidden="true">
                    ⋮⋮
                  </span>
                </label>
              </li>
            ))}
          </ul>
          <ul aria-label="Not shown">
            {others.slice(0, LISTED).map(({ name, type }) => (
              <li key={name}>
                <label>
                  <input type="checkbox" checked={false} aria-label={name} onChange={() => choose([...shown, name])} />
                  <span className="mono cut">{name}</span>
                  <span className="quiet">{type}</span>
                </label>
              </li>
            ))}
            {others.length > LISTED && <li className="quiet">{others.length - LISTED} more: search for one</li>}
          </ul>
          {isChosen && (
            <button type="button" className="button" onClick={() => choose(undefined)}>
              As the query has them
            </button>
          )}
        </div>
      )}
    </span>
  );
}
