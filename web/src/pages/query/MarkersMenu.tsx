import { useSession } from "../../api/session";
import { useStore } from "../../lib/store";
import { moment } from "../../lib/time";
import { copyText } from "../../ui/clipboard";
import { Menu } from "../../ui/Menu";
import { markerColour, markerForm, markers, markersShown } from "../../ui/markers";
import { useEditing } from "../../ui/useEditing";
import { useTime, useView } from "../../ui/view";

const LISTED = 12;

/** Markers of the range: shown or not, added, edited. */
export function MarkersMenu() {
  const { env } = useView();
  const { window: shown, zone } = useTime();
  const session = useSession();
  const editing = useEditing();
  const all = useStore(markers);
  const on = useStore(markersShown);
  const newest = all.slice(-LISTED).reverse();
  return (
    <Menu
      label={all.length > 0 ? `Markers ${all.length}` : "Markers"}
      align="right"
      items={[
        editing.disabled ? { label: <span className="quiet">{editing.title}</span>, run: () => undefined } : { label: "Add a marker", run: () => markerForm.set({ start: Math.min(Date.now(), shown.end) }) },
        { label: "Copy a line for a pipeline", run: () => void copyText(pipelineLine(env, session.data?.mode === "keys"), "Line copied") },
        { label: "Show them on graphs", checked: on, isSwitch: true, run: () => markersShown.set(!on) },
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

/** What a deployment runs to say that it happened. Which key it may use is not known here. */
function pipelineLine(env: string, needsKey: boolean): string {
  const key = needsKey ? " -H 'x-glasshive-key: YOUR_ADMIN_KEY'" : "";
  return `curl -X POST ${window.location.origin}/hive/v1/e/${encodeURIComponent(env)}/markers${key} -d '{"type":"deploy","text":"release 1.2.3"}'`;
}
