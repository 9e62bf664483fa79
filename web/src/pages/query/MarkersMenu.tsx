import { useStore } from "../../lib/store";
import { moment } from "../../lib/time";
import { Menu } from "../../ui/Menu";
import { markerColour, markerForm, markers, markersShown } from "../../ui/markers";
import { useTime } from "../../ui/view";

const LISTED = 12;

/** Markers of the range: shown or not, added, edited. */
export function MarkersMenu() {
  const { window: shown, zone } = useTime();
  const all = useStore(markers);
  const on = useStore(markersShown);
  const newest = all.slice(-LISTED).reverse();
  return (
    <Menu
      label={all.length > 0 ? `Markers ${all.length}` : "Markers"}
      align="right"
      items={[
        { label: "Add a marker", run: () => markerForm.set({ start: Math.min(Date.now(), shown.end) }) },
        { label: "Show them on graphs", checked: on, run: () => markersShown.set(!on) },
        ...(newest.length > 0 ? [{ label: null }] : []),
        ...newest.map((marker) => ({
          label: (
            <>
              <span className="swatch" style={{ background: markerColour(marker) }} />
              <span className="cut" style={{ maxWidth: 300 }}>{marker.text}</span> <span className="quiet">{moment(marker.start, zone, Date.now(), "minute")}</span>
            </>
          ),
          run: () => markerForm.set(marker),
        })),
        ...(all.length > newest.length ? [{ label: <span className="quiet">{all.length - newest.length} older ones on the graphs</span>, run: () => undefined }] : []),
      ]}
    />
  );
}
