import "./bubble.css";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useCompare } from "../../api/hooks";
import { readAddress, useParam } from "../../lib/address";
import { count, duration, inUnit, percent, plural, unitOfColumn } from "../../lib/format";
import { printJson } from "../../lib/json";
import { type Bin, type Compared, SHOWN_BARS, binName, headline, stepsOf } from "../../model/bubble";
import { type Query, columnText, equals, withCondition } from "../../model/query";
import type { Window } from "../../model/range";
import { rank } from "../../model/rank";
import { Menu, MenuList } from "../../ui/Menu";
import { Reorder } from "../../ui/Reorder";
import { announce } from "../../ui/announce";
import { useHeldOrder } from "../../ui/held";
import { Notes } from "../../ui/Notes";
import { EmptyState, ErrorState, Skeleton, Waiting } from "../../ui/States";
import { timeText } from "../../ui/view";
import { type Base, type Selected, basesOf, readBase, sidesOf } from "./compared";
import type { RanQuery } from "./state";

interface BubbleUpProps {
  env: string;
  window: Window;
  selected: Selected;
  state: RanQuery;
  times: number;
}

const BASES: Record<Base, { name: string; others: string; about: string }> = {
  rest: { name: "the rest", others: "others", about: "The rest: the query's other events" },
  previous: { name: "the period before", others: "in the period before", about: "The period before: the query's events of the time before this range, as long as it" },
  box: { name: "the other boxes", others: "in the other boxes", about: "The other boxes, without what lies in none" },
};
const FEW = 10;
const FIRST_PANELS = 24;

/** What the selected events have in common that the others have not. */
export function BubbleUp({ env, window, selected, state, times }: BubbleUpProps) {
  const { ran } = state;
  const [wanted, setBase] = useParam("base", "push");
  const base = readBase(wanted, selected);
  const sides = sidesOf(ran, selected, base, window);
  const body = { text: `${sides.text} ${timeText(sides.window)}`, selection: sides.selection };
  const answer = useCompare(env, body, times);
  const [found, setSearch] = useParam("find");
  const search = found ?? "";
  const [shown, setShown] = useState(FIRST_PANELS);
  const grid = useRef<HTMLDivElement>(null);
  const columns = (answer.data?.columns ?? []) as Compared[];
  const telling = columns.filter((column) => column.class === "normal" && (!search || rank(search, column.name) > 0));
  const order = useHeldOrder(grid, telling.map(({ name }) => name), true, `${search} ${printJson(sides)}`);
  const said = answer.isPlaceholderData || answer.isEstimate ? undefined : answer.data;
  useEffect(() => {
    const first = (said?.columns as Compared[] | undefined)?.find((column) => column.class === "normal");
    if (said) announce(first ? `Most telling, ${first.name}: ${headline(first, (value) => inUnit(value, unitOfColumn(first.name)))}` : "No column tells the selected from the rest");
  }, [said]);
  if (answer.error && !answer.data) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) {
    return (
      <>
        <Waiting asked={answer} />
        <Skeleton height={400} label="Comparing every column of both sides" />
      </>
    );
  }
  const { data } = answer;
  const panels = order.keys.flatMap((name) => telling.find((column) => column.name === name) ?? []);
  const quiet = columns.filter((column) => column.class !== "normal" && (!search || rank(search, column.name) > 0));
  const all = data.selected.events + data.rest.events;
  const about = answer.isEstimate ? "~" : "";
  // j and k lead from panel to panel, arrows from bar to bar.
  const key = (event: KeyboardEvent) => {
    const along = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = (event.target as HTMLElement).closest?.("button.bar-row");
    if (along && row) {
      const rows = [...(row.closest(".bars")?.querySelectorAll<HTMLElement>("button.bar-row") ?? [])];
      event.preventDefault();
      rows[rows.indexOf(row as HTMLElement) + along]?.focus();
      return;
    }
    const by = { j: 1, k: -1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey || (event.target as HTMLElement).tagName === "INPUT") return;
    const panels = [...(grid.current?.querySelectorAll<HTMLElement>(".bubble") ?? [])];
    const at = panels.findIndex((panel) => panel.contains(document.activeElement));
    event.preventDefault();
    panels[Math.min(panels.length - 1, Math.max(0, at + by))]?.querySelector<HTMLElement>("button, summary")?.focus();
  };
  return (
    <section aria-label="BubbleUp" className={answer.isPlaceholderData ? "stale" : ""} aria-busy={answer.isFetching} onKeyDown={key}>
      <div className="bubble-head" style={{ marginBottom: 12 }}>
        <span className="key s">
          <strong>{about}{count(data.selected.events)}</strong> selected{all > 0 && ` (${percent(data.selected.events / all)})`}
        </span>
        <span className="key b">
          <strong>{about}{count(data.rest.events)}</strong> {BASES[base].others}
        </span>
        <Menu
          label={`Base: ${BASES[base].name}`}
          className="button plain"
          items={basesOf(selected).map((one) => ({ label: BASES[one].about, checked: one === base, run: () => setBase(one === "rest" ? null : one) }))}
        />
        {answer.isEstimate && data.sampled ? (
          <span className="quiet">
            {answer.isFetching ? "estimating" : "estimated"}: {count(data.sampled.rows)} of {plural(data.sampled.of, "stored row")} looked at{answer.isFetching && " so far"}
          </span>
        ) : (
          <span className="quiet">{duration(Math.max(1, Math.round(data.cost.elapsed_ms)))}, every event counted</span>
        )}
        <Reorder {...order} />
        <input className="field" type="search" placeholder="Search columns" aria-label="Search columns" style={{ marginLeft: "auto" }} value={search} onChange={(event) => setSearch(event.target.value)} />
      </div>
      {answer.isEstimate && <Waiting asked={{ ...answer, data: undefined }} name="all events" />}
      {answer.error && <ErrorState error={answer.error} retry={() => void answer.refetch()} />}
      <Notes data={data} />
      {data.selected.rows > 0 && data.selected.rows < FEW && <p className="note">Only {plural(data.selected.rows, "event")} selected: differences may be chance.</p>}
      {data.selected.rows === 0 || data.rest.rows === 0 ? (
        <EmptyState title={data.selected.rows === 0 ? "Nothing is selected" : "Everything is selected"}>
          <p className="why">Draw a box that holds some of the events and leaves others out.</p>
        </EmptyState>
      ) : telling.length === 0 ? (
        <EmptyState title={search ? `No column called “${search}” tells them apart` : "No column tells the selected from the rest"}>
          <p className="why">What differs is within what chance alone would make of so few events.</p>
        </EmptyState>
      ) : (
        <div ref={grid} className="bubbles">
          {panels.slice(0, shown).map((column) => (
            <Panel key={column.name} column={column} state={state} />
          ))}
        </div>
      )}
      {telling.length > shown && (
        <button type="button" className="button" style={{ marginTop: 12 }} onClick={() => setShown(shown + 60)}>
          {plural(telling.length - shown, "more field")}
        </button>
      )}
      {quiet.length > 0 && (
        <details style={{ marginTop: 16 }} className="quiet">
          <summary>{plural(quiet.length, "more field")} show no difference</summary>
          <p className="mono" style={{ overflowWrap: "anywhere" }}>
            {quiet.map((column) => `${column.name}${WHY[column.class] ?? ""}`).join(", ")}
          </p>
        </details>
      )}
    </section>
  );
}

const WHY: Record<string, string> = { asked: " (asked about)", unique: " (unique)", constant: " (everywhere the same)" };

function Panel({ column, state }: { column: Compared; state: RanQuery }) {
  const measure = unitOfColumn(column.name);
  const print = (value: number) => inUnit(value, measure);
  const says = headline(column, print);
  return (
    <figure className="bubble" aria-label={`${column.name}: ${says}`}>
      <h3>{column.name}</h3>
      <figcaption className="says">{says}</figcaption>
      {column.type === "measure" ? <Measure column={column} print={print} state={state} /> : <Bars column={column} print={print} state={state} />}
      {column.twins.length > 0 && (
        <details>
          <summary>{plural(column.twins.length, "more field")} say the same</summary>
          <span className="mono">{column.twins.join(", ")}</span>
        </details>
      )}
    </figure>
  );
}

interface PartProps {
  column: Compared;
  print: (value: number) => string;
  state: RanQuery;
}

function Bars({ column, print, state }: PartProps) {
  const [more, setMore] = useState(false);
  // The rest lies behind: what the selected have more of comes first.
  const bins = more ? column.bins : column.bins.slice(0, SHOWN_BARS);
  const left = column.bins.length - bins.length;
  return (
    <div className="bars">
      {bins.map((bin) => (
        <BarRow key={`${bin.kind}${binName(bin, print)}`} column={column.name} bin={bin} name={binName(bin, print)} state={state} />
      ))}
      {left > 0 && (
        <button type="button" className="bar-row" onClick={() => setMore(true)}>
          + {plural(left, "value")}
        </button>
      )}
    </div>
  );
}

/** The conditions that a bin stands for, joined by AND. */
function conditionsOf(column: string, bin: Bin, negated: boolean): string[] {
  if (bin.kind === "range") {
    if (negated) return [];
    return [`${columnText(column)} >= ${bin.low ?? 0}`, ...(bin.high === null || bin.high === undefined ? [] : [`${columnText(column)} < ${bin.high}`])];
  }
  return [equals(column, bin.kind === "missing" ? null : bin.value, negated)];
}

const filtered = (query: Query, column: string, bin: Bin, negated: boolean): Query => conditionsOf(column, bin, negated).reduce(withCondition, query);

function BarRow({ column, bin, name, state }: { column: string; bin: Bin; name: string; state: RanQuery }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { ran, run } = state;
  const filter = () => run(filtered(ran, column, bin, false));
  const exclude = () => run(filtered(ran, column, bin, true));
  // Which of them there are, and how many of each.
  const listed = () => run({ ...filtered(ran, column, bin, false), groupBy: [columnText(column)] }, { tab: null });
  // The same selection, among fewer events.
  const within = () => {
    const { params } = readAddress();
    run(filtered(ran, column, bin, false), { box: params.getAll("box"), sel: params.get("sel"), tab: "bubbleup" });
  };
  const group = () => run({ ...ran, groupBy: [...ran.groupBy.filter((known) => known !== columnText(column)), columnText(column)] });
  if (bin.kind === "other") {
    return (
      <div className="bar-row" style={{ cursor: "default" }}>
        <Lane bin={bin}>{name}</Lane>
      </div>
    );
  }
  return (
    <span className="anchor" style={{ display: "block" }}>
      <button
        ref={button}
        type="button"
        className="bar-row"
        style={{ width: "100%" }}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`${name}: ${percent(bin.selected)} of the selection, ${percent(bin.rest)} of the rest`}
        title={`${name}: ${count(bin.selected_rows)} selected, ${count(bin.rest_rows)} others`}
        onClick={() => setOpen(true)}
        onDoubleClick={filter}
        onKeyDown={(event) => {
          const action = { f: filter, e: exclude, b: group }[event.key];
          if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          action();
        }}
      >
        <Lane bin={bin}>{name}</Lane>
      </button>
      {open && (
        <MenuList
          name={`${column} ${name}`}
          className="layer below"
          close={(focus) => {
            setOpen(false);
            if (focus) button.current?.focus();
          }}
          items={[
            { label: `Filter: only ${name}`, run: filter },
            { label: "Exclude", run: exclude },
            { label: `Group by ${column}`, run: group },
            { label: "Only these in table", run: listed },
            { label: "Compare within these", run: within },
          ]}
        />
      )}
    </span>
  );
}

function Lane({ bin, children }: { bin: Bin; children: ReactNode }) {
  return (
    <>
      <span className="lane">
        <span className="label">{children}</span>
        <i className="s" style={{ width: `${bin.selected * 100}%` }} />
        <i className="b" style={{ width: `${bin.rest * 100}%` }} />
      </span>
      <span className="num sel">{percent(bin.selected)}</span>
      <span className="num base">{percent(bin.rest)}</span>
    </>
  );
}

/** Two outlines over the same range, each as high as its side's highest step. */
function Measure({ column, print, state }: PartProps) {
  const ranges = column.bins.filter(({ kind }) => kind === "range");
  const missing = column.bins.find(({ kind }) => kind === "missing");
  const path = (side: "selected" | "rest") => {
    const points = stepsOf(column.bins, side).map(({ x, y }) => `${(x * 300).toFixed(1)},${(94 - y * 90).toFixed(1)}`);
    return `M0,94 L${points.join(" L")} L300,94 Z`;
  };
  const [first, last] = [ranges[0], ranges.at(-1)];
  const strongest = ranges.reduce<Bin | undefined>((best, bin) => (!best || bin.selected - bin.rest > best.selected - best.rest ? bin : best), undefined);
  return (
    <>
      <svg viewBox="0 0 300 96" preserveAspectRatio="none" role="img" aria-label={`Distribution of ${column.name} on both sides`}>
        <path className="s" d={path("selected")} />
        <path className="b" d={path("rest")} />
      </svg>
      <div className="ends">
        <span>{print(first?.low ?? 0)}</span>
        <span>{print(last?.high ?? last?.low ?? 0)}</span>
      </div>
      <div className="bars">
        {strongest && <BarRow column={column.name} bin={strongest} name={binName(strongest, print)} state={state} />}
        {missing && <BarRow column={column.name} bin={missing} name="(absent)" state={state} />}
      </div>
    </>
  );
}
