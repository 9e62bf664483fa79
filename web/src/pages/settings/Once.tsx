import type { ReactNode } from "react";
import { Code } from "../../ui/Copy";

/** A secret that is shown this once. */
export function Once({ title, text, label, close, children }: { title: string; text: string; label: string; close: () => void; children?: ReactNode }) {
  return (
    <div className="once" role="status">
      <h3>{title}</h3>
      <Code text={text} label={label} />
      {children}
      <button type="button" className="button" style={{ alignSelf: "flex-start" }} onClick={close}>
        I have it
      </button>
    </div>
  );
}
