import { useState } from "react";
import { useAudit } from "../../api/settings";
import { moment, nsToMs } from "../../lib/time";
import { EmptyState, ErrorState, Skeleton } from "../../ui/States";
import { Table } from "../../ui/Table";
import { useTime } from "../../ui/view";
import { Needs } from "./Needs";

const STEP = 200;

/** Who signed in, and what was done about people and keys. */
export function AuditPart() {
  return (
    <Needs role="admin" what="What was done">
      <Audit />
    </Needs>
  );
}

function Audit() {
  const { zone } = useTime();
  const [limit, setLimit] = useState(STEP);
  const audit = useAudit(limit, true);
  if (audit.error && !audit.data) return <ErrorState error={audit.error} retry={() => void audit.refetch()} />;
  if (!audit.data) return <Skeleton height={200} label="Reading what was done" />;
  if (audit.data.length === 0) {
    return (
      <EmptyState title="Nothing yet">
        <p className="why">Sign-ins, refused ones too, and what is done about people and keys stand here.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <Table label="What was done, newest first" heads={["when", "who", "what", "to what", "from"]}>
        {audit.data.map((entry, n) => (
          <tr key={`${entry.time_ns}${n}`}>
            <td>{moment(nsToMs(entry.time_ns), zone, Date.now())}</td>
            <td>{entry.who || <span className="quiet">no name</span>}</td>
            <td>
              {entry.done ? "" : <strong>refused: </strong>}
              {entry.action}
            </td>
            <td>{entry.object}</td>
            <td className="mono quiet">{entry.from}</td>
          </tr>
        ))}
      </Table>
      {audit.data.length === limit && (
        <button type="button" className="button" style={{ alignSelf: "flex-start" }} onClick={() => setLimit(limit + STEP)}>
          Show older ones
        </button>
      )}
    </>
  );
}
