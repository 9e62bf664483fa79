/** Things as they arrive, of which the last ones are kept: how many were let go is told, not hidden. */
export class Kept<T> {
  /** Those that are kept, in order. */
  items: T[] = [];
  dropped = 0;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(...more: readonly T[]): void {
    this.items.push(...more);
    // Cut now and then, so that a flood costs no copy an item.
    if (this.items.length > this.most * 1.25) this.cut();
  }

  /** Hands out what is kept and begins anew. */
  take(): T[] {
    this.cut();
    const taken = this.items;
    this.items = [];
    return taken;
  }

  get size(): number {
    return Math.min(this.items.length, this.most);
  }

  /** Those that were let go, and those that are about to be. */
  get lost(): number {
    return this.dropped + Math.max(0, this.items.length - this.most);
  }

  private cut(): void {
    const over = this.items.length - this.most;
    if (over <= 0) return;
    this.dropped += over;
    this.items.splice(0, over);
  }
}
