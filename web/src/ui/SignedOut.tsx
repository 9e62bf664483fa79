import { useState } from "react";
import { useSession, useSignIn } from "../api/session";
import { createStore, useStore } from "../lib/store";
import { Dialog } from "./Dialog";
import { SignInForm } from "./SignInForm";

/** Whether somebody chose to look at what was loaded instead of signing in again. */
const put = createStore(false);

/** The session ended while pages were shown: sign in above them, and they go on where they were. */
export function SignedOut() {
  const { needed } = useSignIn();
  const { data } = useSession();
  const away = useStore(put);
  const [name] = useState(data?.account?.name);
  if (!needed || away) return null;
  return (
    <Dialog label="Sign in again" className="sheet slim" close={() => put.set(true)}>
      <h2>You were signed out</h2>
      <p className="quiet">{name ? `The session of ${name} is over.` : "The session is over."} What you see stays, and so does what you typed.</p>
      <SignInForm />
      <button type="button" className="button plain" onClick={() => put.set(true)}>
        Not now
      </button>
    </Dialog>
  );
}

/** Says so as long as nobody has signed in again. */
export function SignedOutStrip() {
  const { needed } = useSignIn();
  const away = useStore(put);
  if (!needed || !away) return null;
  return (
    <div className="strip" role="status">
      Signed out; showing what was loaded.{" "}
      <button type="button" className="button plain" onClick={() => put.set(false)}>
        Sign in
      </button>
    </div>
  );
}
