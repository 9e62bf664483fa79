import { useValues } from "../../api/hooks";
import { useMarkers } from "../../api/library";
import { type Zone, DAY_MS, moment, nsToMs } from "../../lib/time";
import { numberOf } from "../../model/series";
import type { Range } from "../../model/range";
import { fieldText } from "../../ui/Fields";
import { Menu } from "../../ui/Menu";

interface ServiceMenuProps {
  env: string;
  service: string | undefined;
  time: string;
  choose: (service: string | null) => void;
}

/** Which service all of the page is of. */
export function ServiceMenu({ env, service, time, choose }: ServiceMenuProps) {
  const { data } = useValues(env, "service.name", "", time);
  const names = (data?.values ?? []).map(({ value }) => fieldText(value)).filter((name) => name !== "");
  const all = service !== undefined && !names.includes(service) ? [service, ...names] : names;
  return (
    <Menu
      label={service ?? "All services"}
      name={`Service: ${service ?? "all"}`}
      items={[{ label: "All services", checked: service === undefined, run: () => choose(null) }, ...all.map((name) => ({ label: name, checked: name === service, run: () => choose(name) }))]}
    />
  );
}

/** How far back a deploy is looked for. */
const BACK_MS = 28 * DAY_MS;

/** When was deployed last, and what has been since. */
export function SinceDeploy({ env, end, zone, setRange }: { env: string; end: number; zone: Zone; setRange: (range: Range) => void }) {
  // Asked for whole minutes, so that it is not asked anew with each tick.
  const until = Math.ceil(end / 60_000) * 60_000;
  const { data } = useMarkers(env, until - BACK_MS, until);
  const last = data?.markers.filter(({ type, start_ns }) => type === "deploy" && nsToMs(start_ns) <= end).reduce<(typeof data.markers)[number] | undefined>((newest, one) => (newest && BigInt(newest.start_ns) >= BigInt(one.start_ns) ? newest : one), undefined);
  if (!last) return null;
  const at = nsToMs(last.start_ns);
  return (
    <button type="button" className="button" onClick={() => setRange({ from: new Date(at).toISOString(), to: "now" })}>
      Since last deploy {moment(at, zone)}
      {last.text && ` (${last.text})`}
    </button>
  );
}

const WIDTH = 56;
const HEIGHT = 16;

/** A line in small. */
export function Spark({ values, label }: { values: Float64Array | undefined; label: string }) {
  if (!values || values.length < 2) return null;
  const most = values.reduce((max, value) => Math.max(max, numberOf(value) || 0), 0) || 1;
  const points = Array.from(values, (value, n) => `${((n / (values.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 1 - ((value || 0) / most) * (HEIGHT - 2)).toFixed(1)}`).join(" ");
  return (
    <svg className="spark" role="img" aria-label={label} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      <polyline points={points} fill="none" stroke="var(--g1)" strokeWidth="1.2" />
    </svg>
  );
}
