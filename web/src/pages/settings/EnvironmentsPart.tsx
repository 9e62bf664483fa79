import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { useEnvironments } from "../../api/hooks";
import { createEnvironment, describeEnvironment } from "../../api/settings";
import { useMay } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { Link } from "../../ui/Link";
import { ErrorState, Skeleton } from "../../ui/States";
import { Table } from "../../ui/Table";
import { useView } from "../../ui/view";
import { useAction } from "./action";

/** The one that is there from the start; addresses without an environment lead to it. */
const FIRST = "local";

/** Environments: the boundary of data and keys. */
export function EnvironmentsPart() {
  const { env } = useView();
  const environments = useEnvironments();
  const isAdmin = useMay("admin");
  const [slug, setSlug] = useState("");
  const [renaming, setRenaming] = useState<Schema["Environment"]>();
  const { error, busy, act } = useAction();
  const id = useId();
  return (
    <>
      <p className="quiet">An environment is the boundary of data and keys: a question is asked in one, a key belongs to one. The short name stands in addresses and in the paths of its files, so it stays; what it is called may change. One that is not needed any more is put away: it is no longer offered where environments are chosen, and takes and answers as before. Its events go when they are deleted, or with time (<code>glasshive delete</code>, retention).</p>
      {environments.error && !environments.data && <ErrorState error={environments.error} retry={() => void environments.refetch()} />}
      {!environments.data && !environments.error && <Skeleton height={80} label="Reading environments" />}
      {environments.data && (
        <Table label="Environments" heads={["environment", "called", "go to"]} {...(isAdmin ? { last: "actions" } : {})}>
          {environments.data.map((known) => (
            <tr key={known.slug} className={known.archived ? "off" : undefined}>
              <td>
                <span className="mono">{known.slug}</span> {known.slug === env && <span className="quiet">this one</span>} {known.archived && <span className="quiet">put away</span>}
              </td>
              <td>{known.name ?? ""}</td>
              <td>
                <Link to={`/e/${encodeURIComponent(known.slug)}/data`}>Data</Link> · <Link to={`/e/${encodeURIComponent(known.slug)}/settings/keys`}>Keys</Link>
              </td>
              {isAdmin && (
                <td className="actions">
                  <button type="button" className="button" aria-label={`Rename ${known.slug}`} onClick={() => setRenaming(known)}>
                    Rename
                  </button>{" "}
                  {known.slug !== FIRST && (
                    <button
                      type="button"
                      className="button"
                      aria-label={`${known.archived ? "Bring back" : "Put away"} ${known.slug}`}
                      onClick={() => void act(() => describeEnvironment(known.slug, { archived: !known.archived }), known.archived ? `${known.slug} is back` : `${known.slug} is put away`)}
                    >
                      {known.archived ? "Bring back" : "Put away"}
                    </button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {isAdmin ? (
        <Form submit={() => act(() => createEnvironment(slug.trim()), `Environment ${slug.trim()} made`).then((done) => done && setSlug(""))}>
          <div className="in-line">
            <span>
              <label htmlFor={id}>New environment</label>
              <input id={id} className="field" required placeholder="staging" maxLength={64} pattern="[a-z0-9_.~\-]+" title="a-z, 0-9 and _ . ~ -" autoCapitalize="none" spellCheck={false} value={slug} onChange={(event) => setSlug(event.target.value)} />
            </span>
            <button type="submit" className="button primary" aria-disabled={busy}>
              Make it
            </button>
          </div>
          <p className="quiet">Letters a to z, digits and . _ ~ -.</p>
          <FormError error={error} />
        </Form>
      ) : (
        <p className="quiet">Admins make new ones.</p>
      )}
      {renaming && <Rename known={renaming} close={() => setRenaming(undefined)} />}
    </>
  );
}

function Rename({ known, close }: { known: Schema["Environment"]; close: () => void }) {
  const [name, setName] = useState(known.name ?? known.slug);
  const { error, busy, act } = useAction();
  const submit = () => act(() => describeEnvironment(known.slug, { name: name.trim() }), "Renamed").then((done) => done && close());
  return (
    <Dialog label={`Rename ${known.slug}`} className="sheet narrow" close={close}>
      <Form className="form" submit={submit}>
        <h2>Rename {known.slug}</h2>
        <label>
          Called
          <input className="field" autoFocus maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <p className="quiet">Addresses, keys and files keep the short name {known.slug}.</p>
        <FormError error={error} />
        <div className="form-foot">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button primary" aria-disabled={busy}>
            Rename
          </button>
        </div>
      </Form>
    </Dialog>
  );
}
