const STEPS = 120;
const ROWS = 50;

/** An answer with as many groups, and a heatmap of 120 steps and 50 rows over each calculation's values. In each turn all values are others. */
export function answerOf(groups: number, isHeat: boolean, turn: number): string {
  const end = Date.now();
  const stepMs = 60_000;
  const first = end - STEPS * stepMs;
  const ns = (ms: number) => `${ms}000000`;
  const edges = Array.from({ length: ROWS + 1 }, (_, n) => 1.2 ** n);
  const counts = (seed: number) => ({ under: 0, zero: 0, over: 0, counts: Array.from({ length: ROWS }, (_, row) => ((row * 7 + seed * 13 + turn * 5) % 29) * (row < 40 ? 1 : 0)) });
  const value = (n: number) => (isHeat ? [counts(n), n + turn] : [n + turn, (n + turn) / 7]);
  return JSON.stringify({
    query: { text: "", specification: {} },
    window: { start_ns: ns(first), end_ns: ns(end) },
    grid: { first_ns: ns(first), step_ns: ns(stepMs), steps: STEPS },
    breakdowns: groups > 1 ? ["name"] : [],
    calculations: isHeat ? ["HEATMAP(duration_ms)", "COUNT"] : ["COUNT", "P95(duration_ms)"],
    heatmaps: isHeat ? [{ scale: "log", edges }, null] : [null, null],
    results: Array.from({ length: groups }, (_, n) => ({ group: groups > 1 ? [`group ${n}`] : [], values: value(n) })),
    series: isHeat ? Array.from({ length: STEPS }, (_, step) => ({ step, group: 0, values: value(step) })) : Array.from({ length: STEPS * Math.min(groups, 12) }, (_, n) => ({ step: n % STEPS, group: Math.floor(n / STEPS), values: value(n) })),
    groups,
    partial: false,
    notes: [],
    cost: { elapsed_ms: 1, rows_scanned: 1e6 + turn, rows_matched: 1e4 + turn, bytes_read: 0, files_read: 0, files_skipped: 0, live_chunks: 1, cpu_ms: 1 },
  });
}
