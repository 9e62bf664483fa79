import { useState } from "react";
import { exact } from "../../lib/format";
import { type Zone, clock } from "../../lib/time";
import type { Gap } from "../../model/gap";
import { sentence } from "../../ui/States";

/** A time in which lines were not followed, and what became of those that came then. */
export interface ToldGap extends Gap {
  /** Lines that were found. */
  found: number;
  /** There were more, which are older. */
  isCut: boolean;
  /** Why they could not be read. */
  fault?: unknown;
}

/** Says of a gap when it was, and whether its lines are there. */
export function GapNote({ gap, zone, fetch }: { gap: ToldGap; zone: Zone; fetch: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const when = `Not followed ${clock(gap.from, zone, "second")} to ${clock(gap.to, zone, "second")}`;
  if (gap.fault === undefined) {
    const what = gap.found === 0 ? "nothing came then" : gap.isCut ? `the newest ${exact(gap.found)} of the lines that came then were fetched` : `${gap.found === 1 ? "the line" : `the ${exact(gap.found)} lines`} that came then ${gap.found === 1 ? "was" : "were"} fetched`;
    return (
      <p className="status-line gap-note" role="status">
        {when}: {what}.
      </p>
    );
  }
  return (
    <div className="note gap-note" role="alert">
      <span className="grow">
        {when}; lines that came then are missing. {sentence(gap.fault instanceof Error ? gap.fault.message : String(gap.fault))}
      </span>
      <button
        type="button"
        className="button"
        disabled={busy}
        onClick={() => {
          setBusy(true);
          void fetch().finally(() => setBusy(false));
        }}
      >
        Fetch them
      </button>
    </div>
  );
}
