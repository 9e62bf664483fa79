import { Fragment, type KeyboardEvent, type PointerEvent, useRef } from "react";
import { type Laid, type SortKey, movedBy, movedTo, withLaid } from "../../model/layout";
import { announce } from "../../ui/announce";

interface GroupHeadProps {
  /** All columns; those that are hidden are not drawn. */
  layout: readonly Laid[];
  setLayout: (layout: Laid[]) => void;
  breakdowns: readonly string[];
  /** Calculations beside which their change stands. */
  compared: ReadonlySet<string>;
  sort: readonly SortKey[];
  /** A head was pressed: with `adds`, its column orders what the others leave equal. */
  press: (name: string, adds: boolean) => void;
}

/** By how much keys change a column's width. */
const WIDER_PX = 24;

/** The heads of the table of groups. They sort; they are drawn to other places, and their edges wider; keys do the same. */
export function GroupHead({ layout, setLayout, breakdowns, compared, sort, press }: GroupHeadProps) {
  const row = useRef<HTMLTableRowElement>(null);
  const dragged = useRef<string>(undefined);
  const shown = layout.filter(({ isHidden }) => !isHidden);
  const key = (event: KeyboardEvent<HTMLElement>, { name }: Laid) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const width = event.currentTarget.closest("th")?.offsetWidth ?? 0;
    const wider = (by: number) => () => setLayout(withLaid(layout, name, { width: Math.max(48, width + by) }));
    const move = (by: number) => () => {
      setLayout(movedBy(layout, name, by));
      announce(`${name} moved`);
    };
    const actions: Record<string, () => void> = { ...(event.shiftKey ? { ArrowLeft: move(-1), ArrowRight: move(1) } : {}), "+": wider(WIDER_PX), "-": wider(-WIDER_PX), Delete: () => hide(name) };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  const hide = (name: string) => {
    if (shown.length < 2) return;
    setLayout(withLaid(layout, name, { isHidden: true }));
    announce(`${name} hidden; Columns below the table brings it back`);
  };
  const widen = (event: PointerEvent<HTMLElement>, name: string) => {
    event.preventDefault();
    event.stopPropagation();
    const edge = event.currentTarget;
    const head = edge.closest("th");
    if (!head) return;
    const [x, from] = [event.clientX, head.offsetWidth];
    edge.setPointerCapture(event.pointerId);
    const widthAt = (at: number) => Math.max(48, from + at - x);
    // Only the head follows the hand; the rows when it lets go.
    const move = (moved: globalThis.PointerEvent) => {
      head.style.minWidth = `${widthAt(moved.clientX)}px`;
      head.style.maxWidth = head.style.minWidth;
    };
    const end = (moved: globalThis.PointerEvent) => {
      edge.removeEventListener("pointermove", move);
      setLayout(withLaid(layout, name, { width: widthAt(moved.clientX) }));
    };
    edge.addEventListener("pointermove", move);
    edge.addEventListener("pointerup", end, { once: true });
  };
  return (
    <tr ref={row}>
      {breakdowns.length > 0 && (
        <th scope="col" className="least">
          <span className="only-read">in the graphs, and menu</span>
        </th>
      )}
      {shown.map((column) => {
        const { name, width } = column;
        const at = sort.findIndex(({ label }) => label === name);
        const order = sort[at];
        return (
          <Fragment key={name}>
            <th
              scope="col"
              className={breakdowns.includes(name) ? "" : "num"}
              style={width === undefined ? undefined : { minWidth: width, maxWidth: width }}
              aria-sort={order ? (order.down ? "descending" : "ascending") : "none"}
              onDragOver={(event) => dragged.current !== undefined && event.preventDefault()}
              onDrop={(event) => {
                event.preventDefault();
                if (dragged.current !== undefined) setLayout(movedTo(layout, dragged.current, name));
                dragged.current = undefined;
              }}
            >
              <button
                type="button"
                draggable
                title={`${name}: press to sort, with Shift by this as well; draw to another place`}
                onDragStart={() => (dragged.current = name)}
                onDragEnd={() => (dragged.current = undefined)}
                onKeyDown={(event) => key(event, column)}
                onClick={(event) => press(name, event.shiftKey)}
              >
                {name}
                {order && (order.down ? " ↓" : " ↑")}
                {order && sort.length > 1 && <sub>{at + 1}</sub>}
              </button>
              <span className="edge" aria-hidden="true" onPointerDown={(event) => widen(event, name)} />
            </th>
            {compared.has(name) && (
              <th scope="col" className="num">
                than before
              </th>
            )}
          </Fragment>
        );
      })}
    </tr>
  );
}
