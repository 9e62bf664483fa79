import { useEffect, useState } from "react";
import { useColumns, useParse } from "../../api/hooks";
import { type Field, createField, deleteField, updateField } from "../../api/library";
import { type Definition, columnsRead, definitionOf, withColumn, withDefinition, withoutDefinition } from "../../model/calculated";
import { type Query, columnText } from "../../model/query";
import { meant } from "../../model/rank";
import { Dialog } from "../../ui/Dialog";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { sentence } from "../../ui/States";
import { announce } from "../../ui/announce";
import { useEditing } from "../../ui/useEditing";
import { ExpressionInput } from "./ExpressionInput";
import { FieldPreview } from "./FieldPreview";

/** Which calculated field is edited: a new one, one of the query, or one that the environment keeps. */
export type Edited = { of: "new" } | { of: "query"; piece: string } | { of: "environment"; field: Field };

interface FieldEditorProps {
  env: string;
  draft: Query;
  /** The view's time as text. */
  range: string;
  edited: Edited;
  /** Puts another query in the draft's place. */
  write: (query: Query) => void;
  close: () => void;
}

/** What is typed is read, and computed, once the hand rests so long. */
const REST_MS = 200;

/** Writes a calculated field: its expression is read and computed of some events as it is typed. */
export function FieldEditor({ env, draft, range, edited, write, close }: FieldEditorProps) {
  const known: Definition = edited.of === "query" ? definitionOf(edited.piece) : edited.of === "environment" ? edited.field : { name: "", expression: "" };
  const [name, setName] = useState(known.name);
  const [expression, setExpression] = useState(known.expression);
  const [description, setDescription] = useState(edited.of === "environment" ? edited.field.description : "");
  const [isKept, setKept] = useState(edited.of === "environment");
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const editing = useEditing();
  const columns = useColumns(env).data ?? [];
  const checked = useRested(expression);
  const called = name.trim() || "value";
  // Read apart from the query: what is wrong elsewhere is said there.
  const head = `WITH ${columnText(called)} = `;
  const parse = useParse(env, checked.trim() === "" ? "" : head + checked);
  const isRead = checked === expression && parse.data !== undefined && !parse.isPlaceholderData;
  const error = isRead ? parse.data?.errors[0] : undefined;
  const fault = error && { message: error.message.replace(/^WITH, character \d+: /, ""), at: error.position ? Math.min(expression.length, Math.max(0, Number(error.position) - 1 - head.length)) : undefined };
  const own = new Set(draft.fields.map((piece) => definitionOf(piece).name));
  const isColumn = columns.some((column) => column.name === name.trim() && !column.expression);
  const isTaken = name.trim() !== known.name && own.has(name.trim());
  const unknown = columnsRead(expression).find((column) => columns.length > 0 && !own.has(column) && !columns.some((one) => one.name === column));
  const instead = unknown === undefined ? undefined : meant(unknown, columns.map((column) => column.name));
  const wrongName = isColumn ? `Events have a column “${name.trim()}”: a calculated field shadows none.` : isTaken ? `This query has another field called “${name.trim()}”.` : undefined;

  const submit = async () => {
    if (!name.trim()) return setFailure(new Error("it needs a name"));
    if (wrongName || error || !expression.trim()) return setFailure(new Error(wrongName ?? (error ? "the expression cannot be read yet" : "it needs an expression")));
    const definition = { name: name.trim(), expression: expression.trim() };
    setBusy(true);
    try {
      if (!isKept) write(withDefinition(draft, definition, edited.of === "query" ? known.name : undefined));
      else if (edited.of === "environment") await updateField(env, edited.field, { ...definition, description: description.trim() });
      else {
        await createField(env, { ...definition, description: description.trim() });
        // What every query has now, this one need not define.
        if (edited.of === "query") write(withoutDefinition(withDefinition(draft, definition, known.name), definition.name));
      }
      announce(`${definition.name} ${isKept ? "is kept for every query of the environment" : "is a field of this query"}`, true);
      close();
    } catch (thrown) {
      setFailure(thrown);
      setBusy(false);
    }
  };
  const remove = async () => {
    setBusy(true);
    try {
      if (edited.of === "environment") await deleteField(env, edited.field.id);
      else write(withoutDefinition(draft, known.name));
      announce(`${known.name} is gone`, true);
      close();
    } catch (thrown) {
      setFailure(thrown);
      setBusy(false);
    }
  };
  const title = edited.of === "new" ? "New calculated field" : edited.of === "query" ? "Calculated field of this query" : "Calculated field of the environment";
  return (
    <Dialog label={title} className="sheet" close={close}>
      <Form className="form" submit={submit}>
        <h2>{title}</h2>
        <label>
          Name
          <input className="field mono" autoFocus={edited.of === "new"} maxLength={255} spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        {wrongName && (
          <p className="form-error" role="status">
            {wrongName}
          </p>
        )}
        <ExpressionInput value={expression} onChange={setExpression} columns={columns} own={own} fault={fault?.at} submit={submit} />
        {fault && (
          <p className="form-error" role="status">
            {fault.at !== undefined && `Character ${fault.at + 1}: `}
            {fault.at === undefined ? sentence(fault.message) : `${fault.message}.`}
          </p>
        )}
        {!fault && unknown !== undefined && (
          <p className="note" role="status">
            No event has a column “{unknown}”; it counts as absent.{" "}
            {instead && (
              <button type="button" className="button" onClick={() => setExpression(withColumn(expression, unknown, instead))}>
                Use {instead}
              </button>
            )}
          </p>
        )}
        <FieldPreview env={env} draft={draft} range={range} definition={{ name: called, expression: checked }} before={known.name} enabled={isRead && !error && !isColumn && checked.trim() !== ""} />
        {edited.of !== "environment" && (
          <fieldset className="choices">
            <legend>Where it is known</legend>
            <label>
              <input type="radio" name="scope" checked={!isKept} onChange={() => setKept(false)} /> this query only
            </label>
            <label title={editing.title}>
              <input type="radio" name="scope" disabled={editing.disabled} checked={isKept} onChange={() => setKept(true)} /> every query of {env}
            </label>
          </fieldset>
        )}
        {isKept && (
          <label>
            <span>
              What it is for <span className="quiet">may be left out</span>
            </span>
            <input className="field" maxLength={1_000} value={description} onChange={(event) => setDescription(event.target.value)} />
          </label>
        )}
        {edited.of === "environment" && name.trim() !== known.name && <p className="note">Queries, boards and addresses that say “{known.name}” do not find it any more then.</p>}
        <FormError error={failure} />
        <div className="form-foot">
          {edited.of !== "new" && (
            <button type="button" className="button" disabled={busy || (edited.of === "environment" && editing.disabled)} title={edited.of === "environment" ? editing.title : undefined} onClick={() => void remove()} style={{ marginRight: "auto" }}>
              Delete
            </button>
          )}
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={busy || (isKept && editing.disabled)} title={isKept ? editing.title : undefined}>
            {isKept ? "Keep" : edited.of === "new" ? "Add to the query" : "Change"}
          </button>
        </div>
      </Form>
    </Dialog>
  );
}

/** A text as it was when the hand last rested. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

