import { type ReactNode, useEffect, useRef } from "react";

/** A dialog on the browser's own element: focus is kept within, Escape closes, focus returns to the opener. */
export function Dialog({ label, className, close, children }: { label: string; className: string; close: () => void; children: ReactNode }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    element.current?.showModal();
    return () => opener?.focus();
  }, []);
  return (
    <dialog
      ref={element}
      className={className}
      aria-label={label}
      onCancel={(event) => {
        // That of a dialog within this one comes here as well, and closes that one alone.
        if (event.target !== element.current) return;
        event.preventDefault();
        close();
      }}
      onPointerDown={(event) => {
        if (event.target === element.current) close();
      }}
    >
      {children}
    </dialog>
  );
}
