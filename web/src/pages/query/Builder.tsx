import { type ReactNode, memo, useEffect, useMemo, useState } from "react";
import { useColumns, useDatasets, useParse } from "../../api/hooks";
import type { Changes } from "../../lib/address";
import { useParam } from "../../lib/address";
import { bubbleUpOnDrag, runOnChange } from "../../lib/preferences";
import { useStore } from "../../lib/store";
import { type Clause, type Query, columnOfCondition, columnText, printQuery, readQuery, timeClause } from "../../model/query";
import { type Range, rangeOfClause } from "../../model/range";
import { renamed } from "../../model/calculated";
import { clashOf } from "../../model/clauses";
import { histogramMetrics } from "../../model/rank";
import { Menu } from "../../ui/Menu";
import { isShortcut } from "../../ui/keys";
import { ClauseEditor, type Piece } from "./ClauseEditor";
import { FieldEditor, type Edited } from "./FieldEditor";
import { FieldsMenu } from "./FieldsMenu";
import { Mistakes } from "./Mistakes";

interface BuilderProps {
  env: string;
  /** The query as it was run. */
  ran: Query;
  draft: Query;
  setDraft: (query: Query, range?: Range) => void;
  run: (query: Query, more?: Changes) => void;
  /** The view's time as text. */
  range: string;
  extra?: ReactNode;
}

/** The query in clauses or as one line of text; both stay in step. */
export const Builder = memo(function Builder({ env, ran, draft, setDraft, run, range, extra }: BuilderProps) {
  const [mode, setMode] = useParam("mode");
  const asText = mode === "text";
  const setAsText = (is: boolean) => setMode(is ? "text" : null);
  /** The time that is typed in the text, as a clause. */
  const [clause, setClause] = useState("");
  const named = rangeOfClause(clause, Date.now());
  useEffect(() => setClause(""), [ran]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "t" || !isShortcut(event)) return;
      event.preventDefault();
      setMode("text");
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [setMode]);
  const runDraft = (query: Query) => {
    // A time that cannot be read is not left out without a word.
    if (!clause || named) run(query, named ? { from: named.from, to: named.to } : {});
  };
  const datasets = useDatasets(env);
  const columns = useColumns(env);
  const [checked, setChecked] = useState(printQuery(draft, true));
  const text = printQuery(draft, true);
  useEffect(() => {
    const timer = setTimeout(() => setChecked(text), 200);
    return () => clearTimeout(timer);
  }, [text]);
  const parse = useParse(env, checked);
  const unknown = useMemo(() => {
    const metrics = new Set(histogramMetrics(columns.data?.map(({ name }) => name) ?? []));
    return new Set((parse.data?.warnings ?? []).map((note) => /column "(.*)"/.exec(note.text)?.[1] ?? "").filter((name) => name && !metrics.has(name)));
  }, [parse.data, columns.data]);
  const isDirty = printQuery(draft) !== printQuery(ran);
  const error = checked === text ? parse.data?.errors[0] : undefined;
  const context = { env, range: draft.datasets.length > 0 ? `IN ${draft.datasets.join(", ")} ${range}` : range, calcs: draft.calcs, groupBy: draft.groupBy, isOr: draft.join === "OR" };

  const runsOnChange = useStore(runOnChange);
  const opensBubbleUp = useStore(bubbleUpOnDrag);
  /** A clause is another one now. */
  const write = (query: Query) => (runsOnChange ? run(query) : setDraft(query));

  const entire = { query: draft, write };
  const [edited, setEdited] = useState<Edited>();

  const plain = (part: "fields" | "calcs" | "groupBy" | "having" | "orderBy", label: string, placeholder: string, wide = false) => (
    <ClauseEditor
      clause={part}
      label={label}
      placeholder={placeholder}
      wide={wide}
      context={context}
      pieces={draft[part].map((piece) => ({ text: piece, dirty: !ran[part].includes(piece), unknown: part !== "fields" && unknown.has(part === "groupBy" ? piece.replaceAll("`", "") : (/\((.*)\)/.exec(piece)?.[1] ?? "")) }))}
      whole={entire}
      onChange={(pieces) => write({ ...draft, [part]: pieces.map((piece) => piece.text) })}
      {...(part === "fields" ? { onEdit: (piece: string) => setEdited({ of: "query", piece }) } : {})}
      onRun={(pieces) => run({ ...draft, [part]: pieces.map((piece) => piece.text) })}
    />
  );
  const single = (clause: "limit" | "step", label: string, placeholder: string) => (
    <ClauseEditor
      clause={clause as Clause}
      label={label}
      placeholder={placeholder}
      context={context}
      pieces={draft[clause] ? [{ text: draft[clause], dirty: draft[clause] !== ran[clause] }] : []}
      onChange={(pieces) => write({ ...draft, [clause]: pieces.at(-1)?.text ?? "" })}
      onRun={(pieces) => run({ ...draft, [clause]: pieces.at(-1)?.text ?? "" })}
    />
  );
  const where = (pieces: Piece[]): Query => ({ ...draft, where: pieces.map((piece) => ({ text: piece.text, off: piece.off ?? false })) });
  const ranWhere = new Set(ran.where.map((condition) => condition.text));
  const chosen = draft.datasets.length === 0 ? "all datasets" : draft.datasets.join(", ");
  const clashes = useMemo(() => {
    const types = new Map(columns.data?.map(({ name, type }) => [name, type]));
    return draft.where.flatMap(({ text: condition, off }) => {
      const clash = off ? undefined : clashOf(condition, (name) => types.get(name));
      return clash ? [{ condition, ...clash }] : [];
    });
  }, [columns.data, draft.where]);
  const clashing = new Set(clashes.map(({ condition }) => condition));

  return (
    <section className="builder" aria-label="Query">
      {asText ? (
        <textarea
          className="builder-text"
          aria-label="Query as text"
          spellCheck={false}
          rows={2}
          defaultValue={printQuery(draft)}
          autoFocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            const time = timeClause(event.target.value);
            setClause(time);
            setDraft(readQuery(event.target.value), rangeOfClause(time, Date.now()));
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              runDraft(readQuery(event.currentTarget.value));
            }
          }}
        />
      ) : (
        <div className="clauses">
          {draft.fields.length > 0 && plain("fields", "WITH", "", true)}
          {plain("calcs", "VISUALIZE", "COUNT, P95(duration_ms), HEATMAP(duration_ms)")}
          <ClauseEditor
            clause="where"
            label="WHERE"
            placeholder="all events"
            context={context}
            pieces={draft.where.map(({ text: piece, off }) => ({ text: piece, off, dirty: !ranWhere.has(piece), unknown: unknown.has(columnOfCondition(piece) ?? "") || clashing.has(piece) }))}
            whole={entire}
            onChange={(pieces) => write(where(pieces))}
            onRun={(pieces) => run(where(pieces))}
            extra={
              draft.where.length > 1 && (
                <button type="button" className="button plain" aria-label={`Conditions are joined by ${draft.join}`} onClick={() => write({ ...draft, join: draft.join === "AND" ? "OR" : "AND" })}>
                  {draft.join}
                </button>
              )
            }
          />
          {plain("groupBy", "GROUP BY", "one group of all")}
          {plain("orderBy", "ORDER BY", "first calculation, largest first")}
          {plain("having", "HAVING", "all groups")}
          <div className="clause-pair">
            {single("limit", "LIMIT", "100")}
            {single("step", "STEP", "auto")}
          </div>
        </div>
      )}
      {clause && (
        <p className={named ? "builder-words" : "builder-words bad"} role="status">
          {named ? `${clause} is the time of the whole page once this runs.` : `“${clause}” is no time: write LAST 2h, SINCE 2026-01-01 or FROM -3h TO -2h.`}
        </p>
      )}
      {error && (
        <p className="builder-words bad" role="status">
          {error.message.charAt(0).toUpperCase() + error.message.slice(1)}.
        </p>
      )}
      {!error && (
        <Mistakes
          env={env}
          range={range}
          columns={columns.data ?? []}
          unknown={[...unknown]}
          clashes={clashes}
          rename={(from, to) => run(renamed(draft, from, to))}
          replace={(condition, by) => run({ ...draft, where: draft.where.flatMap((one) => (one.text !== condition ? [one] : by === undefined ? [] : [{ ...one, text: by }])) })}
        />
      )}
      <div className="builder-foot">
        <button type="button" className="button plain" aria-pressed={asText} onClick={() => setAsText(!asText)}>
          Text
        </button>
        <Menu
          label={chosen}
          name={`Datasets: ${chosen}`}
          className="button plain"
          items={[
            { label: "all datasets", checked: draft.datasets.length === 0, run: () => run({ ...draft, datasets: [] }) },
            ...(datasets.data ?? []).map(({ slug }) => ({ label: slug, checked: draft.datasets.includes(columnText(slug)), run: () => run({ ...draft, datasets: [columnText(slug)] }) })),
          ]}
        />
        <Menu
          label="Options"
          className="button plain"
          items={[
            { label: "Run when a clause changes", checked: runsOnChange, isSwitch: true, run: () => runOnChange.set(!runsOnChange) },
            { label: "BubbleUp when a box is drawn", checked: opensBubbleUp, isSwitch: true, run: () => bubbleUpOnDrag.set(!opensBubbleUp) },
          ]}
        />
        <FieldsMenu env={env} draft={draft} edit={setEdited} />
        {columns.data && <span className="quiet">{columns.data.length} columns</span>}
        {extra}
        <button type="button" className="button primary" onClick={() => runDraft(draft)}>
          Run{isDirty && <span aria-label="changed since it ran"> •</span>} <kbd>Shift-Enter</kbd>
        </button>
      </div>
      {edited && <FieldEditor env={env} draft={draft} range={range} edited={edited} write={write} close={() => setEdited(undefined)} />}
    </section>
  );
});
