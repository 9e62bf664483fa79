import { useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client";
import { Overtaken, type PanelContent, type SavedQuery, createBoard, deleteSavedQuery, readBoard, readSavedQuery, saveQuery, updateBoard, updateSavedQuery, useBoards } from "../../api/library";
import { go } from "../../lib/address";
import { createStore, useStore } from "../../lib/store";
import { freeId, freePlace } from "../../model/board";
import { type Query, isHeatmap, printQuery } from "../../model/query";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { ConflictDialog } from "../../ui/ConflictDialog";
import { Link } from "../../ui/Link";
import { Menu } from "../../ui/Menu";
import { NameDialog, ToldElsewhere } from "../../ui/NameDialog";
import { sentence } from "../../ui/States";
import { announce } from "../../ui/announce";
import { useEditing } from "../../ui/useEditing";
import { pageAddress } from "../../ui/view";

interface QueryActionsProps {
  env: string;
  ran: Query;
  tab: string;
  /** The saved query that this page shows, maybe changed. */
  saved: SavedQuery | undefined;
}

/** What a saved query is, without who made it and when. */
type Kept = Pick<SavedQuery, "name" | "description" | "query">;

/** What was just done with the query, and where it can be seen. */
const done = createStore<{ words: string; to?: string; link?: string } | undefined>(undefined);

/** Keeps the query: under a name, or on a board. */
export function QueryActions({ env, ran, tab, saved }: QueryActionsProps) {
  const boards = useBoards(env);
  const editing = useEditing();
  const [asking, setAsking] = useState<"save" | "rename" | "board" | "delete">();
  const query = printQuery(ran, true);
  const shown = useRef(query);
  useEffect(() => {
    // What was said of one query is not said of the next.
    if (shown.current !== query) done.set(undefined);
    shown.current = query;
  }, [query]);
  // What is worked on is the version that was seen: one that somebody else made meanwhile is not written over unseen.
  const base = useRef(saved);
  // Nor while another name is being typed for it.
  if (base.current?.id !== saved?.id || (saved && asking !== "rename" && (query === saved.query || query === base.current?.query))) base.current = saved;
  const [conflict, setConflict] = useState<{ mine: Kept; theirs: SavedQuery }>();
  const [overtaken, setOvertaken] = useState<number>();
  const isChanged = saved !== undefined && saved.query !== query;
  const tell = (words: string, link?: { to: string; link: string }) => {
    done.set({ words, ...link });
    announce(words);
  };
  const content: PanelContent = { type: "query", title: saved?.name ?? "", query, style: tab === "raw" || tab === "traces" ? "events" : ran.groupBy.length > 0 && !ran.calcs.some(isHeatmap) ? "both" : "graph", log_scale: false };
  const add = async (id: string) => {
    try {
      const name = await addPanel(env, id, content);
      tell(`Added to ${name}.`, { to: pageAddress(`/boards/${id}`), link: "Open the board" });
    } catch (error) {
      tell(error instanceof Error ? error.message : "It could not be added");
    }
  };
  const overwrite = async (mine: Kept, version = base.current?.version) => {
    if (!saved || version === undefined) return;
    try {
      base.current = await updateSavedQuery(env, saved.id, { version, ...mine });
    } catch (error) {
      if (!(error instanceof Problem && error.status === 409)) throw error;
      const known = base.current;
      const theirs = await readSavedQuery(env, saved.id);
      // Their version stands in the cache now; what is worked on stays the one that was seen.
      base.current = known;
      setConflict({ mine, theirs });
      throw new ToldElsewhere();
    }
    setConflict(undefined);
    setAsking(undefined);
    tell("Saved.");
  };
  return (
    <>
      {saved ? (
        <Menu
          label={isChanged ? "Save •" : "Saved"}
          name={`Saved as ${saved.name}${isChanged ? ", changed since" : ""}`}
          align="right"
          items={[
            ...(isChanged ? [{ label: "Save the changes", run: () => void overwrite({ name: base.current?.name ?? saved.name, description: base.current?.description ?? saved.description, query }).catch((error: Error) => error instanceof ToldElsewhere || tell(`Not saved. ${sentence(error.message)}`)) }] : []),
            { label: "Save as another", run: () => setAsking("save") },
            { label: "Rename", run: () => setAsking("rename") },
            { label: null },
            { label: "Delete", run: () => setAsking("delete") },
          ]}
        />
      ) : (
        <button type="button" className="button" {...editing} onClick={() => setAsking("save")}>
          Save
        </button>
      )}
      <Menu
        label="Add to board"
        align="right"
        items={editing.disabled ? [{ label: <span className="quiet">{editing.title}</span>, run: () => undefined }] : [
          ...(boards.data ?? []).slice(0, 20).map(({ id, name }) => ({ label: <span className="cut" style={{ maxWidth: 320 }}>{name}</span>, run: () => void add(id) })),
          ...(boards.data?.length ? [{ label: null }] : []),
          { label: "New board", run: () => setAsking("board") },
        ]}
      />
      {asking === "save" && (
        <NameDialog
          title="Save this query"
          action="Save"
          name={saved?.name ?? ""}
          description={saved?.description ?? ""}
          close={() => setAsking(undefined)}
          save={async (name, description) => {
            const made = await saveQuery(env, { name, description, query });
            tell("Saved.");
            go(pageAddress(`/query/${made.id}`));
          }}
        >
          <p className="mono quiet">{query}</p>
        </NameDialog>
      )}
      {asking === "rename" && saved && (
        <NameDialog title="Rename the saved query" action="Rename" name={saved.name} description={saved.description} close={() => setAsking(undefined)} save={(name, description) => overwrite({ name, description, query: base.current?.query ?? saved.query })} />
      )}
      {asking === "board" && (
        <NameDialog
          title="New board with this query"
          action="Make it"
          close={() => setAsking(undefined)}
          save={async (name, description) => {
            const made = await createBoard(env, { name, description, panels: [{ id: "p1", x: 0, y: 0, width: 6, height: 4, content }], filter: "", from: "", to: "" });
            tell(`Added to ${name}.`, { to: pageAddress(`/boards/${made.id}`), link: "Open the board" });
          }}
        />
      )}
      {conflict && saved && (
        <ConflictDialog
          what="this saved query"
          who={conflict.theirs.changed_by}
          parts={[
            { name: "name", mine: conflict.mine.name, theirs: conflict.theirs.name },
            { name: "what it is for", mine: conflict.mine.description, theirs: conflict.theirs.description },
            { name: "query", mine: conflict.mine.query, theirs: conflict.theirs.query },
          ]}
          close={() => setConflict(undefined)}
          take={() => {
            setConflict(undefined);
            setAsking(undefined);
            base.current = conflict.theirs;
            go(pageAddress(`/query/${saved.id}`));
          }}
          keep={async () => {
            try {
              await overwrite(conflict.mine, conflict.theirs.version);
            } catch (error) {
              // A third one was faster: that is shown now.
              if (!(error instanceof ToldElsewhere)) throw error;
            }
          }}
        />
      )}
      {asking === "delete" && saved && (
        <ConfirmDialog
          title={`Delete “${saved.name}”?`}
          words="Addresses with its id lead nowhere then. Boards keep their own copies of queries."
          action="Delete the saved query"
          close={() => (setAsking(undefined), setOvertaken(undefined))}
          run={async () => {
            try {
              await deleteSavedQuery(env, saved.id, overtaken ?? base.current?.version ?? saved.version);
            } catch (error) {
              if (error instanceof Overtaken) setOvertaken(error.version);
              throw error;
            }
            go(pageAddress("/query", { q: query }));
          }}
        />
      )}
    </>
  );
}

/** Says what was done, and leads on. */
export function Done() {
  const shown = useStore(done);
  if (!shown) return null;
  return (
    <p className="note done">
      <span className="grow">
        {shown.words} {shown.to && <Link to={shown.to}>{shown.link}</Link>}
      </span>
      <button type="button" className="button plain square" aria-label="Close this note" onClick={() => done.set(undefined)}>
        ×
      </button>
    </p>
  );
}

/** Adds a panel to the board as it is now; once more when somebody else was faster. */
async function addPanel(env: string, id: string, content: PanelContent): Promise<string> {
  for (let tries = 0; ; tries++) {
    const board = await readBoard(env, id);
    const panel = { id: freeId(board.panels), ...freePlace(board.panels, 6, 4), content };
    try {
      return (await updateBoard(env, board, { ...board, panels: [...board.panels, panel] })).name;
    } catch (error) {
      if (!(error instanceof Problem && error.status === 409) || tries > 2) throw error;
    }
  }
}
