/** An identifier found in pasted text. */
export type FoundId = { kind: "trace"; id: string; span?: string };

/**
 * Finds a trace id in whatever was pasted: 32 hex digits, X-Ray's `1-8-24`, a `traceparent`, an `X-Amzn-Trace-Id` header, a dashed
 * UUID, base64 of 16 bytes. Text around it, quotes and blanks are overlooked.
 */
export function findId(pasted: string): FoundId | undefined {
  const text = pasted.trim();
  const parent = /(?<![0-9a-f])[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?![0-9a-f])/i.exec(text);
  if (parent?.[1]) return traceOf(parent[1], parent[2]);
  const xray = /(?<![0-9a-f])1-([0-9a-f]{8})-([0-9a-f]{24})(?![0-9a-f])/i.exec(text);
  if (xray) {
    const span = /Parent=([0-9a-f]{16})/i.exec(text)?.[1];
    return traceOf(`${xray[1]}${xray[2]}`, span);
  }
  const hex = /(?<![0-9a-z])([0-9a-f]{32})(?![0-9a-z])/i.exec(text);
  if (hex?.[1]) return traceOf(hex[1]);
  const uuid = /(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/i.exec(text);
  if (uuid) return traceOf(uuid[0].replaceAll("-", ""));
  const base64 = /(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{22})==/.exec(text);
  if (base64?.[1]) {
    const bytes = Array.from(atob(`${base64[1]}==`), (character) => character.charCodeAt(0).toString(16).padStart(2, "0"));
    return traceOf(bytes.join(""));
  }
  return undefined;
}

function traceOf(id: string, span?: string): FoundId | undefined {
  const lower = id.toLowerCase();
  if (/^0+$/.test(lower)) return undefined;
  return span ? { kind: "trace", id: lower, span: span.toLowerCase() } : { kind: "trace", id: lower };
}
