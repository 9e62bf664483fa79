import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

export interface Item {
  label: ReactNode;
  /** What happens; nothing for a line between items. */
  run?: () => void;
  checked?: boolean;
  /** It is switched on and off by itself, whatever the others are; else one of several is chosen. */
  isSwitch?: boolean;
}

export const SEPARATOR: Item = { label: null };

interface MenuProps {
  label: ReactNode;
  /** What the button is called where its label is only a picture. */
  name?: string;
  items: Item[];
  className?: string;
  align?: "left" | "right";
}

/** A button that opens a list of actions: the menu button pattern. */
export function Menu({ label, name, items, className = "button", align = "left" }: MenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const close = (focus: boolean) => {
    setOpen(false);
    if (focus) button.current?.focus();
  };
  return (
    <span className="anchor">
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={name}
        title={name}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" && !open) {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        {label}
      </button>
      {open && <MenuList id={id} items={items} close={close} className={align === "right" ? "layer right below" : "layer below"} name={name} />}
    </span>
  );
}

interface MenuListProps {
  items: Item[];
  close: (focus: boolean) => void;
  className: string;
  id?: string;
  name?: string | undefined;
  style?: React.CSSProperties;
}

/** The open list: arrows move, Enter runs, Escape and a press elsewhere close. */
export function MenuList({ id, items, close, className, name, style }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  const closing = useRef(close);
  closing.current = close;
  useEffect(() => {
    list.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    const outside = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!list.current?.parentElement?.contains(target)) closing.current(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const move = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all[(next + all.length) % all.length]?.focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close(true);
    } else if (event.key === "Tab") close(false);
  };
  return (
    <div ref={list} id={id} role="menu" aria-label={name} className={className} style={style} onKeyDown={move}>
      {items.map((item, index) =>
        item.run === undefined ? (
          <div key={index} className="menu-sep" role="separator" />
        ) : (
          <button
            key={index}
            type="button"
            role={item.checked === undefined ? "menuitem" : item.isSwitch ? "menuitemcheckbox" : "menuitemradio"}
            aria-checked={item.checked}
            tabIndex={-1}
            className="menu-item"
            onClick={() => {
              close(true);
              item.run?.();
            }}
          >
            {item.label}
          </button>
        ),
      )}
    </div>
  );
}
