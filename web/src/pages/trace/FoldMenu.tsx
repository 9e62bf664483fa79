import { serviceStep } from "../../model/fold";
import { type Item, Menu, SEPARATOR } from "../../ui/Menu";
import type { TraceState } from "./state";

/** Services that the menu lists at most. */
const LISTED = 12;

/** Opens and closes rows by level, by service, by what matters, by repetition. */
export function FoldMenu({ state }: { state: TraceState }) {
  const { trace, repetitions, folding, fold, critical, errors } = state;
  const services = trace.services.filter((name) => name !== "");
  const isRepeatedOpen = folding.openRepetitions.includes(1);
  const items: Item[] = [
    { label: <Keyed label="Close all" by="{" />, run: () => fold("0") },
    { label: <Keyed label="Open all" by="}" />, run: () => fold("1") },
    { label: <Keyed label="One level less" by="[" />, run: () => fold("l") },
    { label: <Keyed label="One level more" by="]" />, run: () => fold("m") },
    ...(repetitions.length > 0
      ? [{ label: isRepeatedOpen ? "Fold repeated spans" : "Unfold repeated spans", run: () => fold(isRepeatedOpen ? "r0" : "r1") }]
      : []),
    ...(critical || errors.length > 0 ? [SEPARATOR] : []),
    ...(critical ? [{ label: "Only the critical path", run: () => fold("c") }] : []),
    ...(errors.length > 0 ? [{ label: "Only errors", run: () => fold("e") }] : []),
    ...(services.length > 1 ? [SEPARATOR] : []),
    ...(services.length > 1 ? services.slice(0, LISTED).map((name) => ({ label: <span className="cut" style={{ maxWidth: 260 }}>Only service {name}</span>, run: () => fold(serviceStep(name)) })) : []),
  ];
  return <Menu label="Fold" items={items} />;
}

const Keyed = ({ label, by }: { label: string; by: string }) => (
  <>
    <span className="grow">{label}</span> <kbd>{by}</kbd>
  </>
);
