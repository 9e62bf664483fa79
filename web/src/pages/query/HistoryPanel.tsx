import { useEffect, useRef, useState } from "react";
import { type Run, forgetRuns, useHistory, useSavedQueries } from "../../api/library";
import { go, readAddress, withChanges, useParam } from "../../lib/address";
import { duration } from "../../lib/format";
import { nsToMs } from "../../lib/time";
import { DEFAULT_RANGE, relativeName } from "../../model/range";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Link } from "../../ui/Link";
import { ErrorState, Skeleton } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { announce } from "../../ui/announce";
import { Icon } from "../../ui/icons";
import { askAgain, pageAddress } from "../../ui/view";

const TABS = [
  { id: "runs", label: "History" },
  { id: "saved", label: "Saved" },
] as const;

/** What was looked at, and what was given a name, to search and to come back to. */
export function HistoryPanel({ env, close }: { env: string; close: () => void }) {
  const [named, setPanel] = useParam("panel");
  const tab = named === "saved" ? "saved" : "runs";
  const [search, setSearch] = useState("");
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    const own = panel.current;
    own?.querySelector<HTMLElement>("input")?.focus();
    // Only a focus that goes away with the panel goes back: one that is elsewhere was put there.
    return () => {
      const at = document.activeElement;
      if (at === document.body || own?.contains(at)) opener?.focus();
    };
  }, []);
  return (
    <aside
      ref={panel}
      className="side-panel"
      aria-label="History"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <header>
        <Tabs label="Kept queries" tabs={TABS} current={tab} onChange={(next) => setPanel(next === "saved" ? "saved" : "history")} panelId="kept-queries" />
        <button type="button" className="button plain square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <input className="field" type="search" placeholder="Search by text or column" aria-label="Search kept queries" value={search} onChange={(event) => setSearch(event.target.value)} />
      <div id="kept-queries" role="tabpanel" aria-label={tab === "runs" ? "History" : "Saved"} className="side-list">
        {tab === "runs" ? <Runs env={env} search={search.trim()} close={close} /> : <Saved env={env} search={search.trim().toLowerCase()} />}
      </div>
    </aside>
  );
}

/** What was looked at: a query and its time. */
type Looked = Pick<Run, "query" | "from" | "to">;

/** Goes back to a query and its time, as it was looked at. */
function goTo({ query, from, to }: Looked): void {
  askAgain();
  const isDefault = (from || DEFAULT_RANGE.from) === DEFAULT_RANGE.from && (to || DEFAULT_RANGE.to) === DEFAULT_RANGE.to;
  go(withChanges({ ...readAddress(), path: new URL(pageAddress("/query"), window.location.origin).pathname }, { q: query, from: isDefault ? null : from, to: isDefault ? null : to, box: null, sel: null, panel: null }));
}

function Runs({ env, search, close }: { env: string; search: string; close: () => void }) {
  const [mine, setMine] = useState(false);
  const [forgetting, setForgetting] = useState(false);
  const history = useHistory(env, search, mine);
  if (history.error && !history.data) return <ErrorState error={history.error} retry={() => void history.refetch()} />;
  if (!history.data) return <Skeleton height={120} label="Reading the history" />;
  const { runs, left_out } = history.data;
  const people = new Set(runs.map(({ by }) => by));
  const now = Date.now();
  return (
    <>
      {(people.size > 1 || mine) && (
        <label className="tick">
          <input type="checkbox" checked={mine} onChange={(event) => setMine(event.target.checked)} /> only what I ran
        </label>
      )}
      {runs.length === 0 && <p className="quiet">{search ? `Nothing that was run holds “${search}”.` : "Nothing was run yet. Each query that is looked at is kept here, for everybody in this environment."}</p>}
      <ul aria-label="Queries that were run, newest first">
        {runs.map((run) => (
          <li key={run.id}>
            <button
              type="button"
              className="run"
              onClick={() => {
                close();
                goTo(run);
              }}
            >
              <span className="mono">{run.query}</span>
              <span className="quiet">
                {duration(Math.max(1_000, Math.round((now - nsToMs(run.at_ns)) / 1_000) * 1_000))} ago · {rangeName(run)}
                {run.times > 1 && ` · ${run.times} times`}
                {run.by !== "anyone" && ` · ${run.by}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {left_out > 0 && <p className="quiet">{left_out} older ones; search for them.</p>}
      {runs.length > 0 && (
        <button type="button" className="button plain" onClick={() => setForgetting(true)}>
          Forget what I ran
        </button>
      )}
      {forgetting && (
        <ConfirmDialog
          title="Forget what you ran?"
          words="Every entry of yours goes out of this environment's history. Saved queries and boards stay."
          action="Forget it"
          close={() => setForgetting(false)}
          run={async () => {
            await forgetRuns(env);
            announce("Forgotten");
          }}
        />
      )}
    </>
  );
}

function rangeName({ from, to }: Run): string {
  const range = { from: from || DEFAULT_RANGE.from, to: to || DEFAULT_RANGE.to };
  return relativeName(range) ?? `${range.from.slice(0, 16).replace("T", " ")} to ${range.to.slice(0, 16).replace("T", " ")}`;
}

function Saved({ env, search }: { env: string; search: string }) {
  const saved = useSavedQueries(env);
  if (saved.error && !saved.data) return <ErrorState error={saved.error} retry={() => void saved.refetch()} />;
  if (!saved.data) return <Skeleton height={120} label="Reading saved queries" />;
  const found = saved.data.filter(({ name, description, query }) => `${name}\n${description}\n${query}`.toLowerCase().includes(search));
  return (
    <>
      {found.length === 0 && <p className="quiet">{search ? `No saved query holds “${search}”.` : "No query was saved yet. Save, above, gives the present one a name and an address of its own."}</p>}
      <ul aria-label="Saved queries">
        {found.map(({ id, name, description, query }) => (
          <li key={id}>
            <Link className="run" to={pageAddress(`/query/${id}`)}>
              <strong>{name}</strong>
              {description && <span>{description}</span>}
              <span className="mono quiet">{query}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is looked at, and then the history without it: the server may not have told yet that it was run. */
function walkFrom(q: string | null, runs: readonly Looked[]): Looked[] {
  const { params } = readAddress();
  const here = { query: q ?? "", from: params.get("from") ?? "", to: params.get("to") ?? "" };
  return [here, ...runs.filter(({ query }) => query !== q)];
}

/** Alt-Up and Alt-Down walk the history as it was when the walk began. */
export function useHistoryKeys(env: string, q: string | null): void {
  const history = useHistory(env, "", true);
  const walk = useRef<{ runs: Looked[]; at: number }>(undefined);
  useEffect(() => {
    // Whoever runs something else has left the walk.
    const known = walk.current;
    if (known && known.runs[known.at]?.query !== q) walk.current = undefined;
  }, [q]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!by || !event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const known = walk.current ?? { runs: walkFrom(q, history.data?.runs ?? []), at: 0 };
      const next = known.runs[known.at + by];
      if (!next) return announce(by > 0 ? "No older query" : "No newer query", true);
      event.preventDefault();
      walk.current = { runs: known.runs, at: known.at + by };
      goTo(next);
      announce(next.query);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [history.data, q]);
}
