import { useQuery } from "@tanstack/react-query";
import { type Schema, ask, client } from "./client";
import { type Asked, queries } from "./hooks";

/** After a change: what it may have changed is asked for again. */
const again = (...names: string[]) => Promise.all(names.map((name) => queries.invalidateQueries({ queryKey: [name] })));

export function useKeys(enabled: boolean): Asked<Schema["Key"][]> {
  return useQuery({ queryKey: ["keys"], queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/keys", { signal }))).keys, enabled });
}

export function useAccounts(enabled: boolean): Asked<Schema["Accounts"]> {
  return useQuery({ queryKey: ["accounts"], queryFn: ({ signal }) => ask(client.GET("/hive/v1/accounts", { signal })), enabled });
}

export function useAudit(limit: number, enabled: boolean): Asked<Schema["AuditEntry"][]> {
  return useQuery({
    queryKey: ["audit", limit],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/audit", { params: { query: { limit: String(limit) } }, signal }))).entries,
    enabled,
    staleTime: 0,
  });
}

/** The sessions of who asks. */
export function useSessions(enabled: boolean): Asked<Schema["KnownSession"][]> {
  return useQuery({ queryKey: ["sessions"], queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/sessions", { signal }))).sessions, enabled, staleTime: 0 });
}

/** How the server is, every five seconds. */
export function useStatus(): Asked<Schema["Status"]> {
  return useQuery({ queryKey: ["status"], queryFn: ({ signal }) => ask(client.GET("/hive/v1/status", { signal })), refetchInterval: 5_000 });
}

export async function createEnvironment(slug: string): Promise<void> {
  await ask(client.POST("/hive/v1/environments", { body: { slug } }));
  await again("environments");
}

export async function describeEnvironment(env: string, body: Schema["AboutEnvironment"]): Promise<void> {
  await ask(client.PUT("/hive/v1/e/{env}/about", { params: { path: { env } }, body }));
  await again("environments");
}

export async function createKey(body: Schema["NewKey"]): Promise<Schema["CreatedKey"]> {
  const created = await ask(client.POST("/hive/v1/keys", { body }));
  await again("keys", "environments");
  return created;
}

export async function switchKey(id: number, on: boolean): Promise<void> {
  const params = { path: { id: String(id) } };
  await ask(on ? client.POST("/hive/v1/keys/{id}/enable", { params }) : client.POST("/hive/v1/keys/{id}/disable", { params }));
  await again("keys");
}

export async function invite(role: string, name: string): Promise<Schema["MadeLink"]> {
  const made = await ask(client.POST("/hive/v1/accounts", { body: { role, ...(name ? { name } : {}) } }));
  await again("accounts");
  return made;
}

export async function resetAccount(id: number): Promise<Schema["MadeLink"]> {
  const made = await ask(client.POST("/hive/v1/accounts/{id}/reset", { params: { path: { id: String(id) } } }));
  await again("accounts");
  return made;
}

export async function updateAccount(id: number, body: Schema["ChangedAccount"]): Promise<void> {
  await ask(client.PUT("/hive/v1/accounts/{id}", { params: { path: { id: String(id) } }, body }));
  await again("accounts", "session");
}

export async function deleteAccount(id: number): Promise<void> {
  await ask(client.DELETE("/hive/v1/accounts/{id}", { params: { path: { id: String(id) } } }));
  await again("accounts", "session");
}

export async function signOutAccount(id: number): Promise<void> {
  await ask(client.POST("/hive/v1/accounts/{id}/signout", { params: { path: { id: String(id) } } }));
  await again("accounts", "session");
}

export async function revokeLink(id: string): Promise<void> {
  await ask(client.DELETE("/hive/v1/links/{id}", { params: { path: { id } } }));
  await again("accounts");
}

export async function endSession(id: string): Promise<void> {
  await ask(client.DELETE("/hive/v1/sessions/{id}", { params: { path: { id } } }));
  await again("sessions");
}
