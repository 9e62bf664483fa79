import { count, duration, percent } from "../../lib/format";
import { useParam } from "../../lib/address";
import { type Figures, type Graph, type Node, percentile, requestsOf, wordOf } from "../../model/map";
import { Table, numeric } from "../../ui/Table";

interface MapTableProps {
  graph: Graph;
  minutes: number;
  selected: string;
  onSelect: (id: string) => void;
  onEdge: (from: string, to: string) => void;
}

const share = (part: number, { total }: Figures) => (total > 0 ? part / total : 0);
const COLUMNS: readonly [name: string, of: (graph: Graph, node: Node) => number, shown: (value: number, minutes: number) => string][] = [
  ["requests/min", requestsOf, (value, minutes) => count(value / minutes)],
  ["average", (_, { figures }) => (figures && figures.total > 0 ? figures.seconds / figures.total : 0), (value) => duration(value * 1e3)],
  ["P95", (_, { figures }) => percentile(figures?.response_times ?? [], 0.95) ?? 0, (value) => duration(value * 1e3)],
  ["faults", (_, { figures }) => (figures ? share(figures.faults, figures) : 0), percent],
  ["errors", (_, { figures }) => (figures ? share(figures.errors, figures) : 0), percent],
  ["throttled", (_, { figures }) => (figures ? share(figures.throttles, figures) : 0), percent],
];

/** The same as the drawing says, in rows. */
export function MapTable({ graph, minutes, selected, onSelect, onEdge }: MapTableProps) {
  const [sort, setSort] = useParam("sort");
  const by = COLUMNS.find(([name]) => name === sort) ?? COLUMNS[0];
  const names = new Map(graph.nodes.map((node) => [node.id, node]));
  const nodes = [...graph.nodes].sort((a, b) => (sort === "name" ? a.name.localeCompare(b.name) : by ? by[1](graph, b) - by[1](graph, a) : 0) || (a.id < b.id ? -1 : 1));
  return (
    <div className="map-tables">
      <div className="in-line" role="group" aria-label="Order of nodes">
        <span className="quiet">Order by</span>
        {["name", ...COLUMNS.map(([name]) => name)].map((name) => (
          <button key={name} type="button" className="button" aria-pressed={(sort ?? "requests/min") === name} onClick={() => setSort(name === "requests/min" ? null : name)}>
            {name}
          </button>
        ))}
      </div>
      <Table label="Nodes of the service map" heads={["node", "sort", ...COLUMNS.map(([name]) => numeric(name)), "calls"]}>
        {nodes.map((node) => (
          <tr key={node.id} aria-selected={node.id === selected}>
            <td>
              <button type="button" className="link" onClick={() => onSelect(node.id)}>
                {node.name}
              </button>
            </td>
            <td>{wordOf(node)}</td>
            {COLUMNS.map(([name, of, shown]) => (
              <td key={name} className="num">
                {node.figures || name === "requests/min" ? shown(of(graph, node), minutes) : "–"}
              </td>
            ))}
            <td>
              {graph.edges
                .filter(({ from }) => from === node.id)
                .map(({ to }, n) => (
                  <span key={to}>
                    {n > 0 && ", "}
                    <button type="button" className="link" aria-label={`Calls from ${node.name} to ${names.get(to)?.name}`} onClick={() => onEdge(node.id, to)}>
                      {names.get(to)?.name}
                    </button>
                  </span>
                ))}
            </td>
          </tr>
        ))}
      </Table>
    </div>
  );
}
