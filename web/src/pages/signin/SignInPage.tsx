import "./signin.css";
import type { ReactNode } from "react";
import { useSession } from "../../api/session";
import { useTitle } from "../../ui/Shell";
import { SignInForm } from "../../ui/SignInForm";
import { Logo } from "../../ui/icons";

/** The frame of a page that nobody needs to be signed in for. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <main className="gate">
      <div className="gate-card">
        <p className="gate-logo">
          <Logo /> <strong>Glasshive</strong>
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

/** Signs in; what stands in the address is shown afterwards. */
export function SignInPage() {
  const { data } = useSession();
  if (data?.is_new) return <NoAccounts hasLink={data.has_set_up_link} />;
  return (
    <Gate title="Sign in">
      <SignInForm />
      <p className="quiet">No account, or no longer the password? An admin can send you a link.</p>
    </Gate>
  );
}

/** Nobody can sign in yet. */
function NoAccounts({ hasLink }: { hasLink: boolean }) {
  return (
    <Gate title="Make the first account">
      {hasLink ? (
        <p>The server printed a link when it started. Open it: it makes the first account, an admin&apos;s, and works once.</p>
      ) : (
        <p>The link that the server printed when it started has expired. Start the server again: it prints another one.</p>
      )}
      <p className="quiet">
        It stands where <code>glasshive serve</code> runs, or in its log: the line that begins with this server&apos;s address and ends in <code>/signin#link=…</code>
      </p>
    </Gate>
  );
}
