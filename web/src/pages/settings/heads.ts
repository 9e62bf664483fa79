import type { Head } from "../../ui/Table";

/** A column that goes where there is little room. */
export const secondary = (name: string): Head => ({ name, className: "secondary" });
