import "../query/query.css";
import "../../ui/page.css";
import "./board.css";
import { useEffect, useState } from "react";
import { Problem } from "../../api/client";
import { Overtaken, type Panel, createBoard, deleteBoard } from "../../api/library";
import { go, useAddress, useChange } from "../../lib/address";
import { useStore } from "../../lib/store";
import { conditionsOf, freeId, freePlace, printConditions } from "../../model/board";
import { relativeName, windowName } from "../../model/range";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Link } from "../../ui/Link";
import { Menu } from "../../ui/Menu";
import { NameDialog } from "../../ui/NameDialog";
import { useTitle } from "../../ui/Shell";
import { EmptyState, ErrorState, Skeleton, sentence } from "../../ui/States";
import { announce } from "../../ui/announce";
import { isTyping } from "../../ui/keys";
import { asked, askAgain, pageAddress, timeText, useTime, useView } from "../../ui/view";
import { ClauseEditor } from "../query/ClauseEditor";
import { BoardGrid } from "./BoardGrid";
import { PanelEditor } from "./PanelEditor";
import { useEditing as useMayEdit } from "../../ui/useEditing";
import { useEditing } from "./editing";

/** In the address: no conditions, where the board has some. */
const NO_FILTER = "*";

/** One board: its panels, with one time and one filter for all. */
export function BoardPage({ id }: { id: string }) {
  const { env } = useView();
  const { params } = useAddress();
  const change = useChange();
  const { range, window: shown, zone, live } = useTime();
  const { times } = useStore(asked);
  const editing = useEditing(env, id);
  const { content, base, save } = editing;
  const { disabled: isFixed, title: why } = useMayEdit();
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  /** The version that somebody else made, and that is to go all the same. */
  const [overtaken, setOvertaken] = useState<number>();
  const [uncopied, setUncopied] = useState<unknown>();
  const [edited, setEdited] = useState<Panel | "query" | "text">();
  const full = params.get("full") === "1";
  useTitle(content?.name ?? "Board");

  // A board's own time is where its viewer begins; the address says so, so that it can be shared.
  const ownFrom = base?.from;
  const ownTo = base?.to;
  useEffect(() => {
    if (ownFrom && !params.get("from")) change({ from: ownFrom, to: ownTo || null }, "replace");
    // Only when the board is opened: who takes the time out of the address wants the usual one.
  }, [id, ownFrom === undefined]);
  useEffect(() => {
    if (!full) return;
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && !isTyping(event) && !document.querySelector("dialog[open], [role=menu]")) change({ full: null });
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [full, change]);

  if (!content || !base) {
    if (editing.asked.error) return <Missing error={editing.asked.error} retry={() => void editing.asked.refetch()} />;
    return (
      <div className="page">
        <Skeleton height={400} label="Reading the board" />
      </div>
    );
  }

  const f = params.get("f");
  const conditions = conditionsOf(f === null ? content.filter : f === NO_FILTER ? "" : f);
  const setConditions = (next: readonly { text: string; off?: boolean }[]) => {
    const text = printConditions(next.map((piece) => ({ text: piece.text, off: piece.off ?? false })));
    askAgain();
    change({ f: text === content.filter ? null : text || NO_FILTER });
  };
  const copy = async () => {
    setUncopied(undefined);
    try {
      const made = await createBoard(env, { ...content, name: `${content.name.slice(0, 240)} (copy)` });
      go(pageAddress(`/boards/${made.id}`));
    } catch (error) {
      setUncopied(error);
    }
  };
  const isOwnView = f === null && range.from === (content.from || "-2h") && range.to === (content.to || "now");
  const time = timeText(shown);
  const setPanels = (panels: Panel[], words: string) => save({ ...content, panels }, words);
  const put = (panel: Panel["content"], old: Panel | undefined) => {
    if (old) return setPanels(content.panels.map((other) => (other.id === old.id ? { ...old, content: panel } : other)), "Panel changed");
    const [width, height] = panel.type === "text" ? [4, 2] : [6, 4];
    setPanels([...content.panels, { id: freeId(content.panels), ...freePlace(content.panels, width, height), content: panel }], "Panel added");
  };

  return (
    <div className={full ? "page board-page full" : "page board-page"}>
      <div className="page-head">
        <div className="board-title">
          <h1 className="cut">{content.name}</h1>
          {content.description && <p className="quiet cut">{content.description}</p>}
        </div>
        {full && (
          <span className="quiet">
            <span className={live ? "dot ok" : "dot"} /> {relativeName(range) ?? windowName(shown, zone, Date.now())}
            {live && ", live"}
          </span>
        )}
        {editing.undo && (
          <button type="button" className="button" onClick={editing.undo}>
            Undo
          </button>
        )}
        {!isFixed && (
          <Menu
            label="Add"
            className="button primary"
            align="right"
            items={[
              { label: "Query", run: () => setEdited("query") },
              { label: "Text", run: () => setEdited("text") },
            ]}
          />
        )}
        <button type="button" className="button" aria-pressed={full} onClick={() => change({ full: full ? null : "1" })}>
          {full ? "Leave full screen" : "Full screen"}
        </button>
        {!isFixed && (
          <Menu
            label="Board"
            align="right"
            items={[
              { label: "Rename", run: () => setRenaming(true) },
              {
                label: "Begin with this filter and time",
                run: () => {
                  save({ ...content, filter: printConditions(conditions.filter(({ off }) => !off)), from: range.from === "-2h" && range.to === "now" ? "" : range.from, to: range.to === "now" ? "" : range.to }, "Everybody begins with this filter and time now");
                  change({ f: null });
                },
              },
              { label: "Make a copy", run: () => void copy() },
              { label: null },
              { label: "Delete", run: () => setDeleting(true) },
            ]}
          />
        )}
      </div>
      {isFixed && <p className="quiet">Filter and time are yours alone; a change of the board is one for everybody. {why}</p>}
      <Notices editing={editing} />
      {uncopied !== undefined && (
        <div className="note board-note" role="alert">
          <span className="grow">The copy was not made. {sentence(uncopied instanceof Error ? uncopied.message : String(uncopied))}</span>
          <button type="button" className="button" onClick={() => void copy()}>
            Try again
          </button>
          <button type="button" className="button" onClick={() => setUncopied(undefined)}>
            Let it be
          </button>
        </div>
      )}
      <section className="builder" aria-label="Conditions of all panels">
        <ClauseEditor
          clause="where"
          label="WHERE"
          placeholder="all events; conditions here go for every panel"
          wide
          context={{ env, range: time, calcs: [], groupBy: [] }}
          pieces={conditions}
          onChange={setConditions}
          onRun={setConditions}
          extra={
            !isOwnView && (
              <button type="button" className="button plain" onClick={() => change({ f: null, from: content.from || null, to: content.to || null })}>
                As the board begins
              </button>
            )
          }
        />
      </section>
      {content.panels.length === 0 ? (
        <EmptyState title="Nothing stands on this board yet">
          {!isFixed && <p className="why">Add a query or a text here, or press Add to board on the Query page, where every question can be tried first.</p>}
          <p>
            {!isFixed && (
              <button type="button" className="button primary" onClick={() => setEdited("query")}>
                Add a query
              </button>
            )}{" "}
            <Link className="button" to={pageAddress("/query")}>
              Go to Query
            </Link>
          </p>
        </EmptyState>
      ) : (
        <BoardGrid env={env} panels={content.panels} conditions={conditions} time={time} times={times} setPanels={setPanels} edit={setEdited} isFixed={isFixed} />
      )}
      {edited !== undefined && <PanelEditor key={typeof edited === "string" ? edited : edited.id} env={env} time={time} panel={edited} close={() => setEdited(undefined)} save={(next) => put(next, typeof edited === "string" ? undefined : edited)} />}
      {renaming && (
        <NameDialog
          title="Rename the board"
          action="Rename"
          name={content.name}
          description={content.description}
          close={() => setRenaming(false)}
          save={async (name, description) => save({ ...content, name, description }, "Renamed")}
        />
      )}
      {deleting && (
        <ConfirmDialog
          title={`Delete “${content.name}”?`}
          words={`Its ${content.panels.length} panels go with it, for everybody. The events stay.`}
          action="Delete the board"
          close={() => (setDeleting(false), setOvertaken(undefined))}
          run={async () => {
            try {
              await deleteBoard(env, id, overtaken ?? base.version);
            } catch (error) {
              if (error instanceof Overtaken) setOvertaken(error.version);
              throw error;
            }
            announce("Board deleted");
            go(pageAddress("/boards"));
          }}
        />
      )}
    </div>
  );
}

/** What became of changes: not kept, or overtaken. */
function Notices({ editing }: { editing: ReturnType<typeof useEditing> }) {
  const { conflict, newer, failure, base } = editing;
  if (conflict) {
    return (
      <div className="note board-note" role="alert">
        <span className="grow">
          {conflict.theirs.changed_by === "anyone" ? "Somebody else" : conflict.theirs.changed_by} changed this board at the same time. Your change is shown here and not kept.
        </span>
        <button type="button" className="button" onClick={() => editing.adopt(conflict.theirs)}>
          Show theirs
        </button>
        <button type="button" className="button" onClick={editing.insist}>
          Keep mine instead
        </button>
      </div>
    );
  }
  if (failure !== undefined) {
    const problem = failure instanceof Problem ? failure : undefined;
    return (
      <div className="note board-note" role="alert">
        <span className="grow">
          The change is not kept. {sentence(failure instanceof Error ? failure.message : String(failure))} {problem?.remedy && sentence(problem.remedy)}
        </span>
        <button type="button" className="button" onClick={editing.retry}>
          Try again
        </button>
        {base && (
          <button type="button" className="button" onClick={() => editing.adopt(base)}>
            Take it back
          </button>
        )}
      </div>
    );
  }
  if (newer) {
    return (
      <div className="note board-note" role="status">
        <span className="grow">{newer.changed_by === "anyone" ? "Somebody" : newer.changed_by} changed this board.</span>
        <button type="button" className="button" onClick={() => editing.adopt(newer)}>
          Show it
        </button>
      </div>
    );
  }
  return null;
}

function Missing({ error, retry }: { error: Error; retry: () => void }) {
  useTitle("Board");
  const isGone = error instanceof Problem && error.status === 404;
  return (
    <div className="page">
      <h1>Board</h1>
      {isGone ? (
        <EmptyState title="There is no such board in this environment">
          <p className="why">It was deleted, or it belongs to another environment.</p>
          <Link className="button" to={pageAddress("/boards")}>
            All boards
          </Link>
        </EmptyState>
      ) : (
        <ErrorState error={error} retry={retry} />
      )}
    </div>
  );
}
