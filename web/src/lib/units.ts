import { createStore } from "./store";

/** What a metric's sender says it is measured in, by the metric's name: units of UCUM, such as `ms` and `By`. */
export const metricUnits = createStore<ReadonlyMap<string, string>>(new Map());

/** Of metrics that were listed. Nothing changes where nothing new is said. */
export function learnUnits(metrics: readonly { name: string; unit?: string | null }[]): void {
  const said = new Map(metrics.flatMap(({ name, unit }) => (unit ? [[name, unit] as const] : [])));
  const known = metricUnits.get();
  if (said.size !== known.size || [...said].some(([name, unit]) => known.get(name) !== unit)) metricUnits.set(said);
}
