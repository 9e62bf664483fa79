import { useStore } from "../lib/store";
import { Dialog } from "./Dialog";
import { uncopied } from "./clipboard";

/** Text that the browser did not let the page copy, selected for a hand to do it. */
export function Uncopied() {
  const text = useStore(uncopied);
  if (text === undefined) return null;
  const close = () => uncopied.set(undefined);
  return (
    <Dialog label="Copy by hand" className="sheet narrow" close={close}>
      <div className="form">
        <h2>Copy by hand</h2>
        <p>The browser did not let this page copy. The text is selected: Ctrl+C, or ⌘C on a Mac, copies it.</p>
        <textarea className="field mono by-hand" aria-label="Text to copy" readOnly autoFocus rows={Math.min(8, text.split("\n").length + 1)} value={text} onFocus={(event) => event.currentTarget.select()} />
        <div className="form-foot">
          <button type="button" className="button" onClick={close}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
}
