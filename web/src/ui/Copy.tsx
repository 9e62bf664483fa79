import { useState } from "react";
import { announce } from "./announce";
import { copyText } from "./clipboard";

/** A button that copies. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    // The button says it to those who see it.
    const copied = await copyText(text, "");
    if (copied) announce("Copied");
    setDone(copied);
  };
  return (
    <button type="button" className="button" onClick={copy} onBlur={() => setDone(false)}>
      {done ? "Copied" : label}
    </button>
  );
}

/** Lines to paste, with their button. */
export function Code({ text, label = "Lines to paste" }: { text: string; label?: string }) {
  return (
    <div className="code">
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} />
    </div>
  );
}
