import { useId, useState } from "react";
import { useEnvironments } from "../../api/hooks";
import { createEnvironment } from "../../api/settings";
import { useMay } from "../../api/session";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { Link } from "../../ui/Link";
import { ErrorState, Skeleton } from "../../ui/States";
import { Table } from "../../ui/Table";
import { useView } from "../../ui/view";
import { useAction } from "./action";

/** Environments: the boundary of data and keys. */
export function EnvironmentsPart() {
  const { env } = useView();
  const environments = useEnvironments();
  const isAdmin = useMay("admin");
  const [slug, setSlug] = useState("");
  const { error, busy, act } = useAction();
  const id = useId();
  return (
    <>
      <p className="quiet">An environment is the boundary of data and keys: a question is asked in one, a key belongs to one. Its name stands in addresses and in the paths of its files, so it stays as it is.</p>
      {environments.error && !environments.data && <ErrorState error={environments.error} retry={() => void environments.refetch()} />}
      {!environments.data && !environments.error && <Skeleton height={80} label="Reading environments" />}
      {environments.data && (
        <Table label="Environments" heads={["environment", "go to"]}>
          {environments.data.map((known) => (
            <tr key={known.slug}>
              <td>
                {known.slug} {known.slug === env && <span className="quiet">this one</span>}
              </td>
              <td>
                <Link to={`/e/${encodeURIComponent(known.slug)}/data`}>Data</Link> · <Link to={`/e/${encodeURIComponent(known.slug)}/settings/keys`}>Keys</Link>
              </td>
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
    </>
  );
}
