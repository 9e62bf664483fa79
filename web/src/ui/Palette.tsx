import { useId, useState } from "react";
import { useColumns } from "../api/hooks";
import { useBoards, useSavedQueries } from "../api/library";
import { go } from "../lib/address";
import { findConsole } from "../lib/console";
import { findId } from "../lib/ids";
import { readHoneycomb } from "../model/honeycomb";
import { theme } from "../lib/preferences";
import { columnText } from "../model/query";
import { rank } from "../model/rank";
import { Dialog } from "./Dialog";
import { markerForm } from "./markers";
import { PAGES } from "./pages";
import { askAgain, pageAddress, useView } from "./view";

interface Entry {
  group: string;
  label: string;
  hint?: string;
  run: () => void;
}

const SHOWN_COLUMNS = 8;
/** Boards and saved queries that stand there before anything is typed. */
const SHOWN_KEPT = 6;

/** Search for anything, or paste an id. `first` is what stands in it when it opens. */
export function Palette({ first, close }: { first: string; close: () => void }) {
  const { env } = useView();
  const columns = useColumns(env);
  const [text, setText] = useState(first);
  const [active, setActive] = useState(0);
  const list = useId();
  const boards = useBoards(env);
  const saved = useSavedQueries(env);
  const kept = [
    ...(boards.data ?? []).map(({ id, name }): Entry => ({ group: "Boards", label: name, run: () => go(pageAddress(`/boards/${id}`)) })),
    ...(saved.data ?? []).map(({ id, name }): Entry => ({ group: "Saved queries", label: name, run: () => go(pageAddress(`/query/${id}`)) })),
  ];
  const entries = found(text, columns.data?.map(({ name }) => name) ?? [], kept);
  const at = Math.min(active, entries.length - 1);
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.run();
  };
  return (
    <Dialog label="Search" className="palette" close={close}>
      <input
        autoFocus
        role="combobox"
        aria-label="Search, or paste a trace id or traceparent"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={entries.length ? `${list}-${at}` : undefined}
        placeholder="Search, or paste a trace id, traceparent or X-Amzn-Trace-Id"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (move) {
            event.preventDefault();
            setActive((at + move + entries.length) % Math.max(1, entries.length));
          } else if (event.key === "Enter") {
            event.preventDefault();
            run(entries[at]);
          }
        }}
      />
      <div id={list} role="listbox" aria-label="Found">
        {entries.map((entry, index) => (
          <div key={`${entry.group}${entry.label}${index}`}>
            {entries[index - 1]?.group !== entry.group && (
              <div className="group" role="presentation">
                {entry.group}
              </div>
            )}
            <div id={`${list}-${index}`} role="option" aria-selected={index === at} className="option" onPointerMove={() => setActive(index)} onClick={() => run(entry)}>
              <span className="cut">{entry.label}</span>
              {entry.hint && <span className="quiet">{entry.hint}</span>}
            </div>
          </div>
        ))}
      </div>
      {entries.length === 0 && <p className="state quiet">Nothing is called “{text}”. A trace id opens its trace.</p>}
    </Dialog>
  );
}

function found(text: string, columns: string[], kept: Entry[]): Entry[] {
  const foreign = /^https?:\/\//.test(text.trim()) ? readHoneycomb(text) : undefined;
  if (foreign) {
    const { pathname, search } = new URL(text.trim());
    return [{ group: "Honeycomb", label: pathname, hint: "open here", run: () => go(pathname + search) }];
  }
  const console = findConsole(text);
  if (console) return [{ group: "AWS console", label: console.label, hint: "open", run: () => go(pageAddress(console.path, console.params)) }];
  const id = findId(text);
  if (id) {
    const params: Record<string, string> = id.span ? { span: id.span } : {};
    return [{ group: "Trace", label: id.id, hint: "open", run: () => go(pageAddress(`/trace/${id.id}`, params)) }];
  }
  const pages = PAGES.map(({ id: page, label, key }): Entry => ({ group: "Go to", label, hint: `g ${key}`, run: () => go(pageAddress(page === "home" ? "" : `/${page}`)) }));
  const actions: Entry[] = [
    { group: "Actions", label: "New query", run: () => go(pageAddress("/query")) },
    { group: "Actions", label: "New board", run: () => go(pageAddress("/boards")) },
    { group: "Actions", label: "Add a marker", hint: "now", run: () => markerForm.set({ start: Date.now() }) },
    { group: "Actions", label: "Ask again", hint: "r", run: askAgain },
    ...(["dark", "light", "system"] as const).map((name): Entry => ({ group: "Actions", label: `Theme ${name}`, run: () => theme.set(name) })),
  ];
  if (!text.trim()) return [...pages, ...kept.slice(0, SHOWN_KEPT), ...actions];
  const by = (entry: Entry) => rank(text, entry.label) > 0;
  const matching = columns
    .map((name) => ({ name, score: rank(text, name) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.name.length - b.name.length)
    .slice(0, SHOWN_COLUMNS)
    .map(({ name }): Entry => ({ group: "Columns", label: name, hint: "count by", run: () => go(pageAddress("/query", { q: `COUNT GROUP BY ${columnText(name)}` })) }));
  return [...pages.filter(by), ...kept.filter(by).slice(0, SHOWN_COLUMNS), ...matching, ...actions.filter(by)];
}
