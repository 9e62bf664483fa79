import { type RefObject, useRef, useState } from "react";
import { useStore } from "../lib/store";
import { heldOrder } from "../model/order";
import { asked, useTime, useView } from "./view";

/** Whether somebody points into an element, or is in it with the keyboard. */
const isUsed = (element: RefObject<HTMLElement | null>): boolean => element.current?.matches(":hover, :focus-within") === true;

interface Order {
  keys: readonly string[];
  /** The new order is another one. */
  isChanged: boolean;
  apply: () => void;
}

/**
 * The order of rows or panels, by their names. Under Live it stays while somebody points or works among them, though what stands in them is
 * new: an order that changed is offered. Another `question`, such as another sort, is answered at once.
 */
export function useHeldOrder(element: RefObject<HTMLElement | null>, next: readonly string[], live: boolean, question: string): Order {
  const [, draw] = useState(0);
  const kept = useRef<{ question: string; keys: readonly string[] }>(undefined);
  const isHeld = live && kept.current?.question === question && isUsed(element);
  const keys = isHeld && kept.current ? heldOrder(kept.current.keys, next) : next;
  kept.current = { question, keys };
  const apply = () => {
    kept.current = undefined;
    draw((times) => times + 1);
  };
  return { keys, isChanged: keys !== next && keys.some((key, n) => key !== next[n]), apply };
}

/** What an answer is to, whenever it was asked. */
export const timelessText = (answer: { query: { text: string } } | undefined): string => answer?.query.text.replace(/ ?FROM \S+ TO \S+/, "") ?? "";

/** A list's question: what it is of, and when it was asked. */
interface Question {
  time: string;
  /** How often it was asked by hand or by itself. */
  times: number;
  /** What it asks for: another one is asked at once. */
  what: string;
}

interface HeldQuestion {
  time: string;
  times: number;
  isHeld: boolean;
  /** What has come since is not shown. */
  isOlder: boolean;
  /** Shows it. */
  renew: () => void;
}

/** The question of a list of which the newest stands first, in an environment and a range as the address has it. Under Live it is not asked anew by itself while somebody points or works in the list, nor while `isRead`. */
export function useHeldQuestion(element: RefObject<HTMLElement | null>, asking: Question, live: boolean, isRead: boolean): HeldQuestion {
  const { env } = useView();
  const { range } = useTime();
  const { byHand } = useStore(asked);
  // Another range, another environment, and what is asked for by hand, are other questions.
  const question = { ...asking, what: [env, range.from, range.to, byHand, asking.what].join(" ") };
  const [, draw] = useState(0);
  const kept = useRef<Question>(undefined);
  const before = kept.current;
  const isHeld = live && before?.what === question.what && (isRead || isUsed(element));
  const shown = isHeld && before ? before : question;
  kept.current = shown;
  const renew = () => {
    kept.current = undefined;
    draw((times) => times + 1);
  };
  return { time: shown.time, times: shown.times, isHeld, isOlder: shown.times !== question.times || shown.time !== question.time, renew };
}
