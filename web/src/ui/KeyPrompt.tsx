import { useState } from "react";
import { keyNeeded } from "../api/client";
import { queries } from "../api/hooks";
import { apiKey } from "../lib/preferences";
import { useStore } from "../lib/store";
import { Dialog } from "./Dialog";

/** Asks for a key when the server does. */
export function KeyPrompt() {
  const needed = useStore(keyNeeded);
  const [text, setText] = useState("");
  if (!needed) return null;
  return (
    <Dialog label="A key is needed" className="sheet" close={() => keyNeeded.set(false)}>
      <form
        className="state"
        onSubmit={(event) => {
          event.preventDefault();
          apiKey.set(text.trim());
          keyNeeded.set(false);
          void queries.invalidateQueries();
        }}
      >
        <h2>This server asks for a key</h2>
        <p className="why">A configuration or admin key may read. One is made by `glasshive keys create --kind configuration`. It is kept in this browser.</p>
        <label>
          Key <input className="field" type="password" autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <button type="submit" className="button primary">
          Use this key
        </button>
      </form>
    </Dialog>
  );
}
