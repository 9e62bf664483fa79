/** What of an event the list of raw data has to know. */
interface Fielded {
  fields: Record<string, unknown>;
}

/** How many rows are looked at for what occurs in them. */
const LOOKED_AT = 200;

/** Those columns that some row has. */
export function occurring(names: readonly string[], rows: readonly Fielded[]): string[] {
  const sample = rows.slice(0, LOOKED_AT);
  return names.filter((name) => sample.some(({ fields }) => name in fields));
}

/** Those columns that are not the same in every row; all of them while there are too few rows to say. */
export function varying(names: readonly string[], rows: readonly Fielded[], print: (value: unknown) => string): string[] {
  if (rows.length < 2) return [...names];
  return names.filter((name) => {
    const [first, ...others] = rows;
    const value = print(first?.fields[name]);
    return others.some(({ fields }) => print(fields[name]) !== value);
  });
}

/** The chosen columns of an address: `name;service.name`. Names are kept apart by what stands in none as a rule. */
export const readChosen = (text: string | null): string[] | undefined => (text === null ? undefined : text.split(";").filter(Boolean));
export const printChosen = (names: readonly string[]): string => names.map((name) => name.replaceAll(";", ",")).join(";");

/** A name so many places further on. */
export function shifted(names: readonly string[], name: string, by: number): string[] {
  const from = names.indexOf(name);
  if (from < 0) return [...names];
  const others = names.filter((one) => one !== name);
  others.splice(Math.min(others.length, Math.max(0, from + by)), 0, name);
  return others;
}
