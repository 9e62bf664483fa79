import { useMemo } from "react";
import { clock } from "../../lib/time";
import { closer, occupiedBy } from "../../model/occupied";
import { isRelative, relativeName } from "../../model/range";
import type { Graphs } from "../../model/series";
import { useZoom } from "../../ui/TimePicker";
import { useTime } from "../../ui/view";

/** Where all events lie in a small part of the range, as in the first minutes of a new server: leads there. */
export function Closer({ graphs }: { graphs: Graphs | undefined }) {
  const { range, window: shown, zone } = useTime();
  const zoom = useZoom();
  const found = useMemo(() => graphs && occupiedBy(graphs), [graphs]);
  const near = found && closer(found, shown, isRelative(range));
  if (!found || !near) return null;
  const precision = shown.end - shown.start < 600_000 ? "second" : "minute";
  return (
    <p className="status-line" role="status" style={{ alignItems: "center" }}>
      <span>
        All of it lies between {clock(found.start, zone, precision)} and {clock(Math.min(found.end, shown.end), zone, precision)}.
      </span>
      <button type="button" className="button" onClick={() => zoom(near)}>
        {relativeName(near) ? `Show the ${relativeName(near)?.toLowerCase()}` : "Zoom there"}
      </button>
    </p>
  );
}
