import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { createStore, useStore } from "../lib/store";
import { type Schema, ask, client, csrf, signInNeeded } from "./client";
import { type Asked, queries } from "./hooks";

export type Session = Schema["Session"];
export type Role = "viewer" | "editor" | "admin";

const KEY = ["session"];
/** What pages ask. A link is looked at once: whoever uses it spends it. */
const OTHERS = { predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== KEY[0] && queryKey[0] !== "link" };
/** Whose session the pages were filled in; another person's pages begin anew. */
export const shownTo = createStore<string | undefined>(undefined);

/** Notes who is signed in, for every request from now on. */
function take(session: Session): Session {
  csrf.set(session.account?.csrf ?? "");
  if (session.account) {
    if (shownTo.get() !== undefined && shownTo.get() !== session.account.name) queries.removeQueries(OTHERS);
    shownTo.set(session.account.name);
    const wasOut = signInNeeded.get();
    signInNeeded.set(false);
    // Signed in again, maybe in another tab.
    if (wasOut) void queries.invalidateQueries(OTHERS);
  }
  return session;
}

/** Whether a sign-in is needed, and who is signed in. */
export function useSession(): Asked<Session> {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => take(await ask(client.GET("/hive/v1/session", { signal }))),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: "always",
    // The pages stand while this is not known, and say what is wrong: it fails at once and is asked again.
    retry: false,
    refetchInterval: (query) => (query.state.data === undefined ? 3_000 : false),
  });
}

/** Whether somebody has to sign in before anything can be shown; `undefined` while that is not known. */
export function useSignIn(): { needed: boolean | undefined; session: Session | undefined } {
  const session = useSession();
  const refused = useStore(signInNeeded);
  const isOpen = session.data?.mode === "open";
  // A server that asked nobody and now does was started anew with other settings.
  useEffect(() => {
    if (refused && isOpen) void queries.invalidateQueries({ queryKey: KEY });
  }, [refused, isOpen]);
  // A server that is not reached asks nobody: the pages say that it is gone.
  if (!session.data) return { needed: session.isFetched ? false : undefined, session: undefined };
  return { needed: session.data.mode === "keys" && (refused || !session.data.account), session: session.data };
}

const RANK: Record<string, number> = { viewer: 1, editor: 2, admin: 3 };

/** Whether the asker's role is enough. On an open server everybody's is. */
export function useMay(least: Role): boolean {
  const { data } = useSession();
  if (data === undefined || data.mode === "open") return true;
  return (RANK[data.account?.role ?? ""] ?? 0) >= (RANK[least] ?? 4);
}

/** The pages ask again, as whoever is signed in now. */
function begin(session: Session): void {
  queries.setQueryData(KEY, take(session));
  void queries.invalidateQueries(OTHERS);
}

export async function signIn(name: string, password: string): Promise<void> {
  begin(await ask(client.POST("/hive/v1/session", { body: { name, password } })));
}

export async function acceptLink(token: string, name: string, password: string): Promise<void> {
  begin(await ask(client.POST("/hive/v1/link/accept", { body: { token, name, password } })));
}

export async function lookAtLink(token: string): Promise<Schema["Link"]> {
  return (await ask(client.POST("/hive/v1/link", { body: { token } }))).link;
}

export async function changePassword(old: string, next: string): Promise<void> {
  begin(await ask(client.PUT("/hive/v1/session/password", { body: { old, new: next } })));
}

/** Ends this session, or all of them. Nothing that was shown stays. */
export async function signOut(everywhere = false): Promise<void> {
  await ask(everywhere ? client.DELETE("/hive/v1/sessions") : client.DELETE("/hive/v1/session"));
  shownTo.set(undefined);
  csrf.set("");
  queries.setQueryData<Session>(KEY, (session) => session && { ...session, account: null });
  queries.removeQueries(OTHERS);
}
