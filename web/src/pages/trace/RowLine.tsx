import { memo } from "react";
import { barX } from "../../charts/waterfall";
import { count, duration, percent, plural } from "../../lib/format";
import { repetitionName, repetitionOf, siblingsOf, timesOf } from "../../model/rows";
import { ERROR, HEAD, MISSING, endOf, has, nameOf, serviceOf, spansBelow, wrongText } from "../../model/trace";
import { Icon } from "../../ui/icons";
import { ROW_PX } from "../../ui/row";
import type { TraceState } from "./state";

const INDENT = 14;
/** Deeper levels are told by a number, so that names keep their room. */
const DEEPEST = 12;

interface RowLineProps {
  state: TraceState;
  row: number;
  index: number;
  names: number;
  width: number;
  colour: string;
}

/** A row is drawn once while it is scrolled by: what it is made of changes with the trace's state alone. */
export const RowLine = memo(function RowLine({ state, row, index, names, width, colour }: RowLineProps) {
  const { trace, repetitions, folding, selected, cursor, stand, select, toggle, shown, setShown } = state;
  const repetition = row < 0 ? repetitions[repetitionOf(row)] : undefined;
  const span = repetition ? repetition.first : row;
  const depth = (trace.depth[span] ?? 0) + (repetition || (state.memberOf[span] ?? -1) < 0 ? 0 : 1);
  const name = repetition ? repetitionName(trace, repetition) : nameOf(trace, span);
  const hasChildren = repetition !== undefined || (trace.childCount[span] ?? 0) > 0;
  const isOpen = repetition ? folding.openRepetitions[repetitionOf(row)] === 1 : folding.open[span] === 1 || state.filtered;
  const below = trace.below[span] ?? 0;
  const errors = repetition ? repetition.errors : (trace.errorsBelow[span] ?? 0);
  const length = repetition ? repetition.wall : (trace.duration[span] ?? 0);
  const lastMember = repetition?.members.at(-1);
  const end = lastMember === undefined ? endOf(trace, span) : endOf(trace, lastMember);
  const right = barX(shown, width, end);
  const left = barX(shown, width, trace.from[span] ?? 0);
  const outside = right + 70 > width;
  const timeStyle = outside ? (left > 76 ? { right: width - left + 6 } : { right: 8 }) : { left: names + Math.max(0, right) + 6 };
  return (
    <div
      id={repetition ? `group-${repetitionOf(row)}` : `span-${span}`}
      role="row"
      className="row"
      aria-rowindex={index + 1}
      aria-level={depth + 1}
      aria-setsize={repetition ? undefined : siblingsOf(trace, span)}
      aria-posinset={repetition ? undefined : state.places[span]}
      aria-expanded={hasChildren ? isOpen : undefined}
      aria-selected={row === cursor}
      style={{ top: index * ROW_PX, height: ROW_PX }}
      onClick={() => (repetition ? (stand(row), toggle(row)) : select(span === selected ? -1 : span, "push"))}
      onDoubleClick={() => setShown({ from: (trace.from[span] ?? 0) - length * 0.05, to: end + length * 0.05 })}
    >
      <span className="names" role="gridcell" style={{ paddingLeft: 12 + Math.min(depth, DEEPEST) * INDENT }}>
        <button
          type="button"
          tabIndex={-1}
          className={`caret${isOpen ? " open" : ""}${hasChildren ? "" : " none"}`}
          aria-label={isOpen ? "Close" : "Open"}
          onClick={(event) => {
            event.stopPropagation();
            toggle(row, event.altKey);
          }}
        >
          <Icon name="forward" size={14} />
        </button>
        {depth > DEEPEST && <span className="hidden-count">{depth}</span>}
        <span className="swatch" style={{ background: has(trace, span, MISSING) ? "transparent" : colour, marginRight: 0, border: has(trace, span, MISSING) ? "1px dashed" : 0 }} />
        {(has(trace, span, ERROR) || (errors > 0 && !isOpen)) && (
          <span className="bad" title={has(trace, span, ERROR) ? "error" : `${errors} errors within`}>
            !{errors > 0 && !isOpen ? errors : ""}
          </span>
        )}
        <span className="cut" title={name}>
          {repetition && <strong>×{timesOf(repetition)} </strong>}
          {name}
        </span>
        <span className="service">{serviceOf(trace, span)}</span>
        {repetition?.isSerial && <span className="hint cut">in a row: {percent(repetition.share)} of this span</span>}
        {!isOpen && !repetition && below > 0 && <span className="hidden-count">+{count(below)}</span>}
        {has(trace, span, MISSING) && <span className="hint cut" title={wrongText(trace, span)}>{has(trace, span, HEAD) ? "" : `${plural(spansBelow(trace, span), "span")}: `}{wrongText(trace, span)}</span>}
      </span>
      <span role="gridcell" className={outside && left <= 76 ? "time within" : "time"} style={timeStyle}>
        {duration(length / 1e6)}
      </span>
    </div>
  );
});
