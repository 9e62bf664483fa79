import { finishPiece } from "./complete";
import { type Clause, type Query, calcParts, isHeatmap, readQuery } from "./query";
import { columnOfCondition, columnText, conditionParts } from "./words";

/** Clauses whose pieces can be taken to another one. */
export type PieceClause = "fields" | "calcs" | "where" | "groupBy" | "having" | "orderBy";

const KEYWORD: Record<PieceClause, string> = { fields: "WITH", calcs: "", where: "WHERE", groupBy: "GROUP BY", having: "HAVING", orderBy: "ORDER BY" };

/** A clause as text, to be pasted elsewhere: with its keyword, so that it is known for what it is. */
export function clauseText(query: Query, clause: PieceClause): string {
  const pieces = clause === "where" ? query.where.map(({ text, off }) => (off ? `#off ${text}` : text)) : query[clause];
  if (pieces.length === 0) return "";
  const joined = pieces.join(clause === "where" ? ` ${query.join} ` : clause === "having" ? " AND " : ", ");
  return clause === "calcs" ? joined : `${KEYWORD[clause]} ${joined}`;
}

/** What a pasted text is within a clause: pieces of this one, or clauses of a whole query; nothing where it is one piece as any that is typed. */
export type Pasted = { pieces: { text: string; off?: boolean }[]; join?: Query["join"] } | { query: Query } | undefined;

/** A keyword that begins a clause; `IN` may as well be an operator. */
const CLAUSE_WORD = /(?:^|\s)(?:WITH|WHERE|GROUP\s+BY|HAVING|ORDER\s+BY|LIMIT|STEP)\s/i;

/** Reads a text that is pasted into a clause. One that names clauses brings those; one that does not is pieces of this clause. */
export function readPasted(clause: PieceClause, pasted: string): Pasted {
  const text = pasted.replace(/\s+/g, " ").trim();
  const isWhole = CLAUSE_WORD.test(text);
  if (isWhole) {
    const query = readQuery(text);
    const named = [query.fields, query.calcs, query.where, query.groupBy, query.having, query.orderBy].filter((part) => part.length > 0).length + Number(query.limit !== "") + Number(query.step !== "") + Number(query.datasets.length > 0);
    const own = clause === "where" ? query.where : query[clause].map((piece) => ({ text: piece }));
    if (named === 1 && own.length > 0) return { pieces: own, ...(clause === "where" && query.where.length > 1 ? { join: query.join } : {}) };
    return named > 0 ? { query } : undefined;
  }
  // Under its own keyword a bare list is read as the query's clause is.
  const query = readQuery(clause === "calcs" ? text : `${KEYWORD[clause]} ${text}`);
  const own = clause === "where" ? query.where : query[clause].map((piece) => ({ text: piece }));
  return own.length > 1 ? { pieces: own, ...(clause === "where" ? { join: query.join } : {}) } : undefined;
}

/** The query with the clauses of another one in the place of its own, where that has any. */
export function withClauses(query: Query, pasted: Query): Query {
  const next = { ...query };
  for (const clause of ["fields", "calcs", "groupBy", "having", "orderBy", "datasets"] as const) if (pasted[clause].length > 0) next[clause] = pasted[clause];
  if (pasted.where.length > 0) Object.assign(next, { where: pasted.where, join: pasted.join });
  if (pasted.limit) next.limit = pasted.limit;
  if (pasted.step) next.step = pasted.step;
  return next;
}

/** Where a piece stands. */
export interface PlaceOfPiece {
  clause: PieceClause;
  index: number;
}

function piecesOf(query: Query, clause: PieceClause): { text: string; off?: boolean }[] {
  return clause === "where" ? query.where : query[clause].map((text) => ({ text }));
}

function withPieces(query: Query, clause: PieceClause, pieces: readonly { text: string; off?: boolean }[]): Query {
  return clause === "where" ? { ...query, where: pieces.map(({ text, off = false }) => ({ text, off })) } : { ...query, [clause]: pieces.map(({ text }) => text) };
}

/** The query with a piece so many places further on in its clause. */
export function pieceMoved(query: Query, { clause, index }: PlaceOfPiece, to: number): Query {
  const pieces = [...piecesOf(query, clause)];
  const [piece] = pieces.splice(index, 1);
  if (!piece) return query;
  pieces.splice(Math.min(pieces.length, Math.max(0, to)), 0, piece);
  return withPieces(query, clause, pieces);
}

/** What a piece is in another clause; nothing where it has no meaning there. COUNT in ORDER BY sorts by it, a condition's column in GROUP BY groups by it. */
export function pieceAs(from: PieceClause, text: string, to: PieceClause): string | undefined {
  if (from === to) return text;
  const column = columnOfPiece(from, text);
  switch (to) {
    case "orderBy":
      if (from === "calcs") return isHeatmap(text) ? undefined : `${text} desc`;
      return from === "having" ? `${havingCalc(text)} desc` : column;
    case "groupBy":
      return column;
    case "calcs":
      if (from === "orderBy") return text.replace(/\s+(?:asc|desc)$/i, "");
      if (from === "having") return havingCalc(text);
      return column === undefined ? undefined : `COUNT_DISTINCT(${column})`;
    case "where":
      return column === undefined ? undefined : `${column} exists`;
    case "having":
      return from === "calcs" && !isHeatmap(text) ? `${text} > 0` : undefined;
    default:
      return undefined;
  }
}

const havingCalc = (text: string): string => text.replace(/\s*(?:!=|>=|<=|=|>|<).*$/s, "").trim();

function columnOfPiece(clause: PieceClause, text: string): string | undefined {
  if (clause === "groupBy") return text;
  if (clause === "calcs") return calcParts(text).column || undefined;
  if (clause === "where") {
    const name = columnOfCondition(text);
    return name === undefined ? undefined : columnText(name);
  }
  if (clause === "fields") return /^\s*(`(?:``|[^`])*`|[^\s=]+)\s*=/.exec(text)?.[1];
  if (clause === "orderBy") {
    const plain = text.replace(/\s+(?:asc|desc)$/i, "");
    return /[()]/.test(plain) || plain === plain.toUpperCase() ? undefined : plain;
  }
  return undefined;
}

/** The query with a piece taken to another clause, before the one that stands at a place there. Calculations and groups stay where they are taken from when the order is to follow them. */
export function pieceTaken(query: Query, from: PlaceOfPiece, to: PieceClause, index: number): Query | undefined {
  const piece = piecesOf(query, from.clause)[from.index];
  const text = piece && pieceAs(from.clause, piece.text, to);
  if (text === undefined) return undefined;
  const stays = to === "orderBy" || to === "having" || from.clause === "fields";
  const left = stays ? query : withPieces(query, from.clause, piecesOf(query, from.clause).filter((_, n) => n !== from.index));
  const pieces = piecesOf(left, to).filter((known) => known.text !== text);
  return withPieces(left, to, [...pieces.slice(0, index), { text: finishPiece(to as Clause, text) }, ...pieces.slice(index)]);
}

const COMPARES = new Set(["=", "!=", ">", ">=", "<", "<=", "in", "not-in"]);

/** A condition that asks a column of numbers, or of truth values, for something else: which word, and what the column is. */
export function clashOf(condition: string, typeOf: (column: string) => string | undefined): { column: string; kind: string; value: string } | undefined {
  const parts = conditionParts(condition);
  if (!parts || !COMPARES.has(parts.op)) return undefined;
  const type = typeOf(parts.column);
  const isNumber = type === "integer" || type === "float";
  if (!isNumber && type !== "boolean") return undefined;
  const fits = (text: string) => (isNumber ? /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?:ns|us|µs|ms|s|m|min|h|d|w|[kmgt]?i?b)?$/i.test(text) || /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w))+$/.test(text) : /^(?:true|false)$/i.test(text));
  const wrong = parts.values.find(({ text }) => !fits(text));
  return wrong && { column: parts.column, kind: isNumber ? "a number" : "true or false", value: wrong.text };
}
