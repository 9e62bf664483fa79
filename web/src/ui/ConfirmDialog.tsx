import { useState } from "react";
import { Dialog } from "./Dialog";
import { sentence } from "./States";

interface ConfirmDialogProps {
  title: string;
  words: string;
  action: string;
  close: () => void;
  run: () => Promise<void>;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, words, action, close, run }: ConfirmDialogProps) {
  const [failure, setFailure] = useState<string>();
  const submit = async () => {
    try {
      await run();
      close();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog label={title} className="sheet narrow" close={close}>
      <div className="form">
        <h2>{title}</h2>
        <p>{words}</p>
        {failure && (
          <p className="note" role="alert">
            {sentence(failure)}
          </p>
        )}
        <div className="form-foot">
          <button type="button" className="button" autoFocus onClick={close}>
            Cancel
          </button>
          <button type="button" className="button" onClick={() => void submit()}>
            {action}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
