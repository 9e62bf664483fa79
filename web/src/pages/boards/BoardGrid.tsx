import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import type { Panel } from "../../api/library";
import { COLUMNS, type Place, inOrder, moved, nudged } from "../../model/board";
import type { Condition } from "../../model/query";
import { type Item, Menu } from "../../ui/Menu";
import { announce } from "../../ui/announce";
import { Icon } from "../../ui/icons";
import { Markdown } from "../../ui/Markdown";
import { freeId } from "../../model/board";
import { PanelBody, PanelTitle } from "./PanelBody";

/** Room between panels, and the height of a row of the grid, in CSS pixels; the style sheet has the same. */
const GAP = 16;
const ROW = 40;

interface BoardGridProps {
  env: string;
  panels: Panel[];
  conditions: readonly Condition[];
  time: string;
  times: number;
  setPanels: (panels: Panel[], words: string) => void;
  edit: (panel: Panel) => void;
  /** Who looks at it may not change it: nothing is there to move, edit or remove a panel with. */
  isFixed: boolean;
}

interface Drag {
  id: string;
  kind: "move" | "size";
  x: number;
  y: number;
  from: Place;
}

/** The panels on their grid. The pointer drags a panel by its grip and its corner; `m` moves the focused one with the arrows. */
export function BoardGrid({ env, panels, conditions, time, times, setPanels, edit, isFixed }: BoardGridProps) {
  const grid = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>();
  /** The panels as they would stand, while one is moved. */
  const [draft, setDraft] = useState<Panel[]>();
  const [moving, setMoving] = useState<string>();
  const shown = draft ?? panels;

  const end = (keep: boolean) => {
    if (keep && draft && JSON.stringify(draft) !== JSON.stringify(panels)) setPanels(draft, "Moved");
    setDraft(undefined);
    setDrag(undefined);
    setMoving(undefined);
  };
  const begin = (event: PointerEvent, panel: Panel, kind: Drag["kind"]) => {
    if (event.button !== 0) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).focus();
    event.currentTarget.setPointerCapture(event.pointerId);
    const { x, y, width, height } = panel;
    setDrag({ id: panel.id, kind, x: event.clientX, y: event.clientY, from: { x, y, width, height } });
  };
  const pull = (event: PointerEvent) => {
    if (!drag || !grid.current) return;
    const column = (grid.current.clientWidth + GAP) / COLUMNS;
    const across = Math.round((event.clientX - drag.x) / column);
    const down = Math.round((event.clientY - drag.y) / (ROW + GAP));
    const { x, y, width, height } = drag.from;
    const to = drag.kind === "move" ? { x: x + across, y: y + down, width, height } : { x, y, width: Math.min(COLUMNS - x, width + across), height: height + down };
    setDraft(moved(panels, drag.id, to));
  };
  const say = (list: readonly Panel[], id: string) => {
    const panel = list.find((one) => one.id === id);
    if (panel) announce(`Column ${panel.x + 1}, row ${panel.y + 1}, ${panel.width} wide, ${panel.height} high`);
  };
  const step = (id: string, by: Partial<Place>) => {
    const next = nudged(shown, id, by);
    setDraft(next);
    say(next, id);
  };
  const press = (event: KeyboardEvent, panel: Panel) => {
    if (isFixed) return;
    const isGrip = (event.target as HTMLElement).classList.contains("grip");
    if (event.key === "m" && !event.ctrlKey && !event.metaKey && !event.altKey && !(event.target as HTMLElement).closest("input, textarea, [role=menu]")) {
      event.preventDefault();
      event.stopPropagation();
      if (moving) return end(true);
      setMoving(panel.id);
      event.currentTarget.querySelector<HTMLElement>(".grip")?.focus();
      return announce("Moving: arrows move, Shift and arrows change the size, Enter ends, Escape takes it back");
    }
    if (drag?.id === panel.id && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      return end(false);
    }
    if (moving !== panel.id || !isGrip) return;
    const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const by = arrows[event.key];
    if (by) step(panel.id, event.shiftKey ? { width: by[0], height: by[1] } : { x: by[0], y: by[1] });
    else if (event.key === "Enter" || event.key === " ") end(true);
    else if (event.key === "Escape") end(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const once = (panel: Panel, by: Partial<Place>, words: string) => setPanels(nudged(panels, panel.id, by), words);

  return (
    <div ref={grid} className={isFixed ? "board fixed" : drag || moving ? "board moving" : "board"}>
      {inOrder(shown).map((panel) => {
        const title = panel.content.type === "query" ? panel.content.title || panel.content.query : "Text";
        const items: Item[] = [
          { label: "Edit", run: () => edit(panel) },
          {
            label: "Make a copy",
            run: () => setPanels(moved([...panels, { ...panel, id: freeId(panels), y: panel.y + panel.height }], freeId(panels), { ...panel, y: panel.y + panel.height }), "Copied"),
          },
          { label: null },
          { label: "Move left", run: () => once(panel, { x: -1 }, "Moved left") },
          { label: "Move right", run: () => once(panel, { x: 1 }, "Moved right") },
          { label: "Move up", run: () => once(panel, { y: -1 }, "Moved up") },
          { label: "Move down", run: () => once(panel, { y: 1 }, "Moved down") },
          { label: "Wider", run: () => once(panel, { width: 1 }, "Wider") },
          { label: "Narrower", run: () => once(panel, { width: -1 }, "Narrower") },
          { label: "Taller", run: () => once(panel, { height: 1 }, "Taller") },
          { label: "Lower", run: () => once(panel, { height: -1 }, "Lower") },
          { label: null },
          { label: "Remove", run: () => setPanels(panels.filter((other) => other.id !== panel.id), "Panel removed; Undo brings it back") },
        ];
        const style = { "--x": panel.x + 1, "--y": panel.y + 1, "--w": panel.width, "--h": panel.height } as React.CSSProperties;
        return (
          <section
            key={panel.id}
            className={`panel board-panel ${panel.content.type}${drag?.id === panel.id || moving === panel.id ? " held" : ""}`}
            style={style}
            aria-label={title}
            onKeyDown={(event) => press(event, panel)}
          >
            <header>
              {!isFixed && (
                <button
                  type="button"
                  className="grip"
                  aria-label={`Move ${title}`}
                  aria-pressed={moving === panel.id}
                  title="Drag, or press m"
                  onPointerDown={(event) => begin(event, panel, "move")}
                  onPointerMove={pull}
                  onPointerUp={() => drag && end(true)}
                  onPointerCancel={() => end(false)}
                  onBlur={() => moving === panel.id && end(true)}
                  onClick={(event) => {
                    // A press of a key; the pointer drags.
                    if (event.detail === 0 && moving !== panel.id) {
                      setMoving(panel.id);
                      announce("Moving: arrows move, Shift and arrows change the size, Enter ends, Escape takes it back");
                    }
                  }}
                >
                  <Icon name="grip" size={14} />
                </button>
              )}
              {panel.content.type === "query" ? <PanelTitle content={panel.content} conditions={conditions} /> : <span className="grow" />}
              {!isFixed && <Menu label="⋯" name={`Panel ${title}`} className="button plain square" align="right" items={items} />}
            </header>
            {panel.content.type === "query" ? (
              <PanelBody env={env} id={panel.id} content={panel.content} conditions={conditions} time={time} times={times} />
            ) : (
              <div className="panel-body text" tabIndex={0} role="group" aria-label="Text">
                <Markdown text={panel.content.text} />
              </div>
            )}
            {!isFixed && (
              <span
                className="corner"
                aria-hidden="true"
                onPointerDown={(event) => begin(event, panel, "size")}
                onPointerMove={pull}
                onPointerUp={() => drag && end(true)}
                onPointerCancel={() => end(false)}
              />
            )}
          </section>
        );
      })}
    </div>
  );
}
