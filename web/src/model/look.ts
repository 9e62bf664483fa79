import type { ColourScale } from "./ramp";

/** How a graph is shown: chosen in its menu, kept in the address. */
export interface Look {
  ramp: ColourScale;
  log: boolean;
  asTable: boolean;
  /** Lines run across steps without a value. */
  joined?: boolean;
  /** The values above are cut off. */
  clip?: number | undefined;
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
  const cut = Number(words.find((word) => word.startsWith("clip="))?.slice(5));
  const clip = Number.isFinite(cut) ? cut : undefined;
  return { ramp: words.includes("linear") ? "linear" : words.includes("logramp") ? "log" : "sqrt", log: words.includes("log"), asTable: words.includes("table"), ...(words.includes("joined") ? { joined: true } : {}), ...(clip === undefined ? {} : { clip }) };
}

export function withLook(text: string | null, name: string, { ramp, log, asTable, joined, clip }: Look): string {
  const words = [ramp === "linear" ? "linear" : ramp === "log" ? "logramp" : "", log ? "log" : "", asTable ? "table" : "", joined ? "joined" : "", clip === undefined ? "" : `clip=${clip}`].filter(Boolean);
  const others = parts(text).filter(([known]) => known !== plain(name));
  return [...others, ...(words.length > 0 ? [[plain(name), words] as const] : [])].map(([known, list]) => `${known}:${list.join(",")}`).join(";");
}
