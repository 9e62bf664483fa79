import { allFolded, byOneLevel, spansOfService, waysTo } from "../../model/folding";
import { type Item, Menu, SEPARATOR } from "../../ui/Menu";
import type { TraceState } from "./state";

/** Services that the menu lists at most. */
const LISTED = 12;

/** Opens and closes rows by level, by service, by what matters, by repetition. */
export function FoldMenu({ state }: { state: TraceState }) {
  const { trace, repetitions, memberOf, folding, fold, critical, errors } = state;
  const services = trace.services.map((name, service) => ({ name, service })).filter(({ name }) => name !== "");
  const isRepeatedOpen = folding.openRepetitions.includes(1);
  const items: Item[] = [
    { label: <Keyed label="Close all" by="{" />, run: () => fold(() => allFolded(trace, repetitions, false)) },
    { label: <Keyed label="Open all" by="}" />, run: () => fold(() => allFolded(trace, repetitions, true)) },
    { label: <Keyed label="One level less" by="[" />, run: () => fold((known) => byOneLevel(trace, known, -1)) },
    { label: <Keyed label="One level more" by="]" />, run: () => fold((known) => byOneLevel(trace, known, 1)) },
    ...(repetitions.length > 0
      ? [{ label: isRepeatedOpen ? "Fold repeated spans" : "Unfold repeated spans", run: () => fold(({ open }) => ({ open, openRepetitions: new Uint8Array(repetitions.length).fill(isRepeatedOpen ? 0 : 1) })) }]
      : []),
    ...(critical || errors.length > 0 ? [SEPARATOR] : []),
    ...(critical ? [{ label: "Only the critical path", run: () => fold(() => waysTo(trace, repetitions, critical.map(({ span }) => span))) }] : []),
    ...(errors.length > 0 ? [{ label: "Only errors", run: () => fold(() => waysTo(trace, repetitions, errors, memberOf)) }] : []),
    ...(services.length > 1 ? [SEPARATOR] : []),
    ...(services.length > 1 ? services.slice(0, LISTED).map(({ name, service }) => ({ label: <span className="cut" style={{ maxWidth: 260 }}>Only service {name}</span>, run: () => fold(() => waysTo(trace, repetitions, spansOfService(trace, service))) })) : []),
  ];
  return <Menu label="Fold" items={items} />;
}

const Keyed = ({ label, by }: { label: string; by: string }) => (
  <>
    <span className="grow">{label}</span> <kbd>{by}</kbd>
  </>
);
