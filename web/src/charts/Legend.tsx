import { useEffect } from "react";
import { slotColour, useColours } from "./colours";
import { hoveredGroup } from "./crosshair";

/** Names beside the colours of lines; under the pointer a line stands out. */
export function Legend({ names, groups, groupColours }: { names: readonly string[]; groups: readonly number[]; groupColours?: readonly string[] }) {
  const colours = useColours();
  // A legend that goes away is not left by the pointer.
  useEffect(() => () => hoveredGroup.set(undefined), []);
  return (
    <ul className="legend" aria-label="Groups" onPointerLeave={() => hoveredGroup.set(undefined)}>
      {groups.map((group) => (
        <li key={group} className="cut" onPointerEnter={() => hoveredGroup.set(group)}>
          <span className="swatch" style={{ background: groupColours?.[group] ?? slotColour(colours, names.length <= 1 ? 0 : group) }} />
          {names[group]}
        </li>
      ))}
      {names.length > groups.length && <li className="quiet">{names.length - groups.length} more</li>}
    </ul>
  );
}
