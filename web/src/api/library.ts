import { useQuery } from "@tanstack/react-query";
import { Problem, type Schema, ask, client } from "./client";
import { type Asked, queries } from "./hooks";

export type Board = Schema["Board"];
export type BoardSummary = Schema["BoardSummary"];
export type Panel = Schema["Panel"];
export type PanelContent = Schema["PanelContent"];
export type QueryStyle = Schema["QueryStyle"];
export type SavedQuery = Schema["SavedQuery"];
export type Marker = Schema["Marker"];
export type Run = Schema["Run"];

/** What somebody else may change meanwhile is asked for again while a page shows it. */
const LOOK_AGAIN_MS = 15_000;

export function useBoards(env: string): Asked<BoardSummary[]> {
  return useQuery({
    queryKey: ["boards", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/boards", { params: { path: { env } }, signal }))).boards,
  });
}

export function useBoard(env: string, id: string): Asked<Board> {
  return useQuery({
    queryKey: ["board", env, id],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/boards/{id}", { params: { path: { env, id } }, signal })),
    refetchInterval: (query) => (query.state.error instanceof Problem && query.state.error.status === 404 ? false : LOOK_AGAIN_MS),
    staleTime: 0,
  });
}

/** What a board is, without who made it and when. */
export type BoardContent = Pick<Board, "name" | "description" | "panels" | "filter" | "from" | "to">;

export async function createBoard(env: string, content: BoardContent): Promise<Board> {
  const board = await ask(client.POST("/hive/v1/e/{env}/boards", { params: { path: { env } }, body: content }));
  keep(env, board);
  return board;
}

/** Puts a content in the place of a version; a `Problem` with status 409 says that it is not the last one. */
export async function updateBoard(env: string, { id, version }: Pick<Board, "id" | "version">, content: BoardContent): Promise<Board> {
  const { name, description, panels, filter, from, to } = content;
  const board = await ask(client.PUT("/hive/v1/e/{env}/boards/{id}", { params: { path: { env, id } }, body: { version, name, description, panels, filter, from, to } }));
  keep(env, board);
  return board;
}

/** Takes a version of a board out; an `Overtaken` says that there is another one by now. */
export async function deleteBoard(env: string, id: string, version: number): Promise<Board> {
  const now = await ask(client.GET("/hive/v1/e/{env}/boards/{id}", { params: { path: { env, id } } }));
  if (now.version !== version) throw new Overtaken(now.version, now.changed_by, `${now.name}, with ${now.panels.length} panels`);
  const board = await ask(client.DELETE("/hive/v1/e/{env}/boards/{id}", { params: { path: { env, id } } }));
  void queries.invalidateQueries({ queryKey: ["boards", env] });
  return board;
}

/** The board as it is now, whatever is in the cache. */
export async function readBoard(env: string, id: string): Promise<Board> {
  const board = await ask(client.GET("/hive/v1/e/{env}/boards/{id}", { params: { path: { env, id } } }));
  queries.setQueryData(["board", env, id], board);
  return board;
}

function keep(env: string, board: Board): void {
  queries.setQueryData(["board", env, board.id], board);
  void queries.invalidateQueries({ queryKey: ["boards", env] });
}

export function useSavedQueries(env: string): Asked<SavedQuery[]> {
  return useQuery({
    queryKey: ["saved-queries", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/saved-queries", { params: { path: { env } }, signal }))).queries,
  });
}

export function useSavedQuery(env: string, id: string): Asked<SavedQuery> {
  return useQuery({
    queryKey: ["saved-query", env, id],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/saved-queries/{id}", { params: { path: { env, id } }, signal })),
    enabled: id !== "",
  });
}

export async function saveQuery(env: string, body: Schema["NewSavedQuery"]): Promise<SavedQuery> {
  return kept(env, await ask(client.POST("/hive/v1/e/{env}/saved-queries", { params: { path: { env } }, body })));
}

/** Puts a content in the place of a version; a `Problem` with status 409 says that it is not the last one. */
export async function updateSavedQuery(env: string, id: string, body: Schema["ChangedSavedQuery"]): Promise<SavedQuery> {
  return kept(env, await ask(client.PUT("/hive/v1/e/{env}/saved-queries/{id}", { params: { path: { env, id } }, body })));
}

/** Somebody else changed what was to be deleted: whoever still wants that says so with the version that there is now. */
export class Overtaken extends Error {
  readonly version: number;

  constructor(version: number, by: string | undefined, what: string) {
    super(`${by === undefined || by === "anyone" ? "somebody else" : by} changed it meanwhile: ${what}. Press again to delete it all the same`);
    this.version = version;
  }
}

/** The saved query as it is now, whatever is in the cache. */
export async function readSavedQuery(env: string, id: string): Promise<SavedQuery> {
  return kept(env, await ask(client.GET("/hive/v1/e/{env}/saved-queries/{id}", { params: { path: { env, id } } })));
}

/** Takes a version of a saved query out; an `Overtaken` says that there is another one by now. */
export async function deleteSavedQuery(env: string, id: string, version: number): Promise<void> {
  const now = await readSavedQuery(env, id);
  if (now.version !== version) throw new Overtaken(now.version, now.changed_by, `${now.name}, ${now.query}`);
  await ask(client.DELETE("/hive/v1/e/{env}/saved-queries/{id}", { params: { path: { env, id } } }));
  void queries.invalidateQueries({ queryKey: ["saved-queries", env] });
}

function kept(env: string, query: SavedQuery): SavedQuery {
  queries.setQueryData(["saved-query", env, query.id], query);
  void queries.invalidateQueries({ queryKey: ["saved-queries", env] });
  return query;
}

/** Markers that reach into a window, milliseconds since 1970. */
export function useMarkers(env: string, start: number, end: number): Asked<Schema["Markers"]> {
  const [from, to] = [`${Math.floor(start)}000000`, `${Math.ceil(end)}000000`];
  return useQuery({
    queryKey: ["markers", env, from, to],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/markers", { params: { path: { env }, query: { from, to } }, signal })),
    placeholderData: (before) => before,
  });
}

export async function createMarker(env: string, body: Schema["NewMarker"]): Promise<void> {
  await ask(client.POST("/hive/v1/e/{env}/markers", { params: { path: { env } }, body }));
  void queries.invalidateQueries({ queryKey: ["markers", env] });
}

export async function updateMarker(env: string, id: string, body: Schema["ChangedMarker"]): Promise<void> {
  try {
    await ask(client.PUT("/hive/v1/e/{env}/markers/{id}", { params: { path: { env, id } }, body }));
  } finally {
    // Where somebody else was faster, graphs show what they made of it.
    void queries.invalidateQueries({ queryKey: ["markers", env] });
  }
}

/** What a marker is, without who made it and when. */
export type MarkerContent = Omit<Schema["ChangedMarker"], "version">;

const MONTH_NS = 2_592_000_000_000_000n;

/** The marker as it is now, looked for near where it was, then everywhere; nothing when it is gone. */
export async function readMarker(env: string, id: string, startNs: bigint): Promise<Marker | undefined> {
  const windows = [{ from: String(startNs - MONTH_NS), to: String(startNs + MONTH_NS) }, {}];
  for (const query of windows) {
    const { markers } = await ask(client.GET("/hive/v1/e/{env}/markers", { params: { path: { env }, query } }));
    const found = markers.find((marker) => marker.id === id);
    if (found) return found;
  }
  return undefined;
}

/** Takes a version of a marker out; an `Overtaken` says that there is another one by now. One that is gone already is out. */
export async function deleteMarker(env: string, id: string, version: number, startNs: bigint): Promise<void> {
  const now = await readMarker(env, id, startNs);
  if (now && now.version !== version) throw new Overtaken(now.version, undefined, now.text);
  if (now) await ask(client.DELETE("/hive/v1/e/{env}/markers/{id}", { params: { path: { env, id } } }));
  void queries.invalidateQueries({ queryKey: ["markers", env] });
}

export function useHistory(env: string, search: string, mine: boolean): Asked<Schema["History"]> {
  return useQuery({
    queryKey: ["history", env, search, mine],
    queryFn: ({ signal }) => ask(client.GET("/hive/v1/e/{env}/history", { params: { path: { env }, query: { limit: "200", ...(search ? { search } : {}), ...(mine ? { by: "me" } : {}) } }, signal })),
    placeholderData: (before) => before,
    staleTime: 0,
  });
}

/** Tells the server what is run. That it could not be told is no reason not to run it. */
export function noteRun(env: string, query: string, from: string, to: string): void {
  void ask(client.POST("/hive/v1/e/{env}/history", { params: { path: { env } }, body: { query, from, to } }))
    .then(() => queries.invalidateQueries({ queryKey: ["history", env] }))
    .catch(() => undefined);
}

export async function forgetRuns(env: string): Promise<void> {
  await ask(client.DELETE("/hive/v1/e/{env}/history", { params: { path: { env } } }));
  void queries.invalidateQueries({ queryKey: ["history", env] });
}

export type Field = Schema["Field"];

/** Calculated fields that the environment keeps. */
export function useFields(env: string): Asked<Field[]> {
  return useQuery({
    queryKey: ["fields", env],
    queryFn: async ({ signal }) => (await ask(client.GET("/hive/v1/e/{env}/fields", { params: { path: { env } }, signal }))).fields,
  });
}

/** Keeps a field. */
export async function createField(env: string, body: Schema["NewField"]): Promise<void> {
  await ask(client.POST("/hive/v1/e/{env}/fields", { params: { path: { env } }, body }));
  columnsChanged(env);
}

/** Gives a field another expression and description. A field keeps its name: under another one it is made anew, and taken out under the old one. */
export async function updateField(env: string, before: Field, { name, expression, description }: Pick<Field, "name" | "expression" | "description">): Promise<void> {
  if (name === before.name) await ask(client.PUT("/hive/v1/e/{env}/fields/{id}", { params: { path: { env, id: String(before.id) } }, body: { expression, description } }));
  else {
    const made = await ask(client.POST("/hive/v1/e/{env}/fields", { params: { path: { env } }, body: { name, expression, description } }));
    try {
      await ask(client.DELETE("/hive/v1/e/{env}/fields/{id}", { params: { path: { env, id: String(before.id) } } }));
    } catch (error) {
      // Another field names the old one: there are not both.
      await ask(client.DELETE("/hive/v1/e/{env}/fields/{id}", { params: { path: { env, id: String(made.id) } } }));
      throw error;
    }
  }
  columnsChanged(env);
}

export async function deleteField(env: string, id: Field["id"]): Promise<void> {
  await ask(client.DELETE("/hive/v1/e/{env}/fields/{id}", { params: { path: { env, id: String(id) } } }));
  columnsChanged(env);
}

/** Fields are columns of every question: what was completed and computed from them is asked again. */
function columnsChanged(env: string): void {
  for (const key of ["fields", "columns", "query", "parse", "events", "event-pages", "compare", "compare-some"]) void queries.invalidateQueries({ queryKey: [key, env] });
}
