import { useState } from "react";
import { useSegment } from "../../api/xray";
import { printJson } from "../../lib/json";
import { type Entity, entityOf } from "../../model/segment";
import { CopyButton } from "../../ui/Copy";
import { ErrorState, Skeleton } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";

type Tab = "overview" | "annotations" | "metadata" | "exceptions" | "sql" | "raw";

/** What X-Ray's document says of a span: as X-Ray's own console has it. */
export function SegmentView({ env, trace, span, at }: { env: string; trace: string; span: string; at: bigint }) {
  const segment = useSegment(env, trace, span, String(at), span !== "");
  const [chosen, setTab] = useState<Tab>("overview");
  if (segment.error) return <ErrorState error={segment.error} retry={() => void segment.refetch()} />;
  if (!segment.data) return <Skeleton height={120} label="Reading the document" />;
  const { document, as_received, segment_id, orphan } = segment.data;
  const entity = entityOf(document, span);
  const tabs = tabsOf(entity);
  const tab = tabs.some(({ id }) => id === chosen) ? chosen : "overview";
  return (
    <section className="segment" aria-label="X-Ray segment">
      <Tabs label="X-Ray segment" tabs={tabs} current={tab} onChange={setTab} panelId="segment-part" />
      <div id="segment-part" role="tabpanel" aria-label={tab}>
        {entity?.isInProgress && <p className="note">In progress: its end has not come yet.</p>}
        {orphan && <p className="note">The segment that this is a part of has not come.</p>}
        {tab === "overview" && <Pairs of={entity?.overview ?? []} />}
        {tab === "annotations" && <Pairs of={entity?.annotations ?? []} />}
        {tab === "sql" && <Pairs of={entity?.sql ?? []} />}
        {tab === "metadata" &&
          entity?.metadata.map(([name, value]) => (
            <details key={name} open>
              <summary className="mono">{name}</summary>
              <pre tabIndex={0} aria-label={`Metadata ${name}`}>
                {printJson(value, 2)}
              </pre>
            </details>
          ))}
        {tab === "exceptions" &&
          entity?.exceptions.map((exception, at) => (
            <div key={at} className="event">
              <div className="bad-words">
                {exception.type}: {exception.message}
              </div>
              {exception.remote && <span className="quiet">told by the other side</span>}
              {exception.stack.length > 0 && (
                <pre tabIndex={0} aria-label="Stack trace">
                  {exception.stack.join("\n")}
                </pre>
              )}
            </div>
          ))}
        {tab === "raw" && (
          <>
            <p className="quiet">
              {as_received ? "The document of segment " : "Put together of the documents of segment "}
              <span className="mono">{segment_id}</span>
              {as_received ? ", byte by byte as it was received." : ", since it came in parts."} <CopyButton text={document} />
            </p>
            <pre tabIndex={0} aria-label="Document">
              {document}
            </pre>
          </>
        )}
      </div>
    </section>
  );
}

/** Tabs of what there is something of. */
function tabsOf(entity: Entity | undefined): { id: Tab; label: string }[] {
  const of = (id: Tab, label: string, count: number) => (count > 0 ? [{ id, label: `${label} ${count}` }] : []);
  return [
    { id: "overview", label: "Overview" },
    ...of("annotations", "Annotations", entity?.annotations.length ?? 0),
    ...of("metadata", "Metadata", entity?.metadata.length ?? 0),
    ...of("exceptions", "Exceptions", entity?.exceptions.length ?? 0),
    ...(entity && entity.sql.length > 0 ? [{ id: "sql" as const, label: "SQL" }] : []),
    { id: "raw", label: "Raw" },
  ];
}

function Pairs({ of }: { of: readonly (readonly [name: string, value: string])[] }) {
  if (of.length === 0) return <p className="quiet">Nothing of it is told.</p>;
  return (
    <dl className="facts">
      {of.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
