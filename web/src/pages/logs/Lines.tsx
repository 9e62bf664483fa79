import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Row } from "../../api/hooks";
import { useSize } from "../../charts/canvas";
import { exact } from "../../lib/format";
import { type Zone, clock, moment, nsToMs } from "../../lib/time";
import { fieldText } from "../../ui/Fields";
import { announce } from "../../ui/announce";
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
  /** Somebody scrolls up, or takes hold of a line: what is looked at must not move on. */
  onHold?: () => void;
  selected?: string | undefined;
  select: (row: Row | undefined) => void;
  box: RefObject<HTMLDivElement | null>;
}

/** Whether a click was meant as one: the end of a selection of text is none. */
const isPress = () => document.getSelection()?.isCollapsed !== false;

/** Log lines, those in view; `j` and `k` walk them. */
export function Lines({ rows, zone, isShort, label, following = false, onHold, selected, select, box }: LinesProps) {
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
  const hold = () => following && onHold?.();
  const scroll = ({ scrollTop, scrollHeight, clientHeight }: HTMLElement) => {
    // A list that got shorter, or a window that got higher, moves up to its end by itself.
    if (scrollTop < top && scrollHeight - clientHeight - scrollTop > ROW_PX / 2) hold();
    setTop(scrollTop);
  };
  const key = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20, Home: -rows.length, End: rows.length }[event.key];
    if (by !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey && event.target === box.current) {
      event.preventDefault();
      const next = Math.min(rows.length - 1, Math.max(0, (at < 0 ? (by > 0 ? first - 1 + (top > 0 ? OVERSCAN : 0) : last) : at) + by));
      const chosen = rows[next];
      select(chosen);
      if (chosen) announce(`${wordsOf(chosen, zone)}, ${exact(next + 1)} of ${exact(rows.length)}`);
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
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length}
      aria-activedescendant={at < first || at >= last ? undefined : `line-${at}`}
      onScroll={(event) => scroll(event.currentTarget)}
      onWheel={(event) => event.deltaY < 0 && event.currentTarget.scrollTop > 0 && hold()}
      onPointerDown={(event) => event.button === 0 && event.target !== event.currentTarget && hold()}
      onKeyDown={key}
    >
      <div role="rowgroup" style={{ height: rows.length * ROW_PX, position: "relative" }}>
        {rows.slice(first, last).map((row, n) => {
          const severity = fieldText(row.fields.severity ?? "");
          const isSelected = first + n === at;
          return (
            <div
              key={row.seq}
              id={`line-${first + n}`}
              role="row"
              aria-rowindex={first + n + 1}
              aria-selected={isSelected}
              className={isSelected ? "logline selected" : "logline"}
              style={{ top: (first + n) * ROW_PX, height: ROW_PX }}
              onClick={() => isPress() && select(isSelected ? undefined : row)}
            >
              <span role="gridcell" className="quiet" style={isShort ? {} : { minWidth: "23ch" }}>
                {isShort ? clock(nsToMs(row.time_ns), zone, "ms") : moment(nsToMs(row.time_ns), zone, Date.now(), "ms")}
              </span>
              <span role="gridcell" className={`sev sev-${severity}`}>
                {severity}
              </span>
              <span role="gridcell" className="svc">{fieldText(row.fields["service.name"] ?? "")}</span>
              <span role="gridcell" className="way">
                {row.fields["trace.trace_id"] ? (
                  <Link
                    to={traceAddress(row)}
                    aria-label="Open its trace"
                    // Back leads to this line again.
                    onClick={() => select(row)}
                  >
                    trace
                  </Link>
                ) : (
                  <span className="quiet">–</span>
                )}
              </span>
              <span role="gridcell">{textOf(row)}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** What a line says, its first line. */
const textOf = (row: Row) => fieldText(row.fields.body ?? row.fields["exception.type"] ?? row.fields.name ?? "").split("\n", 1)[0] ?? "";

/** A line as it is read out. */
function wordsOf(row: Row, zone: Zone): string {
  return [clock(nsToMs(row.time_ns), zone, "ms"), fieldText(row.fields.severity ?? ""), fieldText(row.fields["service.name"] ?? ""), textOf(row)].filter(Boolean).join(", ");
}
