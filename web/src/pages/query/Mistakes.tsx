import { useRun } from "../../api/hooks";
import type { Column } from "../../api/hooks";
import { columnReference } from "../../model/calculated";
import { meant } from "../../model/rank";
import { columnText, equals } from "../../model/words";
import { WELL_KNOWN } from "./proposals";

interface MistakesProps {
  env: string;
  range: string;
  columns: readonly Column[];
  /** Columns that no event has. */
  unknown: readonly string[];
  /** Conditions that ask a column for what it never holds. */
  clashes: readonly { condition: string; column: string; kind: string; value: string }[];
  rename: (from: string, to: string) => void;
  /** Puts another condition in the place of one; nothing takes it away. */
  replace: (condition: string, by: string | undefined) => void;
}

/** Texts that are looked into for a value that stands at the wrong column. */
const LOOKED_INTO = 24;

/** What of the query cannot be meant, each with what mends it in one press. The query runs all the same. */
export function Mistakes({ env, range, columns, unknown, clashes, rename, replace }: MistakesProps) {
  return (
    <>
      {unknown.map((name) => {
        const instead = meant(name, columns.map((column) => column.name));
        return (
          <p key={name} className="builder-words warn" role="status">
            <span>
              No event has a column “{name}”; it counts as absent.{instead && ` ${instead} exists.`}
            </span>
            {instead && (
              <button type="button" className="button" onClick={() => rename(name, instead)}>
                Use {instead}
              </button>
            )}
          </p>
        );
      })}
      {clashes.map((clash) => (
        <Clash key={clash.condition} env={env} range={range} columns={columns} clash={clash} replace={replace} />
      ))}
    </>
  );
}

function Clash({ env, range, columns, clash: { condition, column, kind, value }, replace }: Pick<MistakesProps, "env" | "range" | "columns" | "replace"> & { clash: MistakesProps["clashes"][number] }) {
  // The texts that most events have: one of them may hold the word.
  const texts = columns.filter(({ type, name, expression }) => type === "string" && !expression && !/(?:^|\.)(?:trace_id|span_id|parent_id)$|^meta\./.test(name));
  // Of several that hold it the one that people ask for is meant.
  const fame = (name: string) => (WELL_KNOWN.includes(name) ? WELL_KNOWN.indexOf(name) : WELL_KNOWN.length);
  const looked = [...texts].sort((a, b) => fame(a.name) - fame(b.name) || Number(b.events) - Number(a.events)).slice(0, LOOKED_INTO);
  const cases = looked.map(({ name }) => `EQUALS(${columnReference(name)}, ${JSON.stringify(value)}), ${JSON.stringify(name)}`);
  const text = cases.length === 0 ? "" : `WITH holder = IF(${cases.join(", ")}) COUNT WHERE holder exists GROUP BY holder LIMIT 1 ${range}`;
  const answer = useRun(env, text, [], 0, text !== "");
  const found = answer.isPlaceholderData ? undefined : answer.data?.results[0]?.group[0];
  const instead = typeof found === "string" ? equals(found, value) : undefined;
  return (
    <p className="builder-words warn" role="status">
      <span>
        {columnText(column)} is {kind}; “{value}” is not.{instead && ` Did you mean ${instead}?`}
      </span>
      {instead && (
        <button type="button" className="button" onClick={() => replace(condition, instead)}>
          Use {instead}
        </button>
      )}
      <button type="button" className="button" onClick={() => replace(condition, undefined)}>
        Remove it
      </button>
    </p>
  );
}
