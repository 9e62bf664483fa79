import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { go } from "../lib/address";

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  to: string;
}

/** A link to a page of ours: plain presses stay in this document, all others are the browser's. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const press = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
    document.getElementById("main")?.scrollTo(0, 0);
  };
  return <a {...rest} href={to} onClick={press} />;
}
