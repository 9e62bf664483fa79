import "./query.css";
import { memo, useEffect, useRef } from "react";
import { Problem } from "../../api/client";
import { type QueryAnswer, type Want, useRun, useStats } from "../../api/hooks";
import { type SavedQuery, useSavedQuery } from "../../api/library";
import { useAddress, useChange } from "../../lib/address";
import { duration } from "../../lib/format";
import { useStore } from "../../lib/store";
import { offsetChoices, offsetOf } from "../../model/before";
import { printQuery } from "../../model/query";
import { copyText } from "../../ui/clipboard";
import { Link } from "../../ui/Link";
import { Menu } from "../../ui/Menu";
import { useTitle } from "../../ui/Shell";
import { EmptyState, ErrorState, SendSomething, Skeleton } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { isShortcut, isTyping } from "../../ui/keys";
import { asked, exactLink, pageAddress, timeText, useTime, useView } from "../../ui/view";
import { Builder } from "./Builder";
import { HistoryPanel, useHistoryKeys } from "./HistoryPanel";
import { MarkersMenu } from "./MarkersMenu";
import { Done, QueryActions } from "./QueryActions";
import { RawData } from "./RawData";
import { Results } from "./Results";
import { TracesTab } from "./TracesTab";
import { type RanQuery, useQueryState } from "./state";

const TABS = [
  { id: "results", label: "Results" },
  { id: "bubbleup", label: "BubbleUp" },
  { id: "traces", label: "Traces" },
  { id: "raw", label: "Raw data" },
] as const;

/** Ask by eye: a query, its graphs, its table, and ways on. An address with an id shows the query that is saved under it. */
export function QueryPage() {
  const { env, rest } = useView();
  const saved = useSavedQuery(env, rest);
  if (!rest || saved.data) return <QueryView saved={rest ? saved.data : undefined} />;
  return (
    <div className="page">
      <h1>Query</h1>
      {!saved.error && <Skeleton height={240} label="Reading the saved query" />}
      {saved.error instanceof Problem && saved.error.status === 404 ? (
        <EmptyState title="There is no such saved query in this environment">
          <p className="why">It was deleted, or it belongs to another environment.</p>
          <Link className="button" to={pageAddress("/query")}>
            A new query
          </Link>
        </EmptyState>
      ) : (
        saved.error && <ErrorState error={saved.error} retry={() => void saved.refetch()} />
      )}
    </div>
  );
}

function QueryView({ saved }: { saved: SavedQuery | undefined }) {
  useTitle(saved?.name ?? "Query");
  const { env } = useView();
  const { window: shown } = useTime();
  const { times } = useStore(asked);
  const { shown: state, draft, setDraft, setTab } = useQueryState(saved?.query);
  const { ran, run, tab } = state;
  const stats = useStats(env);
  const time = timeText(shown);
  const { params } = useAddress();
  const change = useChange();
  const length = shown.end - shown.start;
  const offset = offsetOf(params.get("cmp"), length);
  const choices = offsetChoices(length);
  const isEmptyServer = stats.data !== undefined && stats.data.live_rows + stats.data.file_rows === 0;
  const isHistory = params.get("panel") === "history" || params.get("panel") === "saved";
  const at = params.get("q");
  useHistoryKeys(env, at);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "Enter" && event.shiftKey && !event.defaultPrevented && !isTyping(event)) {
        event.preventDefault();
        run(draft);
      }
      const clause = { v: "VISUALIZE", w: "WHERE", b: "GROUP BY" }[event.key];
      if (clause && isShortcut(event)) {
        const input = document.querySelector<HTMLElement>(`[aria-label="Add to ${clause}"]`);
        if (!input) return;
        event.preventDefault();
        input.focus();
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [run, draft]);
  return (
    <div className="page">
      <div className="page-head">
        <h1 className="cut">{saved?.name ?? "Query"}</h1>
        <QueryActions env={env} ran={ran} tab={tab} saved={saved} />
        <Menu
          label={offset === undefined ? "Compare" : `Compared with ${choices.find(({ cmp }) => cmp === params.get("cmp"))?.label ?? `${duration(offset)} before`}`}
          align="right"
          items={[
            { label: "not compared", checked: offset === undefined, run: () => change({ cmp: null }) },
            ...choices.map(({ cmp, label }) => ({ label, checked: params.get("cmp") === cmp, run: () => change({ cmp, ...(tab === "results" ? {} : { tab: null }) }) })),
          ]}
        />
        <MarkersMenu />
        <button type="button" className="button" aria-expanded={isHistory} onClick={() => change({ panel: isHistory ? null : "history" }, "replace")}>
          History
        </button>
        <Menu
          label="Share"
          align="right"
          items={[
            { label: "Copy link, always current", run: () => void copyText(window.location.href, "Link to this view, as it will be then, copied") },
            { label: "Copy link to this moment", run: () => void copyText(exactLink(), "Link to exactly this view copied") },
            { label: "Copy as command", run: () => void copyText(`glasshive query '${printQuery(ran, true).replaceAll("'", "'\\''")}'`, "Command copied") },
          ]}
        />
      </div>
      <Done />
      {isHistory && <HistoryPanel env={env} close={() => change({ panel: null }, "replace")} />}
      <Builder env={env} ran={ran} draft={draft} setDraft={setDraft} run={run} range={time} />
      {isEmptyServer ? (
        <SendSomething env={env} />
      ) : (
        <>
          <Tabs label="Views of the answer" tabs={TABS} current={tab} onChange={setTab} panelId="answer" />
          <Answered env={env} state={state} time={time} times={times} />
        </>
      )}
    </div>
  );
}

const SERIES: Want[] = ["series"];
/** Of groups also what lies beyond the limit, and all of it. */
const GROUPED: Want[] = ["series", "total", "other"];

/** The answer in the tab that is open. What stands around it is not drawn again when an answer comes, nor this while a query is written. */
const Answered = memo(function Answered({ env, state, time, times }: { env: string; state: RanQuery; time: string; times: number }) {
  const { ran, run, tab } = state;
  const query = printQuery(ran, true);
  const answer = useRun(env, `${query} ${time}`, ran.groupBy.length > 0 ? GROUPED : SERIES, times, tab === "results" || tab === "bubbleup");
  // Where the same question cannot be answered again, as when the server is gone, what was answered stays.
  const last = useRef<{ query: string; data: QueryAnswer }>(undefined);
  if (answer.data && !answer.isPlaceholderData) last.current = { query, data: answer.data };
  const kept = !answer.data && answer.error && last.current?.query === query ? last.current.data : undefined;
  return (
    <div id="answer" role="tabpanel" aria-label={TABS.find(({ id }) => id === tab)?.label ?? "Results"}>
      {tab === "raw" && <RawData env={env} ran={ran} time={time} run={run} />}
      {tab === "traces" && <TracesTab env={env} ran={ran} time={time} />}
      {(tab === "results" || tab === "bubbleup") &&
        (answer.error && !answer.data && !kept ? (
          <ErrorState error={answer.error} retry={() => void answer.refetch()} />
        ) : (
          <Results
            env={env}
            state={state}
            answer={{ data: answer.data ?? kept, isPlaceholderData: answer.isPlaceholderData || kept !== undefined, isFetching: answer.isFetching, error: answer.error, refetch: answer.refetch }}
            time={time}
            times={times}
          />
        ))}
    </div>
  );
});
