/** A setting in force, as the API names it. */
interface Setting {
  name: string;
  value: string;
}

/** For how long events are kept, in a sentence; nothing while that is not known. */
export function keepingOf(settings: readonly Setting[] | undefined): string | undefined {
  const setting = (name: string) => {
    const value = settings?.find((known) => known.name === name)?.value;
    return value === "-" ? undefined : value;
  };
  const keep = setting("retention.keep");
  if (keep === undefined) return undefined;
  const most = setting("retention.max_bytes");
  const rules = setting("retention.rules");
  return `Events are kept ${keep === "forever" ? "for ever" : `for ${keep}`}${most ? `, as long as their files take at most ${most}` : ""}.${rules ? ` Otherwise: ${rules}.` : ""}`;
}
