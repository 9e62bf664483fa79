import { go } from "../lib/address";
import { useStore } from "../lib/store";
import { type Zone, moment } from "../lib/time";
import { safeLink } from "../model/markdown";
import { type Item, Menu } from "../ui/Menu";
import { type Marker, isOf, markerColour, markerForm, markers, markersShown } from "../ui/markers";
import { type Frame, xOf } from "./frame";

/** Flags nearer than this stand on each other, and become one. */
const NEAR = 14;

interface MarkerLayerProps {
  frame: Frame;
  zone: Zone;
  datasets: readonly string[];
}

/** The markers of these datasets, of the times that a graph shows. */
export function useShownMarkers(frame: Frame, datasets: readonly string[]): readonly Marker[] {
  const all = useStore(markers);
  const on = useStore(markersShown);
  return on ? all.filter((marker) => isOf(marker, datasets) && marker.start < frame.end && (marker.end ?? marker.start) >= frame.start) : [];
}

export function markerWords({ type, text }: Marker): string {
  return type ? `${type}: ${text}` : text;
}

/** What happened, over a graph: a line each, a band where it lasted, and a flag that leads on. */
export function MarkerLayer({ frame, zone, datasets }: MarkerLayerProps) {
  const shown = useShownMarkers(frame, datasets);
  const place = (time: number) => Math.min(frame.left + frame.width, Math.max(frame.left, xOf(frame, time)));
  const groups: { x: number; all: Marker[] }[] = [];
  for (const marker of shown) {
    const x = place(marker.start);
    const last = groups.at(-1);
    if (last && x - last.x < NEAR) last.all.push(marker);
    else groups.push({ x, all: [marker] });
  }
  return (
    <>
      {shown.map((marker) => {
        const [left, right] = [place(marker.start), place(marker.end ?? marker.start)];
        const style = { "--c": markerColour(marker), left, top: frame.top, height: frame.height, width: Math.max(1, right - left) } as React.CSSProperties;
        return <div key={marker.id} className={marker.end === undefined ? "marker-line" : "marker-line band"} style={style} aria-hidden="true" />;
      })}
      {groups.map(({ x, all }) => (
        <span key={all[0]?.id} className="marker" style={{ "--c": all[0] && markerColour(all[0]), left: x, top: frame.top } as React.CSSProperties}>
          <Menu
            label={all.length > 1 ? String(all.length) : (all[0]?.type ?? "").slice(0, 1).toUpperCase() || "•"}
            name={all.length > 1 ? `${all.length} markers: ${all.map(markerWords).join("; ")}` : `Marker ${all[0] ? `${markerWords(all[0])}, ${moment(all[0].start, zone)}` : ""}`}
            className="marker-flag"
            align={x > frame.left + frame.width / 2 ? "right" : "left"}
            items={all.flatMap((marker) => itemsOf(marker, zone))}
          />
        </span>
      ))}
    </>
  );
}

function itemsOf(marker: Marker, zone: Zone): Item[] {
  const link = safeLink(marker.url);
  const follow = () => (link?.startsWith("/") ? go(link) : window.open(link, "_blank", "noopener,noreferrer"));
  return [
    {
      label: (
        <>
          Edit <span className="cut" style={{ maxWidth: 260 }}>{markerWords(marker)}</span> <span className="quiet">{moment(marker.start, zone, Date.now(), "minute")}</span>
        </>
      ),
      run: () => markerForm.set(marker),
    },
    ...(link ? [{ label: <span className="cut" style={{ maxWidth: 320 }}>Open {link}</span>, run: () => void follow() }] : []),
  ];
}
