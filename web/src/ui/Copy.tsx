import { useState } from "react";
import { announce } from "./announce";

/** Puts text on the clipboard. Without permission the text is selected by hand; nothing else is lost. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A button that copies. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    const copied = await copyText(text);
    announce(copied ? "Copied" : "The browser did not let this page copy");
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
