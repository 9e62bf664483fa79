import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { acceptLink, lookAtLink, useSignIn } from "../../api/session";
import type { Schema } from "../../api/client";
import { go } from "../../lib/address";
import { moment, nsToMs } from "../../lib/time";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { Link } from "../../ui/Link";
import { ErrorState, Skeleton } from "../../ui/States";
import { PasswordField, passwordFault } from "../../ui/PasswordField";
import { Gate, SignInPage } from "./SignInPage";

const linkInAddress = () => new URLSearchParams(window.location.hash.slice(1)).get("link") ?? undefined;

/** `/signin`: uses the one-time link behind the hash, or signs in. */
export function LinkPage() {
  const [token, setToken] = useState(linkInAddress);
  const { needed } = useSignIn();
  useEffect(() => {
    const read = () => setToken(linkInAddress());
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);
  useEffect(() => {
    if (token === undefined && needed === false) go("/", "replace");
  }, [token, needed]);
  if (token !== undefined) return <UseLink key={token} token={token} />;
  return needed ? <SignInPage /> : null;
}

function UseLink({ token }: { token: string }) {
  const link = useQuery({ queryKey: ["link", token], queryFn: () => lookAtLink(token), staleTime: Number.POSITIVE_INFINITY, gcTime: 0 });
  if (link.error) {
    return (
      <Gate title="This link does not work">
        <ErrorState error={link.error} />
        <p>
          <Link to="/">Go on without it</Link>
        </p>
      </Gate>
    );
  }
  if (!link.data) return <Gate title="One moment"><Skeleton height={120} label="Looking at the link" /></Gate>;
  return <Accept token={token} link={link.data} />;
}

const TITLE: Record<string, string> = { setup: "Make the first account", invite: "Make your account", reset: "Set a new password" };

function Accept({ token, link }: { token: string; link: Schema["Link"] }) {
  const [name, setName] = useState(link.name ?? "");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const id = useId();
  const submit = async () => {
    const fault = passwordFault(password);
    if (busy) return;
    if (fault) return setError(new Error(fault));
    setBusy(true);
    setError(undefined);
    try {
      await acceptLink(token, name, password);
      // The link is spent, and leaves the address.
      go("/", "replace");
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <Gate title={TITLE[link.purpose] ?? "Make your account"}>
      <p className="quiet">
        {link.purpose === "setup" && "This account may do everything, and invites the others. "}
        {link.purpose === "invite" && `${link.by} invited you as ${link.role}. `}
        {link.purpose === "reset" && `${link.by} made this link for ${link.name}. All sessions of the account end. `}
        The link works once, until {moment(nsToMs(link.expires_ns), "local", Date.now())}.
      </p>
      <Form className="sign-form" submit={submit}>
        <label htmlFor={id}>Name</label>
        <input id={id} className="field" autoFocus={!link.name} required readOnly={link.name !== undefined} autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={64} aria-describedby={link.name ? undefined : `${id}h`} value={name} onChange={(event) => setName(event.target.value)} />
        {!link.name && (
          <span id={`${id}h`} className="quiet hint">
            What you sign in with: a to z, digits and . _ @ + -, such as an address of mail.
          </span>
        )}
        <PasswordField label="Password" value={password} onChange={setPassword} isNew autoFocus={link.name !== undefined} />
        <FormError error={error} />
        <button type="submit" className="button primary" aria-disabled={busy}>
          {link.purpose === "reset" ? "Set the password" : "Make the account"}
        </button>
      </Form>
    </Gate>
  );
}
