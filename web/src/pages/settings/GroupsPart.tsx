import { useId, useState } from "react";
import { useMay } from "../../api/session";
import { type Group, createGroup, deleteGroup, updateGroup, useGroups, useXrayTraces } from "../../api/xray";
import { plural } from "../../lib/format";
import { useStore } from "../../lib/store";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { FilterField } from "../../ui/FilterField";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { Link } from "../../ui/Link";
import { ErrorState, Skeleton } from "../../ui/States";
import { Table } from "../../ui/Table";
import { announce } from "../../ui/announce";
import { asked, pageAddress, useTime, useView } from "../../ui/view";
import { useAction } from "./action";

/** Traces that a group is tried on. */
const MOST = 1_000;

/** X-Ray groups: names for filter expressions. */
export function GroupsPart() {
  const { env } = useView();
  const groups = useGroups(env);
  const mayChange = useMay("editor");
  const [editing, setEditing] = useState<string>();
  const [deleting, setDeleting] = useState<Group>();
  if (groups.error && !groups.data) return <ErrorState error={groups.error} retry={() => void groups.refetch()} />;
  if (!groups.data) return <Skeleton height={160} label="Reading groups" />;
  return (
    <>
      <p>A group is a name for a filter expression. It can be chosen on the service map and in Traces, and X-Ray's own tools see it too. A changed expression is about old traces as well.</p>
      {mayChange ? <GroupForm env={env} done={() => undefined} /> : <p className="quiet">Groups are made by editors.</p>}
      <Table label="X-Ray groups" className="wrap" heads={["name", "filter expression", "in this range"]} last="actions">
        {groups.data.map((group) => (
          <tr key={group.name}>
            <td>{group.name}</td>
            <td className="mono">{editing === group.name ? <GroupForm env={env} group={group} done={() => setEditing(undefined)} /> : group.filter || <span className="quiet">every trace</span>}</td>
            <td>
              <Matched env={env} group={group.is_default ? "" : group.name} filter="" />
            </td>
            <td className="actions">
              <Link className="button" to={pageAddress("/map", group.is_default ? {} : { group: group.name })}>
                Map
              </Link>
              {mayChange && !group.is_default && editing !== group.name && (
                <>
                  <button type="button" className="button" aria-label={`Edit ${group.name}`} onClick={() => setEditing(group.name)}>
                    Edit
                  </button>
                  <button type="button" className="button" aria-label={`Delete ${group.name}`} onClick={() => setDeleting(group)}>
                    Delete
                  </button>
                </>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {deleting && (
        <ConfirmDialog
          title={`Delete the group ${deleting.name}?`}
          words={`Filter expressions that name it cannot be read any more. Its traces stay. It says: ${deleting.filter || "every trace"}`}
          action="Delete"
          close={() => setDeleting(undefined)}
          run={async () => {
            await deleteGroup(env, deleting.name);
            announce(`Group ${deleting.name} deleted`, true);
          }}
        />
      )}
    </>
  );
}

/** How many traces of the range an expression accepts; of none, which services there are. */
export function Matched({ env, group, filter }: { env: string; group: string; filter: string }) {
  const { window: shown } = useTime();
  const { times } = useStore(asked);
  const found = useXrayTraces(env, shown, { group, filter }, times, MOST, true);
  if (found.error) return <span className="quiet">{found.error.message}</span>;
  if (!found.data) return <span className="quiet">looking…</span>;
  const { traces, examined, services_seen, cut } = found.data;
  if (traces.length === 0 && examined > 0) {
    return (
      <span role="status" style={{ color: "var(--warn)" }}>
        matched 0 of {plural(examined, "trace")}; services seen: {services_seen.join(", ") || "none"}
      </span>
    );
  }
  const more = cut?.reason === "limit" ? " or more" : "";
  return (
    <span role="status">
      {traces.length > 0 ? <Link to={pageAddress("/traces", { filter: filter || "*", ...(group ? { group } : {}) })}>{`${plural(traces.length, "trace")}${more}`}</Link> : "no traces in this range"}
      {traces.length > 0 && !more && <span className="quiet"> of {examined}</span>}
    </span>
  );
}

function GroupForm({ env, group, done }: { env: string; group?: Group; done: () => void }) {
  const [name, setName] = useState("");
  const [filter, setFilter] = useState(group?.filter ?? "");
  const [tried, setTried] = useState<string>();
  const { error, busy, act } = useAction();
  const id = useId();
  const submit = async () => {
    const made = group ? await act(() => updateGroup(env, group.name, filter), `Group ${group.name} changed`) : await act(() => createGroup(env, name.trim(), filter), `Group ${name.trim()} made`);
    if (!made) return;
    setName("");
    if (!group) setFilter("");
    setTried(undefined);
    done();
  };
  return (
    <Form submit={submit}>
      <div className="in-line">
        {!group && (
          <span>
            <label htmlFor={`${id}n`}>New group</label>
            <input id={`${id}n`} className="field" maxLength={32} placeholder="Cruddur" value={name} onChange={(event) => setName(event.target.value)} />
          </span>
        )}
        <span className="grow">
          <span>{group ? "Filter expression" : "of traces with"}</span>
          <FilterField env={env} label={group ? `Filter expression of ${group.name}` : "Filter expression"} placeholder={'service("backend-flask")'} value={filter} onRun={setFilter} onType={setFilter} />
        </span>
        <button type="button" className="button" onClick={() => setTried(filter)}>
          Try
        </button>
        <button type="submit" className="button primary" aria-disabled={busy}>
          {group ? "Save" : "Make group"}
        </button>
        {group && (
          <button type="button" className="button" onClick={done}>
            Cancel
          </button>
        )}
      </div>
      {tried !== undefined && (
        <p>
          <Matched env={env} group="" filter={tried} />
        </p>
      )}
      <FormError error={error} />
    </Form>
  );
}
