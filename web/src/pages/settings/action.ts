import { useState } from "react";
import { announce } from "../../ui/announce";

/** What came of it; nothing when it was not done. */
type Act = <T>(what: () => Promise<T>, done?: string) => Promise<{ made: T } | undefined>;

/** Does something once at a time, and keeps why it was not done. */
export function useAction(): { error: unknown; busy: boolean; act: Act } {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const act: Act = async (what, done) => {
    if (busy) return undefined;
    setBusy(true);
    setError(undefined);
    try {
      const made = await what();
      if (done) announce(done);
      return { made };
    } catch (reason) {
      setError(reason);
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, act };
}
