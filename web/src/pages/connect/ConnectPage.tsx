import "../../ui/page.css";
import { useEffect, useState } from "react";
import { useReadiness, useRefusals, useStats } from "../../api/hooks";
import { useMay } from "../../api/session";
import { createKey } from "../../api/settings";
import { useChange, useAddress } from "../../lib/address";
import { bytes, count, exact, plural } from "../../lib/format";
import { moment, nsToMs } from "../../lib/time";
import { QUIET_MS, type Reading, rateOf, withReading } from "../../model/arrivals";
import { fixOf } from "../../model/fix";
import { gathered, keyOf, machineOf } from "../../model/refusals";
import { SAMPLES, linesOf } from "../../model/samples";
import { Code } from "../../ui/Copy";
import { FormError } from "../../ui/FormError";
import { Link } from "../../ui/Link";
import { useTitle } from "../../ui/Shell";
import { ErrorState, Skeleton, sentence, useKeyLine } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { announce } from "../../ui/announce";
import { pageAddress, useTime, useView } from "../../ui/view";

/** How to send, whether anything arrives, and what was refused and why. */
export function ConnectPage() {
  useTitle("Connect");
  const { env } = useView();
  const { params } = useAddress();
  const change = useChange();
  const { zone } = useTime();
  const stats = useStats(env, 1_000);
  const isEditor = useMay("editor");
  const refusals = useRefusals(env, isEditor);
  const ready = useReadiness();
  const [secret, setSecret] = useState<string>();
  const keyLine = useKeyLine(secret);
  const sample = SAMPLES.find(({ id }) => id === params.get("tab")) ?? SAMPLES[0];
  const events = stats.data ? stats.data.live_rows + stats.data.file_rows : undefined;
  const rate = useRate(events, stats.dataUpdatedAt);
  const last = refusals.data?.refusals[0];
  const fix = last && fixOf(last, window.location.origin);
  const failing = ready.data?.checks.filter(({ ok }) => !ok) ?? [];
  return (
    <div className="page">
      <div className="page-head">
        <h1>Connect</h1>
        <TestEvent env={env} secret={secret} needsKey={keyLine !== ""} />
      </div>
      <p className="light" role="status">
        {events === undefined ? (
          stats.error ? (
            "How many events are stored is not known: the server does not say."
          ) : (
            "Asking the server"
          )
        ) : events === 0 ? (
          <>
            <span className="dot" /> Nothing received yet. This turns green with the first event.
          </>
        ) : (
          <>
            <span className="dot ok" /> {plural(events, "event")} stored{rate === undefined ? "" : rate > 0 ? `, ${rateText(rate)} arriving` : `, none in the last ${QUIET_MS / 1e3} seconds`}.{" "}
            <Link to={pageAddress("/query", { from: "-15m", to: "", q: "COUNT", tab: "raw" })}>See the newest</Link>
          </>
        )}
      </p>
      {failing.map((check) => (
        <p key={check.check} className="note">
          {check.check}: {check.reason || "does not hold"}. {check.hint}
        </p>
      ))}
      {keyLine !== "" && <SenderKey env={env} secret={secret} made={setSecret} />}
      <section className="card" aria-label="Lines to paste">
        <Tabs label="Language" tabs={SAMPLES} current={sample?.id ?? "env"} onChange={(id) => change({ tab: id === "env" ? null : id })} panelId="sample" />
        <div id="sample" role="tabpanel" aria-label={sample?.label}>
          {sample && <Code text={linesOf(sample, window.location.origin, keyLine === "" ? undefined : (secret ?? "YOUR_INGEST_KEY"))} />}
          {sample?.note && <p className="quiet">{keyLine === "" ? sample.note.open : sample.note.keys}</p>}
        </div>
        {keyLine === "" && window.location.port === "4318" && <p className="quiet">An SDK on this machine with its default settings arrives here too.</p>}
      </section>
      <section className="panel" aria-labelledby="refused">
        <header>
          <h2 id="refused" className="grow">
            Refused
          </h2>
          {refusals.data && stats.data && <span className="quiet">{plural(stats.data.refused_sends, "request")} of senders since the start</span>}
        </header>
        {refusals.error && <ErrorState error={refusals.error} retry={() => void refusals.refetch()} />}
        {!isEditor && <p className="list-row quiet">What was refused, and why, is told to editors and admins.</p>}
        {isEditor && !refusals.data && !refusals.error && <Skeleton height={80} label="Asking" />}
        {refusals.data?.refusals.length === 0 && <p className="list-row quiet">Nothing was refused. When a sender makes a mistake, its reason stands here.</p>}
        {fix && last && (
          <div className="fix">
            <p>
              The last one, {moment(nsToMs(last.time_ns), zone)}: {sentence(last.reason)} {fix.say}
            </p>
            {fix.line && <Code text={fix.line} label="The line that mends it" />}
          </div>
        )}
        {gathered(refusals.data?.refusals ?? []).slice(0, 50).map(({ last: refusal, times }, n) => (
          <div key={`${refusal.time_ns}${n}`} className="list-row">
            <span className="mono quiet" style={{ flex: "none" }}>
              {moment(nsToMs(refusal.time_ns), zone, Date.now())}
            </span>
            <span className="mono" style={{ flex: "none" }}>
              {refusal.status}
            </span>
            <span className="grow">
              {sentence(refusal.reason)} {refusal.credential && <span className="quiet mono">{keyOf(refusal.credential)}</span>} {times > 1 && <strong>{exact(times)} times</strong>}
            </span>
            <span className="quiet mono cut" style={{ maxWidth: 320 }} title={refusal.target}>
              {refusal.target}
            </span>
            <span className="quiet mono">{machineOf(refusal.peer)}</span>
          </div>
        ))}
      </section>
      {stats.data && (
        <p className="quiet">
          {exact(stats.data.file_rows)} events in {plural(stats.data.files, "file")} ({bytes(stats.data.file_bytes)}), {exact(stats.data.live_rows)} in memory and in the log ({bytes(stats.data.log_bytes)}). Version {stats.data.version}.
        </p>
      )}
    </div>
  );
}

/** How many more a second a growing number gets, as far as it was watched; nothing while that is not known. */
function useRate(value: number | undefined, readAt: number): number | undefined {
  const [readings, setReadings] = useState<Reading[]>([]);
  useEffect(() => {
    if (value !== undefined) setReadings((known) => withReading(known, { at: readAt, value }));
  }, [value, readAt]);
  return rateOf(readings);
}

/** Few are told by the minute. */
const rateText = (rate: number) => (rate >= 1 ? `${count(Math.round(rate))} a second` : `${count(Math.max(1, Math.round(rate * 60)))} a minute`);

const hex = (bytesWanted: number) => Array.from(crypto.getRandomValues(new Uint8Array(bytesWanted)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Where the server asks senders for a key: makes one, and puts it into the lines. */
function SenderKey({ env, secret, made }: { env: string; secret: string | undefined; made: (secret: string) => void }) {
  const isEditor = useMay("editor");
  const [error, setError] = useState<unknown>();
  const make = async () => {
    setError(undefined);
    try {
      made((await createKey({ kind: "ingest", environment: env, origins: [] })).secret);
      announce("Key made; it stands in the lines below");
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <section className="card" aria-label="Key">
      {secret ? (
        <p>The key stands in the lines below, and is shown this once. It may send to {env}, and read nothing.</p>
      ) : (
        <p>
          This server asks senders for a key. {isEditor ? "" : "An editor or an admin can make one."}{" "}
          {isEditor && (
            <button type="button" className="button" onClick={() => void make()}>
              Make an ingest key
            </button>
          )}
        </p>
      )}
      <FormError error={error} />
    </section>
  );
}

/** Sends one span through the front door, as an SDK would. */
function TestEvent({ env, secret, needsKey }: { env: string; secret: string | undefined; needsKey: boolean }) {
  const isEditor = useMay("editor");
  const [sent, setSent] = useState<{ id: string } | { error: string }>();
  const send = async () => {
    const id = hex(16);
    const now = BigInt(Date.now()) * 1_000_000n;
    const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
    const body = {
      resourceSpans: [
        {
          resource: { attributes: [attribute("service.name", "test")] },
          scopeSpans: [{ spans: [{ traceId: id, spanId: hex(8), name: "test event", kind: 2, startTimeUnixNano: String(now - 42_000_000n), endTimeUnixNano: String(now), attributes: [attribute("sent.from", "Connect")] }] }],
        },
      ],
    };
    try {
      const response = await fetch("/v1/traces", { method: "POST", headers: { "content-type": "application/json", ...(secret ? { "x-honeycomb-team": secret } : {}) }, body: JSON.stringify(body) });
      setSent(response.ok ? { id } : { error: `The server answered ${response.status}: ${(await response.text()).slice(0, 200)}` });
      announce(response.ok ? "Test event stored" : "Test event refused");
    } catch {
      setSent({ error: "The server was not reached" });
    }
  };
  return (
    <>
      {sent && ("id" in sent ? <Link to={`/e/${encodeURIComponent(env)}/trace/${sent.id}`}>See it</Link> : <span role="alert">{sent.error}</span>)}
      <button type="button" className="button" disabled={needsKey && !secret} title={needsKey && !secret ? (isEditor ? "Make a key first" : "This needs a key, which an editor or an admin can make") : undefined} onClick={() => void send()}>
        Send test event
      </button>
    </>
  );
}
