import { useRef, useState } from "react";
import { go } from "../../lib/address";
import { count, duration } from "../../lib/format";
import { type Bin, barsOf } from "../../model/map";
import { Link } from "../../ui/Link";

interface HistogramProps {
  bins: readonly Bin[];
  /** The traces whose times lie between, in seconds. */
  addressOf: (from: number, to: number) => string;
}

const [WIDTH, HEIGHT] = [360, 84];
const BARS = 36;

/** How often which time was taken: a drag, or a bar, leads to the traces that took it. */
export function Histogram({ bins, addressOf }: HistogramProps) {
  const bars = barsOf(bins, BARS);
  const [span, setSpan] = useState<readonly [number, number]>();
  const frame = useRef<SVGSVGElement>(null);
  if (bars.length === 0) return null;
  const most = Math.max(...bars.map((bar) => bar.count));
  const wide = WIDTH / bars.length;
  const barAt = (clientX: number) => {
    const box = frame.current?.getBoundingClientRect();
    if (!box) return 0;
    return Math.min(bars.length - 1, Math.max(0, Math.floor(((clientX - box.left) / box.width) * bars.length)));
  };
  const [low, high] = span ? [Math.min(...span), Math.max(...span)] : [0, bars.length - 1];
  const [first, last] = [bars[low], bars[high]];
  const inside = bars.slice(low, high + 1).reduce((sum, bar) => sum + bar.count, 0);
  return (
    <figure className="map-histogram">
      <svg
        ref={frame}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Response times from ${duration((bars[0]?.from ?? 0) * 1e3)} to ${duration((bars.at(-1)?.to ?? 0) * 1e3)}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setSpan([barAt(event.clientX), barAt(event.clientX)]);
        }}
        onPointerMove={(event) => {
          if (event.buttons === 1) setSpan((now) => now && [now[0], barAt(event.clientX)]);
        }}
        onPointerUp={() => first && last && go(addressOf(first.from, last.to))}
      >
        {bars.map((bar, at) => (
          <rect
            key={bar.from}
            className={span && at >= low && at <= high ? "bar chosen" : "bar"}
            x={at * wide + 0.5}
            width={Math.max(1, wide - 1)}
            y={HEIGHT - (bar.count === 0 ? 0 : Math.max(2, (bar.count / most) * (HEIGHT - 4)))}
            height={bar.count === 0 ? 0 : Math.max(2, (bar.count / most) * (HEIGHT - 4))}
          >
            <title>{`${duration(bar.from * 1e3)} to ${duration(bar.to * 1e3)}: ${count(bar.count)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption className="quiet">
        <span className="mono">{duration((bars[0]?.from ?? 0) * 1e3)}</span>
        <span>{span ? `${count(inside)} chosen` : "drag to see the traces of a part"}</span>
        <span className="mono">{duration((bars.at(-1)?.to ?? 0) * 1e3)}</span>
      </figcaption>
      <Part bars={bars} addressOf={addressOf} />
    </figure>
  );
}

/** The same by keyboard: from which time to which. */
function Part({ bars, addressOf }: { bars: ReturnType<typeof barsOf>; addressOf: HistogramProps["addressOf"] }) {
  const [from, setFrom] = useState(0);
  const [to, setTo] = useState(bars.length - 1);
  const [first, last] = [bars[Math.min(from, bars.length - 1)], bars[Math.min(Math.max(from, to), bars.length - 1)]];
  if (!first || !last) return null;
  const bound = (label: string, value: number, set: (at: number) => void, of: (bar: (typeof bars)[number]) => number) => (
    <select className="field" aria-label={label} value={Math.min(value, bars.length - 1)} onChange={(event) => set(Number(event.target.value))}>
      {bars.map((bar, at) => (
        <option key={bar.from} value={at}>
          {duration(of(bar) * 1e3)}
        </option>
      ))}
    </select>
  );
  return (
    <details>
      <summary>Choose times</summary>
      <div className="in-line">
        {bound("From", from, setFrom, (bar) => bar.from)}
        to
        {bound("To", to, setTo, (bar) => bar.to)}
        <Link className="button" to={addressOf(first.from, last.to)}>
          View these
        </Link>
      </div>
    </details>
  );
}
