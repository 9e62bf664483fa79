import { COLUMN, type Edge, type Place, healthOf } from "../../model/map";

interface MapEdgeProps {
  edge: Edge;
  from: Place;
  to: Place;
  /** How far from the middle of either node the line begins and ends. */
  gaps: readonly [from: number, to: number];
  width: number;
  isFaint: boolean;
  isDim: boolean;
  isSelected: boolean;
  label: string | undefined;
  scale: number;
  marker: string;
  onPress: () => void;
}

/** Calls from one node to another. */
export function MapEdge({ edge, from, to, gaps, width, isFaint, isDim, isSelected, label, scale, marker, onPress }: MapEdgeProps) {
  const { path, middle } = curve(from, to, gaps, edge.from === edge.to);
  const health = healthOf(edge.figures);
  return (
    <g className={["map-edge", health, isFaint ? "faint" : "", isDim ? "dim" : "", isSelected ? "selected" : ""].join(" ")} onClick={onPress} aria-hidden="true">
      <path className="reach" d={path} />
      <path className="line" d={path} strokeWidth={isFaint ? 0.6 : width} markerEnd={marker} />
      {label && (
        <text x={middle.x} y={middle.y - 4 / scale} fontSize={11 / scale}>
          {label}
        </text>
      )}
    </g>
  );
}

/** A curve to the right; where the other stands to the left or above, one that goes round. */
export function curve(from: Place, to: Place, [out, into]: readonly [number, number], isSelf: boolean): { path: string; middle: Place } {
  if (isSelf) {
    const { x, y } = from;
    return { path: `M${x - 8} ${y - out}C${x - 60} ${y - 90} ${x + 60} ${y - 90} ${x + 8} ${y - out}`, middle: { x, y: y - 76 } };
  }
  const dx = to.x - from.x;
  if (dx > out + into) {
    const [x1, x2] = [from.x + out, to.x - into];
    const bend = Math.min(Math.max((x2 - x1) * 0.5, 20), COLUMN);
    return { path: `M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 - bend} ${to.y} ${x2} ${to.y}`, middle: { x: (x1 + x2) / 2, y: (from.y + to.y) / 2 } };
  }
  // Back or beside: round the outside.
  const [dy, length] = [to.y - from.y, Math.hypot(dx, to.y - from.y) || 1];
  const [ux, uy] = [dx / length, dy / length];
  const [x1, y1, x2, y2] = [from.x + ux * out, from.y + uy * out, to.x - ux * into, to.y - uy * into];
  const middle = { x: (x1 + x2) / 2 - uy * 40, y: (y1 + y2) / 2 + ux * 40 };
  return { path: `M${x1} ${y1}Q${middle.x} ${middle.y} ${x2} ${y2}`, middle };
}
