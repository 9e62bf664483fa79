import { useEvents } from "../../api/hooks";
import { type Definition, columnsRead, definitionOf, definitionText } from "../../model/calculated";
import { type Query, whereText } from "../../model/query";
import { columnText } from "../../model/words";
import { clock, nsToMs } from "../../lib/time";
import { sentence } from "../../ui/States";
import { fieldText } from "../../ui/Fields";
import { useTime } from "../../ui/view";

const ROWS = 5;
/** Columns beside the value: more do not fit. */
const BESIDE = 4;

interface FieldPreviewProps {
  env: string;
  draft: Query;
  range: string;
  definition: Definition;
  /** What the field was called in the query. */
  before: string;
  enabled: boolean;
}

/** What an expression makes of the newest events of the query that it has a value for, beside the columns that it reads. */
export function FieldPreview({ env, draft, range, definition, before, enabled }: FieldPreviewProps) {
  const { zone } = useTime();
  const others = draft.fields.filter((piece) => ![definition.name, before].includes(definitionOf(piece).name));
  const read = columnsRead(definition.expression).slice(0, BESIDE);
  // Conditions on the field itself would choose what is looked at by what is being changed.
  const where = draft.where.filter(({ text }) => !text.startsWith(`${columnText(before || definition.name)} `));
  // Comparisons hold of nothing where their column is absent: events that have it tell more, unless absence is what is asked about.
  const first = /\b(?:COALESCE|EXISTS|NOT)\s*\(|!/i.test(definition.expression) ? undefined : read.find((name) => !others.some((piece) => definitionOf(piece).name === name));
  const has = first === undefined ? [] : [`${columnText(first)} exists`];
  const text = `${whereText({ ...draft, fields: [...others, definitionText(definition)], where }, ...has, `${columnText(definition.name)} exists`)} ${range}`;
  const answer = useEvents(env, { text, columns: [definition.name, ...read], limit: ROWS }, 0, enabled);
  const rows = answer.data?.rows ?? [];
  if (!enabled && !answer.data) return <p className="quiet field-preview">What it makes of five events stands here once the expression can be read.</p>;
  if (answer.error && !answer.isFetching) return <p className="form-error field-preview">{sentence(answer.error.message)}</p>;
  if (answer.data && !answer.isPlaceholderData && rows.length === 0) return <p className="quiet field-preview">No event of this query has a value: the expression is absent for all of them.</p>;
  return (
    <div className={`grid-wrap field-preview${answer.isPlaceholderData || !enabled ? " stale" : ""}`} role="region" tabIndex={0} aria-label="Newest events with their values" aria-busy={answer.isFetching}>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">time</th>
            {read.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">{definition.name}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.seq}>
              <td className="quiet">{clock(nsToMs(row.time_ns), zone, "second")}</td>
              {read.map((name) => (
                <td key={name} className={row.fields[name] === undefined ? "quiet" : ""}>
                  {row.fields[name] === undefined ? "(absent)" : fieldText(row.fields[name])}
                </td>
              ))}
              <td>
                <strong>{row.fields[definition.name] === undefined ? "(absent)" : fieldText(row.fields[definition.name])}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
