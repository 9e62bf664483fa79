import { useState } from "react";
import { useMay } from "../../api/session";
import { type Rule, deleteRule, useMatched, useRules } from "../../api/xray";
import { count, percent, plural } from "../../lib/format";
import { misses, total, trend, wants } from "../../model/rules";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { ErrorState, Skeleton } from "../../ui/States";
import { Table, numeric } from "../../ui/Table";
import { announce } from "../../ui/announce";
import { useTime, useView } from "../../ui/view";
import { RuleForm } from "./RuleForm";
import { RuleTester } from "./RuleTester";

/** Minutes of reports that a row sums up. */
const MINUTES = 5;

/** X-Ray sampling rules: which share of requests is traced. Clients decide by them; what arrives is all kept. */
export function RulesPart() {
  const { env } = useView();
  const { window: shown } = useTime();
  const rules = useRules(env);
  const matched = useMatched(env, shown);
  const mayChange = useMay("editor");
  const [editing, setEditing] = useState<string>();
  const [deleting, setDeleting] = useState<Rule>();
  if (rules.error && !rules.data) return <ErrorState error={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data) return <Skeleton height={160} label="Reading sampling rules" />;
  const edited = rules.data.find(({ name }) => name === editing);
  const requests = matched.data?.requests ?? 0;
  return (
    <>
      <p>Rules are tried from the top; the first that fits a request decides: so many a second from the reservoir, of the rest a share. X-Ray's SDKs ask for them and sample by them; all that arrives here is kept.</p>
      {mayChange && (edited ? <RuleForm key={edited.name} env={env} rule={edited} done={() => setEditing(undefined)} /> : <RuleForm key="new" env={env} done={() => undefined} />)}
      {!mayChange && <p className="quiet">Sampling rules are made by editors.</p>}
      <Table label="Sampling rules" className="wrap" heads={[numeric("priority"), "name", "requests", numeric("reservoir/s"), numeric("rate"), `samplers, last ${MINUTES} min`, "in this range"]} last="actions">
        {rules.data.map((rule) => (
          <tr key={rule.name}>
            <td className="num">{rule.priority}</td>
            <td>{rule.name}</td>
            <td>
              {wants(rule)}
              {rule.is_skipped_by_sdks && <span className="quiet"> · X-Ray's own SDKs skip it: they know neither attributes nor resources</span>}
            </td>
            <td className="num">{rule.reservoir_size}</td>
            <td className="num">{percent(rule.fixed_rate)}</td>
            <td>
              <Live rule={rule} />
            </td>
            <td>{matched.data ? <InRange rule={rule} requests={requests} fits={matched.data.rules[rule.name] ?? 0} seen={matched.data.seen} /> : <span className="quiet">{matched.error ? matched.error.message : "looking…"}</span>}</td>
            <td className="actions">
              {mayChange && (
                <button type="button" className="button" aria-label={`Edit ${rule.name}`} onClick={() => setEditing(rule.name)}>
                  Edit
                </button>
              )}
              {mayChange && !rule.is_default && (
                <button type="button" className="button" aria-label={`Delete ${rule.name}`} onClick={() => setDeleting(rule)}>
                  Delete
                </button>
              )}
            </td>
          </tr>
        ))}
      </Table>
      <RuleTester env={env} />
      {deleting && (
        <ConfirmDialog
          title={`Delete the rule ${deleting.name}?`}
          words={`Samplers learn of it within minutes. It is about ${wants(deleting)}: ${deleting.reservoir_size} a second, then ${percent(deleting.fixed_rate)}.`}
          action="Delete"
          close={() => setDeleting(undefined)}
          run={async () => {
            await deleteRule(env, deleting.name);
            announce(`Rule ${deleting.name} deleted`, true);
          }}
        />
      )}
    </>
  );
}

/** What samplers report: how many requests, and by what they were sampled. */
function Live({ rule }: { rule: Rule }) {
  const shown = trend(rule.reports, Date.now(), MINUTES);
  const sum = total(shown);
  const quota = rule.clients.reduce((all, { quota }) => all + quota, 0);
  const most = Math.max(1, ...shown.map(({ requests }) => requests));
  if (rule.clients.length === 0 && sum.requests === 0) return <span className="quiet">nobody reports on it</span>;
  return (
    <div className="rule-live">
      <svg width={shown.length * 4} height={20} role="img" aria-label={`Requests of ${rule.name} by ten seconds, at most ${most}`}>
        {shown.map(({ at_ns, requests, sampled, borrowed }, n) => (
          <g key={at_ns}>
            <rect className="requests" x={n * 4} width={3} y={20 - (requests / most) * 20} height={(requests / most) * 20} />
            <rect className="sampled" x={n * 4} width={3} y={20 - ((sampled + borrowed) / most) * 20} height={((sampled + borrowed) / most) * 20} />
          </g>
        ))}
      </svg>
      <span>
        {plural(sum.requests, "request")}, {count(sum.sampled)} sampled, {count(sum.borrowed)} borrowed
      </span>
      <span className="quiet" title={rule.clients.map(({ id, quota: own, rate }) => `${id}: ${own}/s of the reservoir, ${rate.toFixed(1)} requests/s`).join("\n")}>
        {plural(rule.clients.length, "client")}, {quota} of {rule.reservoir_size}/s given out
      </span>
    </div>
  );
}

function InRange({ rule, requests, fits, seen }: { rule: Rule; requests: number; fits: number; seen: Record<string, string[]> }) {
  if (requests === 0) return <span className="quiet">no requests from outside</span>;
  if (fits > 0 || rule.is_default) return `${count(fits)} of ${plural(requests, "request")}`;
  const why = misses(rule, seen);
  return (
    <span style={{ color: "var(--warn)" }}>
      matched 0 of {plural(requests, "request")}
      {why ? `; it wants ${why.member.replace("_", " ")} ${why.wanted}, seen: ${why.seen.join(", ")}` : "; rules before it take what it fits, or nothing has all it asks for"}
    </span>
  );
}
