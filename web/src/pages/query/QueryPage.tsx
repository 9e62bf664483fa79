import "./query.css";
import { useEffect } from "react";
import { useRun, useStats } from "../../api/hooks";
import { useAddress, useChange } from "../../lib/address";
import { duration } from "../../lib/format";
import { useStore } from "../../lib/store";
import { offsetChoices, offsetOf } from "../../model/before";
import { printQuery, readQuery } from "../../model/query";
import { copyText } from "../../ui/Copy";
import { Menu } from "../../ui/Menu";
import { useTitle } from "../../ui/Shell";
import { ErrorState, SendSomething } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { announce } from "../../ui/announce";
import { isShortcut, isTyping } from "../../ui/keys";
import { asked, exactLink, timeText, useTime, useView } from "../../ui/view";
import { Builder } from "./Builder";
import { RawData } from "./RawData";
import { Results } from "./Results";
import { TracesTab } from "./TracesTab";
import { history, useQueryState } from "./state";

const TABS = [
  { id: "results", label: "Results" },
  { id: "bubbleup", label: "BubbleUp" },
  { id: "traces", label: "Traces" },
  { id: "raw", label: "Raw data" },
] as const;

/** Ask by eye: a query, its graphs, its table, and ways on. */
export function QueryPage() {
  useTitle("Query");
  const { env } = useView();
  const { window: shown } = useTime();
  const { times } = useStore(asked);
  const state = useQueryState();
  const { ran, draft, setDraft, run, tab, setTab } = state;
  const stats = useStats(env);
  const time = timeText(shown);
  const text = `${printQuery(ran, true)} ${time}`;
  const answer = useRun(env, text, ["series"], times, tab === "results" || tab === "bubbleup");
  const { params } = useAddress();
  const change = useChange();
  const length = shown.end - shown.start;
  const offset = offsetOf(params.get("cmp"), length);
  const choices = offsetChoices(length);
  const isEmptyServer = stats.data !== undefined && stats.data.live_rows + stats.data.file_rows === 0;
  const runs = useStore(history);
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
        <h1>Query</h1>
        <Menu
          label={offset === undefined ? "Compare" : `Compared with ${choices.find(({ cmp }) => cmp === params.get("cmp"))?.label ?? `${duration(offset)} before`}`}
          align="right"
          items={[
            { label: "not compared", checked: offset === undefined, run: () => change({ cmp: null }) },
            ...choices.map(({ cmp, label }) => ({ label, checked: params.get("cmp") === cmp, run: () => change({ cmp, ...(tab === "results" ? {} : { tab: null }) }) })),
          ]}
        />
        <Menu
          label="History"
          align="right"
          items={runs.length === 0 ? [{ label: "Nothing was run yet", run: () => undefined }] : runs.slice(0, 15).map(({ q }) => ({ label: <span className="mono cut" style={{ maxWidth: 560 }}>{q}</span>, run: () => run(readQuery(q)) }))}
        />
        <Menu
          label="Share"
          align="right"
          items={[
            { label: "Copy link, always current", run: () => void share(window.location.href) },
            { label: "Copy link to this moment", run: () => void share(exactLink()) },
            { label: "Copy as command", run: () => void share(`glasshive query '${printQuery(ran, true).replaceAll("'", "'\\''")}'`) },
          ]}
        />
      </div>
      <Builder env={env} ran={ran} draft={draft} setDraft={setDraft} run={run} range={time} />
      {isEmptyServer ? (
        <SendSomething env={env} />
      ) : (
        <>
          <Tabs label="Views of the answer" tabs={TABS} current={tab} onChange={setTab} panelId="answer" />
          <div id="answer" role="tabpanel" aria-label={TABS.find(({ id }) => id === tab)?.label ?? "Results"}>
            {tab === "raw" && <RawData env={env} ran={ran} time={time} run={run} />}
            {tab === "traces" && <TracesTab env={env} ran={ran} time={time} />}
            {(tab === "results" || tab === "bubbleup") &&
              (answer.error && !answer.data ? (
                <ErrorState error={answer.error} retry={() => void answer.refetch()} />
              ) : (
                <Results env={env} state={state} answer={answer} time={time} times={times} />
              ))}
          </div>
        </>
      )}
    </div>
  );
}

async function share(text: string): Promise<void> {
  announce((await copyText(text)) ? "Copied" : "The browser did not let this page copy");
}
