import { useId, useRef, useState } from "react";
import { signIn } from "../api/session";
import { Form } from "./Form";
import { FormError } from "./FormError";

/** Name and password. */
export function SignInForm({ done }: { done?: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const ids = useId();
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await signIn(name, password);
      done?.();
    } catch (reason) {
      setError(reason);
      field.current?.select();
      field.current?.focus();
    }
    setBusy(false);
  };
  return (
    <Form className="sign-form" submit={submit}>
      <label htmlFor={`${ids}n`}>Name</label>
      <input id={`${ids}n`} className="field" autoFocus required autoComplete="username" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />
      <label htmlFor={`${ids}p`}>Password</label>
      <input id={`${ids}p`} ref={field} className="field" type="password" required autoComplete="current-password" aria-invalid={error !== undefined} value={password} onChange={(event) => setPassword(event.target.value)} />
      <FormError error={error} />
      <button type="submit" className="button primary" aria-disabled={busy}>
        {busy ? "Signing in" : "Sign in"}
      </button>
    </Form>
  );
}
