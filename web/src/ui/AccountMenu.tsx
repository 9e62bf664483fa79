import { signOut, useSession } from "../api/session";
import { go } from "../lib/address";
import { Menu } from "./Menu";
import { Icon } from "./icons";
import { pageAddress } from "./view";

/** Who is signed in, and what they can do about it; nothing on a server that asks nobody. */
export function AccountMenu() {
  const { data } = useSession();
  const account = data?.account;
  if (!account) return null;
  return (
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
        { label: "Sign out", run: () => void signOut() },
        { label: "Sign out everywhere", run: () => void signOut(true) },
      ]}
    />
  );
}
