import { type ReactNode, useState } from "react";
import { printJson } from "../lib/json";
import { copyText } from "./clipboard";
import { Icon } from "./icons";

interface FieldsProps {
  fields: Record<string, unknown>;
  /** Adds `column = value` to a query, or `!=`. */
  onFilter?: (column: string, value: unknown, negated: boolean) => void;
  onGroup?: (column: string) => void;
  /** What shows how a field's values are spread, on demand. */
  distribution?: (column: string, value: unknown) => ReactNode;
  /** Names in the order they should stand; others follow by name. */
  first?: readonly string[];
}

/** Fields that SDKs and Glasshive make of themselves: what the application said comes before them. */
const MADE = /^(?:telemetry\.|library\.|trace\.|span\.num_|resource\.|scope\.|log\.|service\.instance\.id$|process\.|status_code$|is_root$|type$|flags$|parent_name$|exception\.(?:stacktrace|escaped)$)/;

export function fieldText(value: unknown): string {
  if (value === null) return "(empty)";
  return typeof value === "string" ? value : printJson(value, typeof value === "object" ? 2 : undefined);
}

/** Every field of an event, to search, copy and go on from. */
export function Fields({ fields, onFilter, onGroup, distribution, first = [] }: FieldsProps) {
  const [search, setSearch] = useState("");
  const [spread, setSpread] = useState<string>();
  const needle = search.trim().toLowerCase();
  const rank = (name: string) => {
    const at = first.indexOf(name);
    return at < 0 ? first.length + (name.startsWith("meta.") ? 2 : MADE.test(name) ? 1 : 0) : at;
  };
  const names = Object.keys(fields)
    .filter((name) => !needle || name.toLowerCase().includes(needle) || fieldText(fields[name]).toLowerCase().includes(needle))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return (
    <>
      <div style={{ padding: 8 }}>
        <input className="field" style={{ width: "100%" }} placeholder={`Search ${Object.keys(fields).length} fields`} aria-label="Search fields" value={search} onChange={(event) => setSearch(event.target.value)} />
      </div>
      <dl className="fields">
        {names.map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fieldText(fields[name])}</dd>
            <dd className="acts">
              <button type="button" title="Copy" aria-label={`Copy ${name}`} onClick={() => void copyText(fieldText(fields[name]), `${name} copied`)}>
                <Icon name="copy" size={13} />
              </button>
              {onFilter && (
                <>
                  <button type="button" title="Only events with this value" aria-label={`Only ${name} = this`} onClick={() => onFilter(name, fields[name], false)}>
                    =
                  </button>
                  <button type="button" title="Without this value" aria-label={`Without ${name} = this`} onClick={() => onFilter(name, fields[name], true)}>
                    ≠
                  </button>
                </>
              )}
              {onGroup && (
                <button type="button" title="Group by this field" aria-label={`Group by ${name}`} onClick={() => onGroup(name)}>
                  ⊞
                </button>
              )}
              {distribution && (
                <button type="button" title="Values of similar spans" aria-label={`Values of ${name} over similar spans`} aria-expanded={spread === name} onClick={() => setSpread(spread === name ? undefined : name)}>
                  <Icon name="query" size={13} />
                </button>
              )}
            </dd>
            {distribution && spread === name && <dd style={{ gridColumn: "1 / -1" }}>{distribution(name, fields[name])}</dd>}
          </div>
        ))}
      </dl>
      {names.length === 0 && <p className="state quiet">No field has “{search}”.</p>}
    </>
  );
}
