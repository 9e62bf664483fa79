/** Sampling rules, as they are told and put into words. */

export interface Report {
  at_ns: string;
  requests: number;
  borrowed: number;
  sampled: number;
}

/** Ten seconds. */
export const BUCKET_MS = 10_000;

/** Reports of the last minutes with the ten seconds in which nothing was reported, oldest first. */
export function trend(reports: readonly Report[], now: number, minutes: number): Report[] {
  const last = Math.floor(now / BUCKET_MS) * BUCKET_MS;
  const known = new Map(reports.map((report) => [Math.floor(Number(BigInt(report.at_ns) / 1_000_000n) / BUCKET_MS) * BUCKET_MS, report]));
  const buckets = (minutes * 60_000) / BUCKET_MS;
  return Array.from({ length: buckets }, (_, n) => {
    const at = last - (buckets - 1 - n) * BUCKET_MS;
    return known.get(at) ?? { at_ns: `${at}000000`, requests: 0, borrowed: 0, sampled: 0 };
  });
}

/** All reports together. */
export function total(reports: readonly Report[]): { requests: number; borrowed: number; sampled: number } {
  const sum = { requests: 0, borrowed: 0, sampled: 0 };
  for (const report of reports) {
    sum.requests += report.requests;
    sum.borrowed += report.borrowed;
    sum.sampled += report.sampled;
  }
  return sum;
}

type Matching = Record<"service_name" | "service_type" | "host" | "http_method" | "url_path", string>;

/** What of a request a rule asks for; what may be anything is left out. */
export function wants(content: Matching & { resource_arn: string; attributes: Record<string, string> }): string {
  const parts = [
    ["service", content.service_name],
    ["type", content.service_type],
    ["host", content.host],
    ["method", content.http_method],
    ["path", content.url_path],
    ["resource", content.resource_arn],
    ...Object.entries(content.attributes),
  ].filter(([, value]) => value !== "*");
  return parts.length > 0 ? parts.map(([name, value]) => `${name} ${value}`).join(", ") : "every request";
}

/** Why a rule may never be asked about a request, and what came instead: the first member that none of the requests seen fits. */
export function misses(content: Matching, seen: Partial<Record<string, readonly string[]>>): { member: string; wanted: string; seen: readonly string[] } | undefined {
  for (const member of ["service_name", "service_type", "host", "http_method", "url_path"] as const) {
    const values = seen[member] ?? [];
    if (values.length > 0 && !values.some((value) => isLike(content[member], value))) return { member, wanted: content[member], seen: values };
  }
  return undefined;
}

/** Whether a text fits a pattern of `*` and `?`, in any case. */
export function isLike(pattern: string, text: string): boolean {
  const source = pattern.replace(/[\\^$.+()[\]{}|]/g, "\\$&").replace(/\*+/g, ".*").replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "is").test(text);
}
