import { type ReactNode, useRef } from "react";

interface TabsProps<T extends string> {
  label: string;
  tabs: readonly { id: T; label: ReactNode }[];
  current: T;
  onChange: (id: T) => void;
  panelId: string;
}

/** Tabs with arrows; the panel below carries `panelId`. */
export function Tabs<T extends string>({ label, tabs, current, onChange, panelId }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const step = (by: number) => {
    const at = tabs.findIndex(({ id }) => id === current);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (!next) return;
    onChange(next.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div
      ref={list}
      className="tabs"
      role="tablist"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight") step(1);
        else if (event.key === "ArrowLeft") step(-1);
      }}
    >
      {tabs.map(({ id, label: text }, n) => (
        <button
          key={id}
          type="button"
          role="tab"
          data-tab={id}
          className="tab"
          aria-selected={id === current}
          aria-controls={panelId}
          tabIndex={id === current || (n === 0 && !tabs.some((tab) => tab.id === current)) ? 0 : -1}
          onClick={() => onChange(id)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
