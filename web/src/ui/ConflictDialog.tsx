import { useState } from "react";
import { Dialog } from "./Dialog";
import { sentence } from "./States";
import { Table } from "./Table";

/** A part of what was changed on both sides, in words. */
export interface Side {
  name: string;
  mine: string;
  theirs: string;
}

interface ConflictDialogProps {
  /** What was changed, such as `this saved query`. */
  what: string;
  who: string;
  parts: readonly Side[];
  close: () => void;
  /** Shows what the other made; what was changed here is given up. */
  take: () => void;
  /** Puts what was changed here in its place. */
  keep: () => Promise<void>;
}

/** Two have changed one thing: both are shown, and one of them is kept. */
export function ConflictDialog({ what, who, parts, close, take, keep }: ConflictDialogProps) {
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const insist = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await keep();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  const other = who === "anyone" ? "Somebody else" : who;
  const differing = parts.filter(({ mine, theirs }) => mine !== theirs);
  return (
    <Dialog label="Changed by two" className="sheet" close={close}>
      <div className="form">
        <h2>Changed by two</h2>
        <p>
          {other} changed {what} at the same time. Your change is not kept yet.
        </p>
        {differing.length > 0 && (
          <Table label="What differs" heads={["what", "yours", "theirs"]}>
            {differing.map(({ name, mine, theirs }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="mono wraps">{mine || "–"}</td>
                <td className="mono wraps">{theirs || "–"}</td>
              </tr>
            ))}
          </Table>
        )}
        {failure && (
          <p className="note" role="alert">
            {sentence(failure)}
          </p>
        )}
        <div className="form-foot">
          <button type="button" className="button" style={{ marginRight: "auto" }} autoFocus onClick={close}>
            Decide later
          </button>
          <button type="button" className="button" onClick={take}>
            Show theirs
          </button>
          <button type="button" className="button" disabled={busy} onClick={() => void insist()}>
            Keep mine instead
          </button>
        </div>
      </div>
    </Dialog>
  );
}
