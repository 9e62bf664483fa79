import type { CSSProperties, ReactNode } from "react";

/** A column: its name, and the class of its head, such as `num` for figures. */
export type Head = string | { name: string; className: string };

export const numeric = (name: string, more = ""): Head => ({ name, className: `num ${more}`.trim() });

interface TableProps {
  /** What it lists, or the id of the heading that says so. */
  label: string | { by: string };
  heads: readonly Head[];
  /** A last column with a name for those only who hear it: `actions`, say. */
  last?: string;
  className?: string;
  style?: CSSProperties;
  /** Its rows. */
  children: ReactNode;
}

/** A figure's cell that is filled, from the right, by its share of the largest. Painted with the cell's ground: a part of its own in each row would be laid out and put together by itself. */
export const filled = (share: number): CSSProperties => ({ backgroundSize: `${share > 0 ? Math.max(1, Math.round(Math.min(1, share) * 1e3) / 10) : 0}% calc(100% - 6px)` });

/** A table that scrolls within its own frame, by keyboard too. */
export function Table({ label, heads, last, className = "", style = {}, children }: TableProps) {
  const name = typeof label === "string" ? { "aria-label": label } : { "aria-labelledby": label.by };
  return (
    <div className="grid-wrap" style={style} tabIndex={0} role="region" {...name}>
      <table className={`grid ${className}`.trim()}>
        <thead>
          <tr>
            {heads.map((head) => {
              const { name: text, className: kind } = typeof head === "string" ? { name: head, className: undefined } : head;
              return (
                <th key={text} scope="col" className={kind}>
                  {text}
                </th>
              );
            })}
            {last && (
              <th scope="col">
                <span className="only-read">{last}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
