import { useState } from "react";
import { announce } from "../../ui/announce";

/** Does something once at a time, and keeps why it was not done. */
export function useAction(): { error: unknown; busy: boolean; act: (what: () => Promise<unknown>, done?: string) => Promise<boolean> } {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const act = async (what: () => Promise<unknown>, done?: string) => {
    if (busy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await what();
      if (done) announce(done);
      return true;
    } catch (reason) {
      setError(reason);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, act };
}
