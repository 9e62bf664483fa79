import { ERROR, MISSING, type Trace, type TraceAnswer, traceOf } from "./trace";

/** A span with those below it, times in milliseconds: for tests and measurements. */
export interface Tree {
  name: string;
  service?: string;
  host?: string;
  from: number;
  length: number;
  kind?: string;
  error?: boolean;
  missing?: boolean;
  children?: Tree[];
}

/** The answer that a server would give for nested spans. Own time is what no child covers. */
export function answerOf(...roots: Tree[]): TraceAnswer {
  const names: string[] = [];
  const services: string[] = [];
  const hosts: string[] = [];
  const kinds: string[] = [];
  const place = (list: string[], word: string) => {
    if (!list.includes(word)) list.push(word);
    return list.indexOf(word);
  };
  const spans: TraceAnswer["spans"] = { parent: [], id: [], start: [], duration: [], self: [], name: [], service: [], host: [], kind: [], flags: [] };
  const ownTime = ({ from, length, children = [] }: Tree) => {
    let [covered, reach] = [0, from];
    for (const child of [...children].sort((a, b) => a.from - b.from)) {
      const end = Math.min(from + length, child.from + child.length);
      covered += Math.max(0, end - Math.max(child.from, reach));
      reach = Math.max(reach, end);
    }
    return length - covered;
  };
  const add = (tree: Tree, parent: number): void => {
    const at = spans.parent.length;
    spans.parent.push(parent);
    spans.id.push(at.toString(16).padStart(16, "0"));
    spans.start.push(tree.from * 1e6);
    spans.duration.push(tree.missing ? -1 : tree.length * 1e6);
    spans.self.push(tree.missing ? 0 : ownTime(tree) * 1e6);
    spans.name.push(place(names, tree.name));
    spans.service.push(place(services, tree.service ?? "web"));
    spans.host.push(place(hosts, tree.host ?? ""));
    spans.kind.push(place(kinds, tree.kind ?? "internal"));
    spans.flags.push((tree.error ? ERROR : 0) | (tree.missing ? MISSING : 0));
    for (const child of tree.children ?? []) add(child, at);
  };
  for (const root of roots) add(root, -1);
  const marks = { span: [], at: [], kind: [], is_error: [], name: [] };
  return { trace_id: "t", start_ns: "0", duration_ns: String(100e6), span_count: spans.parent.length, error_count: 0, missing_root: false, unattached: 0, partial: false, notes: [], names, services, hosts, kinds, spans, marks };
}

/** A trace from nested spans. */
export const build = (...roots: Tree[]): Trace => traceOf(answerOf(...roots));
