import type { ColourScale } from "./ramp";

/** How a graph is shown: chosen in its menu, kept in the address. */
export interface Look {
  ramp: ColourScale;
  log: boolean;
  asTable: boolean;
}

/** Of all graphs that are shown otherwise than usual: `COUNT:log,table;HEATMAP(duration_ms):linear`. */
function parts(text: string | null): [string, string[]][] {
  return (text ?? "").split(";").flatMap((part): [string, string[]][] => {
    const at = part.lastIndexOf(":");
    return at > 0 ? [[part.slice(0, at), part.slice(at + 1).split(",")]] : [];
  });
}

/** A name that stands between the separators. */
const plain = (name: string) => name.replaceAll(";", ",");

export function readLook(text: string | null, name: string): Look {
  const words = parts(text).find(([known]) => known === plain(name))?.[1] ?? [];
  return { ramp: words.includes("linear") ? "linear" : words.includes("logramp") ? "log" : "sqrt", log: words.includes("log"), asTable: words.includes("table") };
}

export function withLook(text: string | null, name: string, { ramp, log, asTable }: Look): string {
  const words = [ramp === "linear" ? "linear" : ramp === "log" ? "logramp" : "", log ? "log" : "", asTable ? "table" : ""].filter(Boolean);
  const others = parts(text).filter(([known]) => known !== plain(name));
  return [...others, ...(words.length > 0 ? [[plain(name), words] as const] : [])].map(([known, list]) => `${known}:${list.join(",")}`).join(";");
}
