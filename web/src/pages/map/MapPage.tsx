import "../query/query.css";
import "../../ui/page.css";
import "./map.css";
import { useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useMay } from "../../api/session";
import { useGroups, useMap } from "../../api/xray";
import { useChange } from "../../lib/address";
import { count, plural } from "../../lib/format";
import { useStore } from "../../lib/store";
import { moment, nsToMs } from "../../lib/time";
import { type Graph, extentOf } from "../../model/map";
import { Code } from "../../ui/Copy";
import { FilterField } from "../../ui/FilterField";
import { Menu } from "../../ui/Menu";
import { useTitle } from "../../ui/Shell";
import { EmptyState, ErrorState, SendSomething, Skeleton, Waiting, useIsEmpty } from "../../ui/States";
import { announce } from "../../ui/announce";
import { isShortcut } from "../../ui/keys";
import { askAgain, asked, useTime, useView } from "../../ui/view";
import { MapCanvas } from "./MapCanvas";
import { MapPanel } from "./MapPanel";
import { MapTable } from "./MapTable";
import { edgeParam, shownOf, useLook, usePlaces } from "./state";

const SIZES = [
  ["traffic", "Size by traffic"],
  ["health", "Size by health"],
  ["none", "One size"],
] as const;

/** Which services called which, how often, how long it took and how it ended. */
export function MapPage() {
  useTitle("Service map");
  const { env } = useView();
  const { window: shown, zone } = useTime();
  const { times } = useStore(asked);
  const look = useLook();
  const change = useChange();
  const mayKeep = useMay("editor");
  const groups = useGroups(env);
  const asking = useMap(env, shown, look, times);
  const map = asking.data;
  const whole = useMemo<Graph | undefined>(() => map && { nodes: map.nodes, edges: map.edges }, [map]);
  const view = useMemo(() => whole && shownOf(whole, look), [whole, look.focus, look.hops, look.folds]);
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const places = usePlaces(env, map, view?.graph, mayKeep, redraw);
  const [wanted, setWanted] = useState("");
  const undo = useRef<() => void>(undefined);
  const [isTidy, setTidy] = useState(false);
  const empty = useIsEmpty(env);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      if (event.key === "t") change({ as: look.isTable ? null : "table" });
      else if (event.key === "f" && look.node) change({ focus: look.focus === look.node ? null : look.node });
      else if (event.key === "Escape" && (look.node || look.edge)) change({ node: null, edge: null });
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [change, look]);
  if (empty) {
    return (
      <div className="page">
        <h1>Service map</h1>
        <SendSomething env={env} what="No calls yet." />
        <section className="state">
          <p className="why">An app with one of X-Ray's SDKs needs this line, where the server has X-Ray's port:</p>
          <Code text={`export AWS_XRAY_DAEMON_ADDRESS=${window.location.hostname}:2000`} label="Line for X-Ray's SDKs" />
        </section>
      </div>
    );
  }
  const minutes = map ? (nsToMs(map.to_ns) - nsToMs(map.cut?.from_ns ?? map.from_ns)) / 60_000 : 1;
  const select = (node: string | null) => change({ node, edge: null });
  const found = wanted.trim() ? view?.graph.nodes.find(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase())) : undefined;
  return (
    <div className="page map-page">
      <div className="page-head">
        <h1>Service map</h1>
        <Menu
          label={look.group || "All traces"}
          name={`Group ${look.group || "All traces"}`}
          items={(groups.data ?? []).map(({ name, is_default }) => ({
            label: is_default ? "All traces" : name,
            checked: is_default ? !look.group : look.group === name,
            run: () => change({ group: is_default ? null : name }),
          }))}
        />
        <FilterField
          env={env}
          label="Filter expression"
          placeholder={'service("backend") { fault }'}
          value={look.filter}
          onRun={(filter) => {
            askAgain();
            change({ filter: filter.trim() || null });
          }}
        />
        <Menu label={SIZES.find(([id]) => id === look.size)?.[1]} items={SIZES.map(([id, label]) => ({ label, checked: look.size === id, run: () => change({ size: id === "traffic" ? null : id }) }))} />
        <input
          className="field"
          type="search"
          aria-label="Find a service"
          placeholder="Find a service"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && found) select(found.id);
          }}
        />
        <button type="button" className="button" aria-pressed={look.isTable} onClick={() => change({ as: look.isTable ? null : "table" })}>
          Table <kbd>t</kbd>
        </button>
        {!look.isTable && (
          <button
            type="button"
            className="button"
            onClick={() => {
              if (isTidy) undo.current?.();
              else undo.current = places.tidy();
              announce(isTidy ? "Nodes stand where they stood" : "Nodes were laid out anew", true);
              setTidy(!isTidy);
            }}
          >
            {isTidy ? "Undo tidy up" : "Tidy up"}
          </button>
        )}
      </div>
      {asking.error && !map && <ErrorState error={asking.error} retry={() => void asking.refetch()} />}
      {asking.error && map && <p className="note">{asking.error.message}</p>}
      <Waiting asked={asking} name="the map" />
      {!map && !asking.error && <Skeleton height={480} label="Putting traces together" />}
      {map && view && (
        <>
          <p className="status-line" role="status">
            <span>
              {plural(map.nodes.length, "node")}, {plural(map.edges.length, "edge")} of {plural(map.matched, "trace")}
              {map.matched !== map.examined && ` (of ${count(map.examined)} looked at)`}
            </span>
            {map.cut && (
              <span className="amber">
                {map.cut.reason === "time" ? "10 s were not enough for the whole range" : `More than ${count(map.examined)} traces are in the range`}: shown from {moment(nsToMs(map.cut.from_ns), zone)} on. Narrow the
                range for all of it.
              </span>
            )}
            {map.nodes_left_out > 0 && <span className="amber">{plural(map.nodes_left_out, "node")} with the fewest requests left out</span>}
            {map.edges_left_out > 0 && <span className="amber">{plural(map.edges_left_out, "edge")} left out</span>}
            {view.focus && (
              <span>
                Only {look.hops} {look.hops === 1 ? "call" : "calls"} around {view.focus.name}
                {view.isForced ? `, the busiest of ${count(map.nodes.length)}` : ""}
              </span>
            )}
            {view.focus && (
              <>
                {[1, 2, 3].map((hops) => (
                  <button key={hops} type="button" className="button" aria-pressed={look.hops === hops} aria-label={`${plural(hops, "call")} around`} onClick={() => change({ hops: hops === 2 ? null : String(hops) })}>
                    {hops}
                  </button>
                ))}
                <button type="button" className="button" onClick={() => change({ focus: view.isForced ? "*" : map.nodes.length > 200 ? "*" : null })}>
                  Show all
                </button>
              </>
            )}
            {(view.isFolded || !look.folds) && (
              <button type="button" className="button" aria-pressed={look.folds} onClick={() => change({ fold: look.folds ? "0" : null })}>
                Fold leaves
              </button>
            )}
          </p>
          {map.nodes.length === 0 ? (
            <Nothing map={map} look={look} clear={() => change({ filter: null, group: null })} />
          ) : (
            <div className={look.node || look.edge ? "beside open map-beside" : "beside map-beside"}>
              {look.isTable ? (
                <MapTable graph={whole ?? view.graph} minutes={minutes} selected={look.node} onSelect={select} onEdge={(from, to) => change({ edge: edgeParam(from, to), node: null })} />
              ) : (
                <MapCanvas
                  graph={view.graph}
                  places={places}
                  extent={extentOf(places.of.values())}
                  size={look.size}
                  minutes={minutes}
                  selected={look.node}
                  selectedEdge={look.edge}
                  found={wanted.trim() ? (found?.id ?? "") : undefined}
                  onSelect={select}
                  onEdge={(from, to) => change({ edge: edgeParam(from, to), node: null })}
                  onFocus={(id) => change({ focus: id, node: id, edge: null })}
                />
              )}
              {(look.node || look.edge) && <MapPanel graph={view.graph} whole={whole ?? view.graph} look={look} minutes={minutes} places={places} mayKeep={mayKeep} close={() => change({ node: null, edge: null })} />}
            </div>
          )}
        </>
      )}
    </div>
  );
}

function Nothing({ map, look, clear }: { map: { examined: number; services_seen: string[] }; look: { filter: string; group: string }; clear: () => void }) {
  const isAsked = look.filter !== "" || look.group !== "";
  if (!isAsked) {
    return (
      <EmptyState title="No traces in this range">
        <p className="why">What was sent lies elsewhere: choose another range, or wait for the next request.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={`Matched 0 of ${plural(map.examined, "trace")}`}>
      <p className="why">
        {look.group && `The group ${look.group} `}
        {look.group && look.filter && "and "}
        {look.filter && <code>{look.filter}</code>} {look.group && look.filter ? "accept" : "accepts"} none of them. Names are told apart by case.
      </p>
      {map.services_seen.length > 0 && <p>Services seen: {map.services_seen.join(", ")}.</p>}
      <button type="button" className="button" onClick={clear}>
        Show all traces
      </button>
    </EmptyState>
  );
}
