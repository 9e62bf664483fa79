import { useState } from "react";
import { useParse } from "../../api/hooks";
import { type Panel, type PanelContent, type QueryStyle, useSavedQueries } from "../../api/library";
import { printQuery, readQuery } from "../../model/query";
import { Dialog } from "../../ui/Dialog";
import { Form } from "../../ui/Form";
import { Markdown } from "../../ui/Markdown";
import { sentence } from "../../ui/States";
import { Builder } from "../query/Builder";

const STYLES: [QueryStyle, string][] = [
  ["graph", "Graph"],
  ["both", "Graph and table"],
  ["table", "Table"],
  ["value", "Figures"],
  ["events", "Newest events"],
];

interface PanelEditorProps {
  env: string;
  time: string;
  panel: Panel | "query" | "text";
  close: () => void;
  save: (content: PanelContent) => void;
}

/** What a panel shows, to be written. */
export function PanelEditor({ env, time, panel, close, save }: PanelEditorProps) {
  const isText = panel === "text" || (typeof panel !== "string" && panel.content.type === "text");
  const known = typeof panel === "string" ? undefined : panel.content;
  const title = `${known ? "Edit" : "Add"} ${isText ? "a text" : "a query"}`;
  const finish = (content: PanelContent) => {
    save(content);
    close();
  };
  return (
    <Dialog label={title} className="sheet wide" close={close}>
      <h2>{title}</h2>
      {isText ? <TextForm known={known?.type === "text" ? known.text : ""} close={close} save={finish} /> : <QueryForm env={env} time={time} known={known?.type === "query" ? known : undefined} close={close} save={finish} />}
    </Dialog>
  );
}

function Foot({ close, words }: { close: () => void; words: string }) {
  return (
    <div className="form-foot">
      <button type="button" className="button" onClick={close}>
        Cancel
      </button>
      <button type="submit" className="button primary">
        {words}
      </button>
    </div>
  );
}

const TEXT_MOST = 10_000;

function TextForm({ known, close, save }: { known: string; close: () => void; save: (content: PanelContent) => void }) {
  const [text, setText] = useState(known);
  return (
    <Form className="form" submit={() => save({ type: "text", text })}>
      <label>
        <span>
          Text <span className="quiet"># heading, **bold**, *italic*, `code`, - list, [words](https://...)</span>
        </span>
        <textarea className="field area mono" autoFocus rows={8} maxLength={TEXT_MOST} value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      {text.trim() && (
        <div className="preview" aria-label="As it will stand" role="group">
          <Markdown text={text} />
        </div>
      )}
      <Foot close={close} words="Keep it" />
    </Form>
  );
}

type QueryContent = Extract<PanelContent, { type: "query" }>;

function QueryForm({ env, time, known, close, save }: { env: string; time: string; known: QueryContent | undefined; close: () => void; save: (content: PanelContent) => void }) {
  const [name, setName] = useState(known?.title ?? "");
  const [style, setStyle] = useState<QueryStyle>(known?.style ?? "graph");
  const [log, setLog] = useState(known?.log_scale ?? false);
  const [draft, setDraft] = useState(readQuery(known?.query ?? "COUNT"));
  const saved = useSavedQueries(env);
  const query = printQuery(draft, true);
  const parse = useParse(env, query);
  const error = parse.data?.errors[0];
  return (
    <Form
      className="form"
      submit={() => !error && save({ type: "query", title: name.trim(), query, style, log_scale: log })}
      onKeyDown={(event) => {
        // Enter in a clause adds a piece; it does not end the dialog.
        if (event.key === "Enter" && (event.target as HTMLElement).closest(".builder")) event.preventDefault();
      }}
    >
      {(saved.data?.length ?? 0) > 0 && (
        <label>
          Begin with a saved query
          <select
            className="field"
            value=""
            onChange={(event) => {
              const found = saved.data?.find(({ id }) => id === event.target.value);
              if (!found) return;
              setDraft(readQuery(found.query));
              setName(found.name);
            }}
          >
            <option value="">–</option>
            {saved.data?.map(({ id, name: label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      <Builder env={env} ran={draft} draft={draft} setDraft={setDraft} run={setDraft} range={time} />
      <div className="form-row">
        <label className="grow">
          <span>
            Title <span className="quiet">the query itself when left out</span>
          </span>
          <input className="field" maxLength={255} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          Shown as
          <select className="field" value={style} onChange={(event) => setStyle(event.target.value as QueryStyle)}>
            {STYLES.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="tick">
          <input type="checkbox" checked={log} onChange={(event) => setLog(event.target.checked)} /> Logarithmic
        </label>
      </div>
      {error && (
        <p className="note" role="status">
          {sentence(error.message)}
        </p>
      )}
      <Foot close={close} words="Keep it" />
    </Form>
  );
}
