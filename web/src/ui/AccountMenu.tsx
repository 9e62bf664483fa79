import { useState } from "react";
import { Problem } from "../api/client";
import { signOut, useSession } from "../api/session";
import { go } from "../lib/address";
import { ConfirmDialog } from "./ConfirmDialog";
import { Menu } from "./Menu";
import { sentence } from "./States";
import { Icon } from "./icons";
import { pageAddress } from "./view";

/** Who is signed in, and what they can do about it; nothing on a server that asks nobody. */
export function AccountMenu() {
  const { data } = useSession();
  const [failed, setFailed] = useState<{ everywhere: boolean; why: string }>();
  const account = data?.account;
  if (!account) return null;
  const end = async (everywhere: boolean) => {
    try {
      await signOut(everywhere);
    } catch (error) {
      // A session that is over needs no end.
      if (error instanceof Problem && error.status === 401) return;
      setFailed({ everywhere, why: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <>
      <Menu
        label={
          <>
            <Icon name="person" size={16} /> <span className="account-name cut">{account.name}</span>
      
    </>
      }
      name={`Account ${account.name}, ${account.role}`}
      className="button plain"
      align="right"
      items={[
        { label: `Your account (${account.role})`, run: () => go(pageAddress("/settings/you")) },
        { label: null },
        { label: "Sign out", run: () => void end(false) },
        { label: "Sign out everywhere", run: () => void end(true) },
      ]}
    />
    {failed && (
      <ConfirmDialog
        title="You are still signed in"
        words={`The server did not end ${failed.everywhere ? "the sessions" : "the session"}. ${sentence(failed.why)}`}
        action="Try again"
        close={() => setFailed(undefined)}
        run={() => signOut(failed.everywhere)}
      />
    )}
    </>
  );
}
