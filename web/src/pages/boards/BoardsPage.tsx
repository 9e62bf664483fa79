import "../query/query.css";
import "../../ui/page.css";
import "./board.css";
import { useState } from "react";
import { type BoardContent, createBoard, useBoards } from "../../api/library";
import { go, useParam } from "../../lib/address";
import { plural } from "../../lib/format";
import { moment, nsToMs } from "../../lib/time";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { ErrorState, Skeleton, sentence } from "../../ui/States";
import { useEditing } from "../../ui/useEditing";
import { pageAddress, useTime, useView } from "../../ui/view";
import { NameDialog } from "../../ui/NameDialog";
import { PRESETS, contentOf } from "./presets";

/** The environment's boards, and those that are ready to be taken. */
export function BoardsPage() {
  useTitle("Boards");
  const { env } = useView();
  const { zone } = useTime();
  const boards = useBoards(env);
  const editing = useEditing();
  const [naming, setNaming] = useState(false);
  const [typed, setSearch] = useParam("find");
  const search = typed ?? "";
  const [failure, setFailure] = useState<unknown>();
  const make = async (content: BoardContent) => go(pageAddress(`/boards/${(await createBoard(env, content)).id}`));
  const take = async (content: BoardContent) => {
    setFailure(undefined);
    try {
      await make(content);
    } catch (error) {
      setFailure(error);
    }
  };
  const needle = search.trim().toLowerCase();
  const found = boards.data?.filter(({ name, description }) => `${name}\n${description}`.toLowerCase().includes(needle));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Boards</h1>
        {(boards.data?.length ?? 0) > 5 && <input className="field" type="search" placeholder="Search boards" aria-label="Search boards" value={search} onChange={(event) => setSearch(event.target.value)} />}
        <button type="button" className="button primary" {...editing} onClick={() => setNaming(true)}>
          New board
        </button>
      </div>
      {editing.disabled && <p className="quiet">{editing.title}</p>}
      {failure !== undefined && (
        <p className="note" role="alert">
          The board was not made. {sentence(failure instanceof Error ? failure.message : String(failure))}
        </p>
      )}
      {boards.error && !boards.data && <ErrorState error={boards.error} retry={() => void boards.refetch()} />}
      {!boards.data && !boards.error && <Skeleton height={160} label="Reading boards" />}
      {found && found.length > 0 && (
        <ul className="cards boards" aria-label="Boards">
          {found.map((board) => (
            <li key={board.id}>
              <Link className="card" to={pageAddress(`/boards/${board.id}`)}>
                <strong className="cut">{board.name}</strong>
                {board.description && <span className="why cut">{board.description}</span>}
                <span className="quiet">
                  {plural(board.panels, "panel")} · changed {moment(nsToMs(board.updated_ns), zone, Date.now(), "minute")}
                  {board.changed_by !== "anyone" && ` by ${board.changed_by}`}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {found?.length === 0 && needle && <p className="quiet">No board is called “{search}”.</p>}
      {boards.data?.length === 0 && (
        <section className="state">
          <h2>No boards yet</h2>
          <p className="why">A board keeps queries side by side, with one time and one filter for all of them. Take one of those below, make an empty one, or press Add to board on the Query page.</p>
        </section>
      )}
      <section aria-labelledby="presets">
        <h2 id="presets">Ready to take</h2>
        <ul className="cards boards" style={{ marginTop: 8 }}>
          {PRESETS.map((preset) => (
            <li key={preset.name} className="card">
              <strong>{preset.name}</strong>
              <span className="why">{preset.description}</span>
              <span className="card-foot">
                <span className="quiet grow">{plural(preset.panels.length, "panel")}</span>
                <button type="button" className="button" {...editing} aria-label={`Take ${preset.name}`} onClick={() => void take(contentOf(preset))}>
                  Take it
                </button>
              </span>
            </li>
          ))}
        </ul>
      </section>
      {naming && <NameDialog title="New board" action="Make it" close={() => setNaming(false)} save={(name, description) => make({ name, description, panels: [], filter: "", from: "", to: "" })} />}
    </div>
  );
}
