import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { deleteAccount, invite, resetAccount, revokeLink, signOutAccount, updateAccount, useAccounts } from "../../api/settings";
import { useSession } from "../../api/session";
import { moment, nsToMs } from "../../lib/time";
import { Dialog } from "../../ui/Dialog";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { Menu } from "../../ui/Menu";
import { EmptyState, ErrorState, Skeleton } from "../../ui/States";
import { Table, numeric } from "../../ui/Table";
import { useTime } from "../../ui/view";
import { Needs } from "./Needs";
import { Once } from "./Once";
import { useAction } from "./action";
import { secondary } from "./heads";

export const ROLES = [
  { role: "viewer", may: "asks everything, changes nothing that others see" },
  { role: "editor", may: "changes what an environment keeps for all, and makes keys for senders" },
  { role: "admin", may: "manages people, keys and environments, and deletes events" },
] as const;

/** Who may sign in, and as what. */
export function PeoplePart() {
  const { data } = useSession();
  if (data?.mode === "open") {
    return (
      <EmptyState title="This server asks nobody who they are">
        <p className="why">It is open: whoever reaches it may do everything. Started with --auth keys it asks people to sign in, and prints a link that makes the first account.</p>
      </EmptyState>
    );
  }
  return (
    <Needs role="admin" what="People">
      <People />
    </Needs>
  );
}

function People() {
  const people = useAccounts(true);
  const [made, setMade] = useState<Schema["MadeLink"]>();
  return (
    <>
      {made ? (
        <Once title={made.link.purpose === "reset" ? `A link that sets a new password for ${made.link.name}` : `A link that makes an account (${made.link.role})`} text={window.location.origin + made.path} label="Link" close={() => setMade(undefined)}>
          <p>Send it to whoever it is for: it is shown this once, and works once.</p>
        </Once>
      ) : (
        <Invite done={setMade} />
      )}
      {people.error && !people.data && <ErrorState error={people.error} retry={() => void people.refetch()} />}
      {!people.data && !people.error && <Skeleton height={120} label="Reading accounts" />}
      {people.data && <Accounts accounts={people.data.accounts} made={setMade} />}
      {people.data && people.data.links.length > 0 && <Links links={people.data.links} />}
    </>
  );
}

function Invite({ done }: { done: (made: Schema["MadeLink"]) => void }) {
  const [role, setRole] = useState("viewer");
  const [name, setName] = useState("");
  const { error, busy, act } = useAction();
  const id = useId();
  const submit = async () => {
    const link = await act(() => invite(role, name.trim()), "Link made; it is shown once");
    if (link) done(link.made);
  };
  return (
    <Form submit={submit}>
      <div className="in-line">
        <span>
          <label htmlFor={`${id}r`}>Invite as</label>
          <select id={`${id}r`} className="field" value={role} onChange={(event) => setRole(event.target.value)}>
            {ROLES.map((known) => (
              <option key={known.role}>{known.role}</option>
            ))}
          </select>
        </span>
        <span>
          <label htmlFor={`${id}n`}>with the name</label>
          <input id={`${id}n`} className="field" placeholder="(they choose)" maxLength={64} autoComplete="off" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />
        </span>
        <button type="submit" className="button primary" aria-disabled={busy}>
          Make link
        </button>
      </div>
      <p className="quiet">
        {role === "viewer" ? "A viewer" : role === "editor" ? "An editor" : "An admin"} {ROLES.find((known) => known.role === role)?.may}.
      </p>
      <FormError error={error} />
    </Form>
  );
}

function Accounts({ accounts, made }: { accounts: Schema["Account"][]; made: (made: Schema["MadeLink"]) => void }) {
  const { zone } = useTime();
  const { data } = useSession();
  const [deleting, setDeleting] = useState<Schema["Account"]>();
  const { error, act } = useAction();
  return (
    <section aria-label="Accounts">
      <FormError error={error} />
      <Table label="Accounts" heads={["name", "role", "state", numeric("sessions"), "signed in", secondary("made")]} last="actions">
        {accounts.map((account) => (
          <tr key={account.id} className={account.disabled ? "off" : undefined}>
            <td>
              {account.name} {account.id === data?.account?.id && <span className="quiet">you</span>}
            </td>
            <td>
              <select className="field" aria-label={`Role of ${account.name}`} value={account.role} onChange={(event) => void act(() => updateAccount(account.id, { role: event.target.value }), `${account.name} is ${event.target.value} now`)}>
                {ROLES.map(({ role }) => (
                  <option key={role}>{role}</option>
                ))}
              </select>
            </td>
            <td>{account.disabled ? "off" : "works"}</td>
            <td className="num">{account.sessions}</td>
            <td>{account.signed_in_ns ? moment(nsToMs(account.signed_in_ns), zone, Date.now()) : ""}</td>
            <td className="secondary">{moment(nsToMs(account.created_ns), zone, Date.now())}</td>
            <td className="actions">
              <Menu
                label="Change"
                name={`Change ${account.name}`}
                align="right"
                items={[
                  { label: "Make a link for a new password", run: () => void act(async () => made(await resetAccount(account.id))) },
                  { label: "Sign out everywhere", run: () => void act(() => signOutAccount(account.id), `${account.name} is signed out`) },
                  { label: account.disabled ? "Switch on" : "Switch off", run: () => void act(() => updateAccount(account.id, { disabled: !account.disabled }), `${account.name} is switched ${account.disabled ? "on" : "off"}`) },
                  { label: null },
                  { label: "Delete", run: () => setDeleting(account) },
                ]}
              />
            </td>
          </tr>
        ))}
      </Table>
      {deleting && (
        <Dialog label={`Delete ${deleting.name}`} className="sheet slim" close={() => setDeleting(undefined)}>
          <h2>Delete the account {deleting.name}?</h2>
          <p>Its sessions end. What was done with it stays in what was done.</p>
          <div className="in-line">
            <button
              type="button"
              className="button primary"
              onClick={() => {
                setDeleting(undefined);
                void act(() => deleteAccount(deleting.id), `${deleting.name} is gone`);
              }}
            >
              Delete {deleting.name}
            </button>
            <button type="button" className="button" onClick={() => setDeleting(undefined)}>
              Keep it
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

function Links({ links }: { links: Schema["Link"][] }) {
  const { zone } = useTime();
  const { error, act } = useAction();
  return (
    <section aria-labelledby="links">
      <h2 id="links">Links that wait to be used</h2>
      <FormError error={error} />
      <Table label={{ by: "links" }} heads={["for", "name", "made by", "works until"]} last="actions">
        {links.map((link) => (
          <tr key={link.id}>
            <td>{link.purpose === "reset" ? "a new password" : `a new ${link.role}`}</td>
            <td>{link.name ?? <span className="quiet">they choose</span>}</td>
            <td>{link.by}</td>
            <td>{moment(nsToMs(link.expires_ns), zone, Date.now())}</td>
            <td className="actions">
              <button type="button" className="button" aria-label={`Take back the link for ${link.name ?? `a new ${link.role}`}`} onClick={() => void act(() => revokeLink(link.id), "The link works no more")}>
                Take back
              </button>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
