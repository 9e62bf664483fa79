import { useState } from "react";
import { endSession, useSessions } from "../../api/settings";
import { changePassword, signOut, useSession } from "../../api/session";
import { moment, nsToMs } from "../../lib/time";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { PasswordField, passwordFault } from "../../ui/PasswordField";
import { ErrorState, Skeleton } from "../../ui/States";
import { Table } from "../../ui/Table";
import { announce } from "../../ui/announce";
import { useTime } from "../../ui/view";
import { useAction } from "./action";

/** One's own account: password, and where one is signed in. */
export function AccountPart() {
  const { data } = useSession();
  if (!data?.account) return null;
  return (
    <>
      <p>
        You are signed in as <strong>{data.account.name}</strong>, as {data.account.role}.
      </p>
      <Sessions />
      <Password />
    </>
  );
}

function Sessions() {
  const { zone } = useTime();
  const sessions = useSessions(true);
  const { error, act } = useAction();
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      {sessions.error && !sessions.data && <ErrorState error={sessions.error} retry={() => void sessions.refetch()} />}
      {!sessions.data && !sessions.error && <Skeleton height={60} label="Reading sessions" />}
      <FormError error={error} />
      {sessions.data && (
        <Table label="Sessions" heads={["since", "last used", "from", "with"]} last="actions">
          {sessions.data.map((session) => (
            <tr key={session.id}>
              <td>{moment(nsToMs(session.created_ns), zone, Date.now())}</td>
              <td>{session.is_this ? "now" : moment(nsToMs(session.used_ns), zone, Date.now())}</td>
              <td className="mono">{session.address}</td>
              <td className="cut" style={{ maxWidth: 360 }} title={session.agent}>
                {session.agent}
              </td>
              <td className="actions">
                {session.is_this ? (
                  <span className="quiet">this one</span>
                ) : (
                  <button type="button" className="button" onClick={() => void act(() => endSession(session.id), "That session is over")}>
                    End it
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <button type="button" className="button" style={{ alignSelf: "flex-start" }} onClick={() => void act(() => signOut(true))}>
        Sign out everywhere
      </button>
    </section>
  );
}

function Password() {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [fault, setFault] = useState<unknown>();
  const { error, busy, act } = useAction();
  const submit = async () => {
    const wrong = passwordFault(next);
    setFault(wrong ? new Error(wrong) : undefined);
    if (wrong) return;
    if (await act(() => changePassword(old, next))) {
      setOld("");
      setNext("");
      announce("Password changed; every other session is over", true);
    }
  };
  return (
    <section aria-labelledby="password">
      <h2 id="password">Password</h2>
      <Form className="sign-form" submit={submit}>
        <PasswordField label="Present password" value={old} onChange={setOld} />
        <PasswordField label="New password" value={next} onChange={setNext} isNew />
        <FormError error={fault ?? error} />
        <button type="submit" className="button" aria-disabled={busy}>
          Change it
        </button>
      </Form>
      <p className="quiet">Every other session ends.</p>
    </section>
  );
}
