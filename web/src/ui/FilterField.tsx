import { useId, useRef, useState } from "react";
import { useColumns, useValues } from "../api/hooks";
import { useReadFilter } from "../api/xray";
import { proposals } from "../model/filter";
import { sentence } from "./States";
import { timeText, useTime } from "./view";

interface FilterFieldProps {
  env: string;
  label: string;
  value: string;
  placeholder?: string;
  /** The expression was finished: by Enter, or by leaving the field. */
  onRun: (filter: string) => void;
  /** Every text, as it is typed. */
  onType?: (filter: string) => void;
}

/** An X-Ray filter expression: with what may be put in, and where it cannot be read. */
export function FilterField({ env, label, value, placeholder, onRun, onType }: FilterFieldProps) {
  const [typed, setTyped] = useState(value);
  const [last, setLast] = useState(value);
  const [caret, setCaret] = useState<number>();
  const [chosen, setChosen] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  if (last !== value) {
    setLast(value);
    setTyped(value);
  }
  const isOpen = caret !== undefined;
  const { window: shown } = useTime();
  const services = useValues(env, isOpen ? "service.name" : undefined, "", timeText(shown));
  const columns = useColumns(env);
  const read = useReadFilter(env, typed);
  const known = { words: read.data?.words ?? [], services: services.data?.values.map(({ value }) => String(value)) ?? [], annotations: columns.data?.map(({ name }) => name) ?? [] };
  const { from, to, options } = isOpen ? proposals(typed, caret, known) : { from: 0, to: 0, options: [] };
  const fault = typed.trim() && !read.isPlaceholderData ? read.data?.fault : undefined;
  const type = (text: string, at: number) => {
    setTyped(text);
    setCaret(at);
    setChosen(-1);
    onType?.(text);
  };
  const put = (option: string) => {
    const text = typed.slice(0, from) + option + typed.slice(to);
    const at = from + option.length;
    type(text, at);
    requestAnimationFrame(() => field.current?.setSelectionRange(at, at));
  };
  const run = () => {
    setCaret(undefined);
    // What cannot be read stays to be mended.
    if (typed !== value && !fault) onRun(typed);
  };
  const press = (event: React.KeyboardEvent<HTMLInputElement>) => {
    const isShown = isOpen && options.length > 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isShown) {
        setCaret(event.currentTarget.selectionStart ?? typed.length);
        return;
      }
      event.preventDefault();
      const next = chosen + (event.key === "ArrowDown" ? 1 : -1);
      setChosen(next < -1 ? options.length - 1 : next >= options.length ? -1 : next);
    } else if ((event.key === "Enter" || event.key === "Tab") && isShown && options[chosen] !== undefined) {
      event.preventDefault();
      put(options[chosen] ?? "");
    } else if (event.key === "Enter") {
      event.preventDefault();
      run();
    } else if (event.key === "Escape" && isShown) {
      event.stopPropagation();
      setCaret(undefined);
    }
  };
  return (
    <div className="filter-field">
      <input
        ref={field}
        className="field mono"
        role="combobox"
        aria-label={label}
        aria-expanded={isOpen && options.length > 0}
        aria-controls={`${id}list`}
        aria-activedescendant={chosen >= 0 ? `${id}o${chosen}` : undefined}
        aria-autocomplete="list"
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? `${id}fault` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={typed}
        onChange={(event) => type(event.target.value, event.target.selectionStart ?? event.target.value.length)}
        onClick={(event) => setCaret(event.currentTarget.selectionStart ?? undefined)}
        onKeyDown={press}
        onBlur={() => {
          setCaret(undefined);
          run();
        }}
      />
      {isOpen && options.length > 0 && (
        <ul id={`${id}list`} className="layer below" role="listbox" aria-label={`Proposals for ${label}`}>
          {options.map((option, n) => (
            <li
              key={option}
              id={`${id}o${n}`}
              role="option"
              aria-selected={n === chosen}
              className={n === chosen ? "menu-item mono chosen" : "menu-item mono"}
              onPointerDown={(event) => {
                event.preventDefault();
                put(option);
              }}
            >
              {option}
            </li>
          ))}
        </ul>
      )}
      {fault && (
        <p id={`${id}fault`} className="form-error" role="alert">
          {sentence(fault.detail)}
          {fault.position !== undefined && fault.position !== null && (
            <span className="mono fault-place" aria-hidden="true">
              {typed.slice(Math.max(0, fault.position - 21), fault.position - 1)}
              <mark>{typed[fault.position - 1] ?? "␣"}</mark>
              {typed.slice(fault.position, fault.position + 20)}
            </span>
          )}
        </p>
      )}
    </div>
  );
}
