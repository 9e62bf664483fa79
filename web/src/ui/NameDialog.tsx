import { type ReactNode, useState } from "react";
import { Dialog } from "./Dialog";
import { Form } from "./Form";
import { sentence } from "./States";

/** It is not kept, and why is told elsewhere: the dialog stays with what was typed. */
export class ToldElsewhere extends Error {}

interface NameDialogProps {
  title: string;
  action: string;
  name?: string;
  description?: string;
  close: () => void;
  /** Keeps it; what it throws is told, and the dialog stays with what was typed. */
  save: (name: string, description: string) => Promise<void>;
  children?: ReactNode;
}

/** Asks for a name and what it is for. */
export function NameDialog({ title, action, name: known = "", description: about = "", close, save, children }: NameDialogProps) {
  const [name, setName] = useState(known);
  const [description, setDescription] = useState(about);
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (!name.trim()) return setFailure("It needs a name");
    setBusy(true);
    setFailure(undefined);
    try {
      await save(name.trim(), description.trim());
      close();
    } catch (error) {
      if (!(error instanceof ToldElsewhere)) setFailure(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <Dialog label={title} className="sheet narrow" close={close}>
      <Form className="form" submit={submit}>
        <h2>{title}</h2>
        <label>
          Name
          <input className="field" autoFocus maxLength={255} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          <span>
            What it is for <span className="quiet">may be left out</span>
          </span>
          <input className="field" maxLength={1_023} value={description} onChange={(event) => setDescription(event.target.value)} />
        </label>
        {children}
        {failure && (
          <p className="note" role="alert">
            {sentence(failure)}
          </p>
        )}
        <div className="form-foot">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={busy}>
            {action}
          </button>
        </div>
      </Form>
    </Dialog>
  );
}
