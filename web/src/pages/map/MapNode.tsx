import { count, duration, percent } from "../../lib/format";
import { type Node, type Place, healthOf, sortOf, wordOf } from "../../model/map";

interface MapNodeProps {
  node: Node;
  place: Place;
  radius: number;
  /** Pixels that a name may take. */
  room: number;
  scale: number;
  isNamed: boolean;
  hasFigures: boolean;
  minutes: number;
  isDim: boolean;
  isSelected: boolean;
  isTabStop: boolean;
  onHover: (id: string | undefined) => void;
  onFocus: () => void;
  onPress: () => void;
  onDouble: () => void;
}

/** Pixels of a letter of a name. */
const LETTER = 6.2;
const SHARES = [
  ["faults", "fault"],
  ["throttles", "throttle"],
  ["errors", "error"],
  ["ok", "ok"],
] as const;

/** A service, or what one calls: its ring says how its requests ended. */
export function MapNode({ node, place, radius, room, scale, isNamed, hasFigures, minutes, isDim, isSelected, isTabStop, onHover, onFocus, onPress, onDouble }: MapNodeProps) {
  const { figures } = node;
  const sort = sortOf(node);
  const health = healthOf(figures);
  const bad = figures && figures.total > 0 ? figures.faults / figures.total : 0;
  const words = figures && figures.total > 0 ? `${duration((figures.seconds / figures.total) * 1e3)} · ${count(figures.total / minutes)}/min` : "";
  const told = figures && figures.total > 0 ? `, ${count(figures.total / minutes)} requests a minute, ${duration((figures.seconds / figures.total) * 1e3)} on average, ${percent(bad)} faults` : "";
  let from = 0;
  return (
    <g
      className={["map-node", sort, health, isDim ? "dim" : "", isSelected ? "selected" : ""].join(" ")}
      transform={`translate(${place.x} ${place.y})`}
      data-node={node.id}
      role="button"
      tabIndex={isTabStop ? 0 : -1}
      aria-label={`${wordOf(node)} ${node.name}${told}`}
      aria-pressed={isSelected}
      onPointerEnter={() => onHover(node.id)}
      onPointerLeave={() => onHover(undefined)}
      onFocus={onFocus}
      onClick={onPress}
      onDoubleClick={onDouble}
    >
      <title>{`${node.name} (${wordOf(node)})${told}`}</title>
      <circle className="reach" r={radius + 6} />
      <Shape sort={sort} radius={radius} isMany={node.members !== undefined} />
      {figures && figures.total > 0 && (
        <g transform="rotate(-90)" aria-hidden="true">
          {SHARES.map(([name, kind]) => {
            // What there is of it is seen, however little.
            const share = figures[name] === 0 ? 0 : Math.max(figures[name] / figures.total, 0.015);
            const begin = from;
            from += share;
            return share > 0 && <circle key={name} className={`ring ring-${kind}`} r={radius + 3} pathLength={1} strokeDasharray={`${Math.min(share, 1)} 1`} strokeDashoffset={-Math.min(begin, 1 - 0.015)} />;
          })}
        </g>
      )}
      {bad > 0.01 && (
        <g className="map-alarm" transform={`translate(${radius * 0.8} ${-radius * 0.8})`} aria-hidden="true">
          <circle r={7 / Math.min(1, scale)} />
          <text fontSize={10 / Math.min(1, scale)} dy="0.35em">
            !
          </text>
        </g>
      )}
      <text className="mark" dy="0.35em" fontSize={radius * 0.8} aria-hidden="true">
        {MARKS[sort]}
      </text>
      {isNamed && (
        <text className="name" y={radius + 3 + 13 / scale} fontSize={11 / scale} aria-hidden="true">
          {cut(node.name, Math.max(6, Math.floor(room / LETTER)))}
        </text>
      )}
      {isNamed && hasFigures && words && (
        <text className="figures" y={radius + 3 + 26 / scale} fontSize={11 / scale} aria-hidden="true">
          {words}
        </text>
      )}
    </g>
  );
}

const MARKS = { client: "☺", service: "", database: "▤", queue: "≡", aws: "☁", remote: "↗" } as const;

function Shape({ sort, radius, isMany }: { sort: ReturnType<typeof sortOf>; radius: number; isMany: boolean }) {
  if (sort === "service" || sort === "client" || sort === "remote") {
    return (
      <>
        {isMany && <circle className="body" r={radius} cx={4} cy={-4} />}
        <circle className="body" r={radius} />
      </>
    );
  }
  const side = radius * 1.5;
  const box = (shift: number) => <rect className="body" x={-side / 2 + shift} y={-side / 2 - shift} width={side} height={side} rx={4} />;
  return (
    <>
      {isMany && box(4)}
      {box(0)}
    </>
  );
}

/** The beginning and the end of a name that is too long: what tells names apart is at either. */
export function cut(name: string, letters: number): string {
  if (name.length <= letters) return name;
  const head = Math.ceil((letters - 1) * 0.6);
  return `${name.slice(0, head)}…${name.slice(name.length - (letters - 1 - head))}`;
}
