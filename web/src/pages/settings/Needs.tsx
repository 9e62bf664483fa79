import type { ReactNode } from "react";
import { type Role, useMay, useSession } from "../../api/session";
import { EmptyState } from "../../ui/States";

const A: Record<Role, string> = { viewer: "a viewer", editor: "an editor", admin: "an admin" };

/** Its contents, for who may; for others which role is needed, and who can give it. */
export function Needs({ role, what, children }: { role: Role; what: string; children: ReactNode }) {
  const may = useMay(role);
  const { data } = useSession();
  if (may) return children;
  const own = data?.account?.role as Role | undefined;
  const admins = data?.account?.admins ?? [];
  return (
    <EmptyState title={`${what} ${what.endsWith("s") ? "are" : "is"} for ${A[role].replace(/^an? /, "")}s`}>
      <p className="why">
        You are {own ? A[own] : "nobody here"}. {admins.length > 0 && `An admin can change that: ${admins.join(", ")}.`}
      </p>
    </EmptyState>
  );
}
