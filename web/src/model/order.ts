/**
 * A new order in which what stands there already keeps its place: newcomers take the places of those that are gone, in their own order, and
 * what is left of them follows. Only where more goes than comes do the others move up.
 */
export function heldOrder(shown: readonly string[], next: readonly string[]): string[] {
  const coming = new Set(next);
  const known = new Set(shown);
  const newcomers = next.filter((key) => !known.has(key));
  let at = 0;
  const placed = shown.flatMap((key) => {
    if (coming.has(key)) return [key];
    const newcomer = newcomers[at++];
    return newcomer === undefined ? [] : [newcomer];
  });
  return [...placed, ...newcomers.slice(at)];
}
