import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Row } from "../../api/hooks";
import { useSize } from "../../charts/canvas";
import { type Zone, clock, moment, nsToMs } from "../../lib/time";
import { fieldText } from "../../ui/Fields";
import { Link } from "../../ui/Link";
import { ROW_PX } from "../../ui/row";
import { useKeptInSight } from "../../ui/sight";
import { traceAddress } from "../query/RawData";

const OVERSCAN = 20;

interface LinesProps {
  rows: readonly Row[];
  zone: Zone;
  /** All of one day. */
  isShort: boolean;
  label: string;
  /** The last line stays in view. */
  following?: boolean;
  selected?: string | undefined;
  select: (row: Row | undefined) => void;
  box: RefObject<HTMLDivElement | null>;
}

/** Log lines, those in view; `j` and `k` walk them. */
export function Lines({ rows, zone, isShort, label, following = false, selected, select, box }: LinesProps) {
  const [top, setTop] = useState(0);
  const [, { height }] = useSize(box);
  const first = Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_PX) + OVERSCAN);
  const at = selected === undefined ? -1 : rows.findIndex(({ seq }) => seq === selected);
  const sought = useRef(selected);
  useKeptInSight(height, at < 0 ? undefined : `line-${at}`);
  // The line that an address names is brought into view, once.
  useLayoutEffect(() => {
    if (!box.current || at < 0 || sought.current !== selected) return;
    sought.current = undefined;
    box.current.scrollTop = Math.max(0, at * ROW_PX - box.current.clientHeight / 3);
    box.current.focus({ preventScroll: true });
  }, [at, selected, box]);
  useEffect(() => {
    if (following && box.current) box.current.scrollTop = rows.length * ROW_PX;
  }, [following, rows, box]);
  const key = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20, Home: -rows.length, End: rows.length }[event.key];
    if (by !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey && event.target === box.current) {
      event.preventDefault();
      const next = Math.min(rows.length - 1, Math.max(0, (at < 0 ? (by > 0 ? first - 1 + (top > 0 ? OVERSCAN : 0) : last) : at) + by));
      select(rows[next]);
      const element = box.current;
      if (next * ROW_PX < element.scrollTop) element.scrollTop = next * ROW_PX;
      else if ((next + 2) * ROW_PX > element.scrollTop + element.clientHeight) element.scrollTop = (next + 2) * ROW_PX - element.clientHeight;
    } else if (event.key === "Escape" && selected !== undefined) {
      event.stopPropagation();
      select(undefined);
    }
  };
  return (
    <div
      ref={box}
      className="loglines"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={label}
      aria-activedescendant={at < 0 ? undefined : `line-${at}`}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={key}
    >
      <div style={{ height: rows.length * ROW_PX, position: "relative" }}>
        {rows.slice(first, last).map((row, n) => {
          const severity = fieldText(row.fields.severity ?? "");
          const isSelected = first + n === at;
          return (
            <div key={row.seq} id={`line-${first + n}`} className={isSelected ? "logline selected" : "logline"} style={{ top: (first + n) * ROW_PX, height: ROW_PX }} onClick={() => select(isSelected ? undefined : row)}>
              <span className="quiet" style={isShort ? {} : { minWidth: "23ch" }}>
                {isShort ? clock(nsToMs(row.time_ns), zone, "ms") : moment(nsToMs(row.time_ns), zone, Date.now(), "ms")}
              </span>
              <span className={`sev sev-${severity}`}>{severity}</span>
              <span className="svc">{fieldText(row.fields["service.name"] ?? "")}</span>
              {row.fields["trace.trace_id"] ? (
                <Link
                  className="way"
                  to={traceAddress(row)}
                  aria-label="Open its trace"
                  // Back leads to this line again.
                  onClick={() => select(row)}
                >
                  trace
                </Link>
              ) : (
                <span className="quiet way">–</span>
              )}
              <span>{fieldText(row.fields.body ?? row.fields["exception.type"] ?? row.fields.name ?? "").split("\n", 1)[0]}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
