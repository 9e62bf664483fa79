import { serviceStep } from "../../model/fold";
import { type Item, Menu, SEPARATOR } from "../../ui/Menu";
import type { TraceState } from "./state";

/** Services that the menu lists at most. */
const LISTED = 12;
/** Levels that it names; `[` and `]` lead to others. */
const LEVELS = [2, 3, 4];

/** Opens and closes rows by level, by service, by what matters, by repetition. */
export function FoldMenu({ state }: { state: TraceState }) {
  const { trace, repetitions, folding, fold, critical, errors, hits, selected, toggle, focus } = state;
  const services = trace.services.filter((name) => name !== "");
  const deepest = trace.depth.reduce((most, depth) => Math.max(most, depth), 0);
  const isRepeatedOpen = folding.openRepetitions.includes(1);
  const items: Item[] = [
    { label: <Keyed label="Close all" by="{" />, run: () => fold("0") },
    { label: <Keyed label="Open all" by="}" />, run: () => fold("1") },
    { label: <Keyed label="One level less" by="[" />, run: () => fold("l") },
    { label: <Keyed label="One level more" by="]" />, run: () => fold("m") },
    ...LEVELS.filter((level) => level <= deepest).map((level) => ({ label: `Down to level ${level}`, run: () => fold(`n${level}`) })),
    ...(selected >= 0 && (trace.childCount[selected] ?? 0) > 0
      ? [
          SEPARATOR,
          { label: `${folding.open[selected] ? "Close" : "Open"} this subtree`, run: () => toggle(selected, true) },
          { label: <Keyed label="Focus on this subtree" by="f" />, run: () => focus(selected) },
        ]
      : []),
    ...(state.isFocused ? [{ label: <Keyed label="Show the whole trace" by="F" />, run: () => focus(-1) }] : []),
    ...(repetitions.length > 0
      ? [{ label: isRepeatedOpen ? "Fold repeated spans" : "Unfold repeated spans", run: () => fold(isRepeatedOpen ? "r0" : "r1") }]
      : []),
    ...(critical || errors.length + hits.length > 0 ? [SEPARATOR] : []),
    ...(critical ? [{ label: "Only the critical path", run: () => fold("c") }] : []),
    ...(errors.length > 0 ? [{ label: "Only errors", run: () => fold("e") }] : []),
    ...(hits.length > 0 ? [{ label: "Only hits and errors", run: () => fold("h") }] : []),
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
