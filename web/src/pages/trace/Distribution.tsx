import { useRun } from "../../api/hooks";
import { count, exact, inUnit, percent, unitOfColumn } from "../../lib/format";
import { asking, columnText, readQuery } from "../../model/query";
import { graphsOf, numberOf } from "../../model/series";
import { fieldText } from "../../ui/Fields";
import { Notes } from "../../ui/Notes";
import { ErrorState, Skeleton } from "../../ui/States";

interface DistributionProps {
  env: string;
  column: string;
  value: unknown;
  /** Conditions of the spans like this one, as text. */
  alike: string;
  time: string;
}

const SHOWN = 8;

/** The values of a field over similar spans, with this span's marked. */
export function Distribution(props: DistributionProps) {
  const isNumber = typeof props.value === "number" && !/(^|[._])(id|code|port)$/.test(props.column);
  return isNumber ? <Numbers {...props} /> : <Values {...props} />;
}

function Values({ env, column, value, alike, time }: DistributionProps) {
  const query = asking(readQuery(alike), ["COUNT"], { groupBy: [columnText(column)], orderBy: ["COUNT desc"], limit: String(SHOWN) });
  const answer = useRun(env, `${query} ${time}`, ["total"], 0);
  if (answer.error && !answer.data) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton height={80} label={`Asking for values of ${column}`} />;
  const all = numberOf(answer.data.total?.[0]);
  const own = fieldText(value);
  const rows = answer.data.results.map(({ group, values }) => ({ name: group[0] === null ? "(absent)" : fieldText(group[0]), events: numberOf(values[0]) }));
  const isListed = rows.some(({ name }) => name === own);
  return (
    <div className="dist" role="group" aria-label={`${column} over similar spans`}>
      {rows.map(({ name, events }) => (
        <div key={name} className={name === own ? "dist-row own" : "dist-row"} title={`${name}: ${exact(events)} of ${exact(all)}`}>
          <i style={{ width: `${(events / Math.max(1, all)) * 100}%` }} />
          <span className="cut">{name}</span>
          <span className="mono">{percent(events / Math.max(1, all))}</span>
          {name === own && <span className="only-read">, this span's</span>}
        </div>
      ))}
      <Notes data={answer.data} own />
      <p className="quiet">
        {isListed ? "" : "This span's value is rarer than these. "}
        {count(all)} similar spans, {count(answer.data.groups)} values
      </p>
    </div>
  );
}

function Numbers({ env, column, value, alike, time }: DistributionProps) {
  const number = numberOf(value);
  const name = columnText(column);
  const query = asking(readQuery(alike), [`HEATMAP(${name})`, `P50(${name})`, `P95(${name})`, "COUNT"]);
  const answer = useRun(env, `${query} ${time}`, ["series"], 0);
  if (answer.error && !answer.data) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <Skeleton height={80} label={`Asking for values of ${column}`} />;
  const heat = graphsOf(answer.data).calculations[0]?.heat;
  const [, median, p95, all] = answer.data.results[0]?.values.map(numberOf) ?? [];
  if (!heat || heat.rows === 0 || !all) return <p className="quiet">No similar span has a number here.</p>;
  const sums = Array.from({ length: heat.rows }, (_, row) => {
    let sum = 0;
    for (let at = row; at < heat.counts.length; at += heat.rows) sum += heat.counts[at] ?? 0;
    return sum;
  });
  const most = Math.max(...sums, 1);
  const own = sums.findLastIndex((_, row) => number >= (heat.edges[row] ?? 0));
  const measure = unitOfColumn(column);
  const print = (figure: number | undefined) => inUnit(figure ?? 0, measure);
  return (
    <div className="dist" role="group" aria-label={`${column} over similar spans: median ${print(median)}, 95 % below ${print(p95)}, this span's ${print(number)}`}>
      <div className="dist-bars" aria-hidden="true">
        {sums.map((sum, row) => (
          <i key={row} className={row === own ? "own" : ""} style={{ height: `${sum > 0 ? Math.max(4, (sum / most) * 100) : 0}%` }} />
        ))}
      </div>
      <div className="ends">
        <span>{print(heat.edges[0])}</span>
        <span>{print(heat.edges.at(-1))}</span>
      </div>
      <Notes data={answer.data} own />
      <p className="quiet">
        median {print(median)}, P95 {print(p95)}, this span's {print(number)}; {count(all)} similar spans
      </p>
    </div>
  );
}
