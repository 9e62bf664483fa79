import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { ask, client } from "../../api/client";
import type { Row } from "../../api/hooks";
import { find } from "../../model/rows";
import type { Trace } from "../../model/trace";
import { questionsWithin, spansOf, united } from "../../model/within";

/** How long a hand rests before the server is asked. */
const REST_MS = 250;
/** Events a question is answered with at most. */
const MOST = 10_000;
const COLUMNS = ["trace.span_id", "trace.parent_id", "meta.annotation_type"];

/** What the search within a trace has come to. */
export interface Found {
  /** Spans, in order of rows. */
  hits: number[];
  /** Whether fields of spans are still looked through. */
  isLooking: boolean;
  /** Why they could not be. */
  error: Error | null;
  /** More events than are read have it. */
  isCut: boolean;
}

interface Within {
  rows: Row[];
  isCut: boolean;
}

/** Spans that have a text: at once those whose name, service, id or duration says so, then those of whose fields one does. */
export function useFound(env: string, trace: Trace, text: string, time: string): Found {
  const near = useMemo(() => find(trace, text), [trace, text]);
  const rested = useRested(text);
  const isAsked = questionsWithin(trace.id, rested, [ANY]).length > 0;
  const within = useQuery({
    queryKey: ["found-within", env, trace.id, trace.count, rested, time],
    queryFn: async ({ signal }): Promise<Within> => {
      const { columns } = await ask(client.GET("/hive/v1/e/{env}/columns", { params: { path: { env }, query: { range: time } }, signal }));
      const read = (question: string) => ask(client.POST("/hive/v1/e/{env}/events", { params: { path: { env } }, body: { text: `${question} ${time}`, limit: MOST, columns: COLUMNS }, signal }));
      const answers = await Promise.all(questionsWithin(trace.id, rested, columns).map(read));
      return { rows: answers.flatMap(({ rows }) => rows), isCut: answers.some(({ next }) => next) };
    },
    enabled: isAsked,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
  const { data } = within;
  const isOfText = rested === text && isAsked;
  const hits = useMemo(() => (isOfText && data ? united(near, spansOf(trace, data.rows)) : near), [isOfText, data, near, trace]);
  const isLooking = isOfText ? within.isFetching && !data : text !== rested && questionsWithin(trace.id, text, [ANY]).length > 0;
  return { hits, isLooking, error: isOfText ? within.error : null, isCut: isOfText && (data?.isCut ?? false) };
}

/** Stands for the fields that a trace has. */
const ANY = { name: "any", type: "string", computed: false };

/** A text once it has not changed for a moment. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    if (text === "") return setRested("");
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}
