import { duration, count, exact, percent, plural } from "../../lib/format";
import { both, ofEdge, ofNode, within } from "../../model/filter";
import { type Figures, type Graph, type Node, percentile, requestsOf, sortOf, wordOf } from "../../model/map";
import { equals, printQuery, readQuery } from "../../model/query";
import { useChange } from "../../lib/address";
import { Link } from "../../ui/Link";
import { Icon } from "../../ui/icons";
import { pageAddress } from "../../ui/view";
import { Histogram } from "./Histogram";
import { type Look, type Places, edgeParam } from "./state";

interface MapPanelProps {
  graph: Graph;
  /** With what is folded or left out of the drawing. */
  whole: Graph;
  look: Look;
  minutes: number;
  places: Places;
  mayKeep: boolean;
  close: () => void;
}

/** What is known of a node or an edge, and where it leads. */
export function MapPanel({ graph, whole, look, minutes, places, mayKeep, close }: MapPanelProps) {
  const find = (id: string) => graph.nodes.find((node) => node.id === id) ?? whole.nodes.find((node) => node.id === id);
  const node = look.node ? find(look.node) : undefined;
  const [from, to] = look.edge ? [find(look.edge[0]), find(look.edge[1])] : [];
  const edge = from && to && [...graph.edges, ...whole.edges].find((one) => one.from === from.id && one.to === to.id);
  const title = node?.name ?? (from && to ? `${from.name} → ${to.name}` : "Gone");
  return (
    <aside className="details map-panel" aria-label={`About ${title}`}>
      <header>
        <h2 className="grow cut" title={title}>
          {title}
        </h2>
        <button type="button" className="button plain square" aria-label="Close" onClick={close}>
          <Icon name="close" size={14} />
        </button>
      </header>
      {node && <OfNode node={node} graph={graph.nodes.includes(node) ? graph : whole} look={look} minutes={minutes} places={places} mayKeep={mayKeep} />}
      {edge && from && to && (
        <div className="map-facts">
          <p className="quiet">Calls, as {from.name} saw them</p>
          <Measured figures={edge.figures} minutes={minutes} filterOf={(block) => ofEdge(from, to, block)} look={look} />
          {!from.id.startsWith("fold|") && !to.id.startsWith("fold|") && <Doors filter={ofEdge(from, to)} faults={edge.figures.faults > 0 ? ofEdge(from, to, "fault") : ""} look={look} service={sortOf(from) === "service" ? from.name : undefined} />}
        </div>
      )}
      {!node && !edge && <p className="map-facts">It is not on the map of this range any more.</p>}
    </aside>
  );
}

function OfNode({ node, graph, look, minutes, places, mayKeep }: { node: Node; graph: Graph; look: Look; minutes: number; places: Places; mayKeep: boolean }) {
  const change = useChange();
  const name = (id: string) => graph.nodes.find((one) => one.id === id)?.name ?? id;
  const list = (title: string, edges: Graph["edges"], other: (edge: Graph["edges"][number]) => string) =>
    edges.length > 0 && (
      <section aria-label={title}>
        <h3>{title}</h3>
        {[...edges]
          .sort((a, b) => b.figures.total - a.figures.total)
          .map((edge) => (
            <button key={other(edge)} type="button" className="list-row wide" onClick={() => change({ edge: edgeParam(edge.from, edge.to), node: null })}>
              <span className="grow cut">{name(other(edge))}</span>
              {edge.figures.faults > 0 && <span className="bad-words">{percent(edge.figures.faults / edge.figures.total)} faults</span>}
              <span className="mono quiet">{duration((edge.figures.seconds / Math.max(1, edge.figures.total)) * 1e3)}</span>
              <span className="mono">{count(edge.figures.total / minutes)}/min</span>
            </button>
          ))}
      </section>
    );
  const isPinned = places.of.get(node.id)?.pinned === true;
  return (
    <div className="map-facts">
      <p className="quiet">
        {wordOf(node)}
        {node.type && sortOf(node) !== "client" && ` · ${node.type}`}
        {!node.is_received && !node.members && sortOf(node) !== "client" && " · sends no spans itself: measured by its callers"}
      </p>
      {node.members && (
        <section aria-label="What is folded">
          {node.members.map((member) => (
            <button key={member.id} type="button" className="list-row wide" onClick={() => change({ fold: "0", node: member.id })}>
              <span className="grow cut">{member.name}</span>
              <span className="mono">{count((member.figures?.total ?? 0) / minutes)}/min</span>
            </button>
          ))}
        </section>
      )}
      {node.figures ? (
        <Measured figures={node.figures} minutes={minutes} filterOf={(block) => ofNode(node, block)} look={look} />
      ) : (
        <p>{plural(requestsOf(graph, node), "request")} from outside, {count(requestsOf(graph, node) / minutes)} a minute.</p>
      )}
      {!node.members && <Doors filter={ofNode(node)} faults={(node.figures?.faults ?? 0) > 0 ? ofNode(node, "fault") : ""} look={look} service={sortOf(node) === "service" || sortOf(node) === "client" ? node.name : undefined} />}
      <div className="in-line">
        <button type="button" className="button" aria-pressed={look.focus === node.id} onClick={() => change({ focus: look.focus === node.id ? null : node.id })}>
          Focus <kbd>f</kbd>
        </button>
        {!look.isTable && (
          <button
            type="button"
            className="button"
            aria-pressed={isPinned}
            title={mayKeep ? "Tidying up leaves it where it is, for everybody" : "While this page is open; whoever may change settings keeps it for all"}
            onClick={() => (isPinned ? places.unpin(node.id) : places.pin(node.id, places.of.get(node.id) ?? { x: 0, y: 0 }))}
          >
            Pinned
          </button>
        )}
      </div>
      {list("Called by", graph.edges.filter(({ to }) => to === node.id), ({ from }) => from)}
      {list("Calls", graph.edges.filter(({ from }) => from === node.id), ({ to }) => to)}
    </div>
  );
}

function Measured({ figures, minutes, filterOf, look }: { figures: Figures; minutes: number; filterOf: (block: string) => string; look: Look }) {
  if (figures.total === 0) return <p>Nothing has ended yet.</p>;
  const at = (share: number) => duration((percentile(figures.response_times, share) ?? 0) * 1e3);
  const kinds = [
    ["ok", figures.ok, "ok"],
    ["errors (4xx)", figures.errors, "error"],
    ["throttled (429)", figures.throttles, "throttle"],
    ["faults (5xx)", figures.faults, "fault"],
  ] as const;
  return (
    <>
      <p className="figures-line">
        <strong title={exact(figures.total)}>{count(figures.total / minutes)}/min</strong>
        <span>avg {duration((figures.seconds / figures.total) * 1e3)}</span>
        <span>P50 {at(0.5)}</span>
        <span>P95 {at(0.95)}</span>
        <span>P99 {at(0.99)}</span>
      </p>
      <ul className="map-shares">
        {kinds
          .filter(([, number]) => number > 0)
          .map(([name, number, kind]) => (
            <li key={name}>
              <i className={`ring-${kind}`} /> {name} <span className="mono">{count(number)}</span> <span className="quiet">{percent(number / figures.total)}</span>
            </li>
          ))}
      </ul>
      <Histogram bins={figures.response_times} addressOf={(from, to) => tracesAddress(filterOf(within(from, to)), look)} />
    </>
  );
}

/** Traces of the map that are so. */
function tracesAddress(filter: string, look: Look): string {
  return pageAddress("/traces", { filter: both(look.filter, filter), ...(look.group ? { group: look.group } : {}) });
}

function Doors({ filter, faults, look, service }: { filter: string; faults: string; look: Look; service: string | undefined }) {
  const where = service === undefined ? "" : equals("service.name", service);
  const query = (text: string) => printQuery(readQuery(text));
  return (
    <div className="in-line">
      {/* What is broken is what most people come for. */}
      {faults && (
        <Link className="button primary" to={tracesAddress(faults, look)}>
          View faults
        </Link>
      )}
      <Link className={faults ? "button" : "button primary"} to={tracesAddress(filter, look)}>
        View traces
      </Link>
      {where && (
        <>
          <Link className="button" to={pageAddress("/query", { q: query(`COUNT, HEATMAP(duration_ms), P95(duration_ms) WHERE ${where} AND trace.span_id exists GROUP BY name`) })}>
            Query
          </Link>
          <Link className="button" to={pageAddress("/logs", { q: query(`WHERE ${where}`) })}>
            Logs
          </Link>
        </>
      )}
    </div>
  );
}
