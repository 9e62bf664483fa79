import { useChanges } from "../../api/hooks";
import { useStore } from "../../lib/store";
import type { Change } from "../../model/changes";
import { changeDoor, changeText } from "../../model/changes";
import { Link } from "../../ui/Link";
import { ErrorState, Skeleton } from "../../ui/States";
import { asked, pageAddress, useTime } from "../../ui/view";

/** What is other than it was, at most five facts; each leads to where it is seen. */
export function ChangesPanel({ env, service }: { env: string; service: string | undefined }) {
  const { window: shown, range } = useTime();
  const { times } = useStore(asked);
  const changes = useChanges(env, shown.start, shown.end, service, times);
  const list: readonly Change[] = changes.data?.changes ?? [];
  const door = (change: Change) => {
    const { page, params } = changeDoor(change);
    return pageAddress(page, { ...params, from: range.from, to: range.to });
  };
  return (
    <section className="panel changes" aria-labelledby="changes">
      <header>
        <h2 id="changes" className="grow">
          What changed
        </h2>
        <span className="quiet">against the time before and a week ago</span>
      </header>
      {changes.error && <ErrorState error={changes.error} retry={() => void changes.refetch()} />}
      {!changes.data && !changes.error && <Skeleton height={28} label="Asking for what changed" />}
      {changes.data && list.length === 0 && <p className="list-row quiet">{changes.data.partial ? "Nothing that is known; some events could not be read." : "No route is half as slow again, no exception is new, nothing was refused."}</p>}
      {list.map((change) => (
        <Link key={`${change.kind} ${change.service} ${change.name}`} className="list-row" to={door(change)}>
          <span className="grow cut">{changeText(change)}</span>
          <span className="quiet">{change.kind === "slower" ? "compare" : change.kind === "refused" ? "see why" : "open"}</span>
        </Link>
      ))}
    </section>
  );
}
