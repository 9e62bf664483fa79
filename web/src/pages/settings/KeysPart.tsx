import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { useEnvironments } from "../../api/hooks";
import { createKey, switchKey, useKeys } from "../../api/settings";
import { useMay, useSession } from "../../api/session";
import { moment, nsToMs } from "../../lib/time";
import { browserLines } from "../../model/samples";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { EmptyState, ErrorState, Skeleton, sendLines } from "../../ui/States";
import { Table, numeric } from "../../ui/Table";
import { Code } from "../../ui/Copy";
import { useTime, useView } from "../../ui/view";
import { Needs } from "./Needs";
import { Once } from "./Once";
import { useAction } from "./action";
import { secondary } from "./heads";

/** What each kind of key opens. The first two are editors' too. */
export const KINDS = [
  { kind: "ingest", opens: "sends telemetry, reads nothing", least: "editor" },
  { kind: "browser", opens: "sends telemetry from pages of named origins; public, as pages are", least: "editor" },
  { kind: "configuration", opens: "sends and reads its environment, for the command line and the API", least: "admin" },
  { kind: "admin", opens: "everything of its environment; of the team with *", least: "admin" },
] as const;

/** Keys of senders and programs. People sign in instead. */
export function KeysPart() {
  return (
    <Needs role="editor" what="Keys">
      <Keys />
    </Needs>
  );
}

function Keys() {
  const { zone } = useTime();
  const keys = useKeys(true);
  const [made, setMade] = useState<Schema["CreatedKey"]>();
  const { error, act } = useAction();
  const isOpen = useSession().data?.mode === "open";
  return (
    <>
      {isOpen && <p>This server is open: it asks nobody for a key. Those made here are asked for when it is started with <code>--auth keys</code>.</p>}
      {made ? <Made made={made} close={() => setMade(undefined)} /> : <NewKey done={setMade} />}
      {keys.error && !keys.data && <ErrorState error={keys.error} retry={() => void keys.refetch()} />}
      {!keys.data && !keys.error && <Skeleton height={120} label="Reading keys" />}
      {keys.data?.length === 0 && (
        <EmptyState title="No keys yet">
          <p className="why">{isOpen ? "None is needed now." : "A sender needs an ingest key."} Make one above: its secret is shown once.</p>
        </EmptyState>
      )}
      <FormError error={error} />
      {keys.data && keys.data.length > 0 && (
        <Table label="Keys" heads={[numeric("number"), "kind", "environment", "secret", secondary("origins"), secondary("made"), "last used", "state"]} last="actions">
          {keys.data.map((key) => (
            <tr key={key.id} className={key.disabled ? "off" : undefined}>
              <td className="num">{key.is_given ? "-" : key.id}</td>
              <td title={KINDS.find(({ kind }) => kind === key.kind)?.opens}>{key.kind}</td>
              <td>{key.environment === "*" ? "all (*)" : key.environment}</td>
              <td className="mono">{key.shown}</td>
              <td className="secondary">{key.origins.join(" ") || (key.kind === "browser" ? "loopback" : "")}</td>
              <td className="secondary">{moment(nsToMs(key.created_ns), zone, Date.now())}</td>
              <td>{key.used_ns ? moment(nsToMs(key.used_ns), zone, Date.now()) : <span className="quiet">not since the start</span>}</td>
              <td>{key.disabled ? "off" : "works"}</td>
              <td className="actions">
                {key.is_given ? (
                  <span className="quiet">given on start</span>
                ) : (
                  <button
                    type="button"
                    className="button"
                    aria-label={`${key.disabled ? "Switch on" : "Revoke"} key ${key.id}`}
                    onClick={() => void act(() => switchKey(key.id, key.disabled), key.disabled ? `Key ${key.id} works again` : `Key ${key.id} is off`)}
                  >
                    {key.disabled ? "Switch on" : "Revoke"}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {keys.data && keys.data.length > 0 && <p className="quiet">A revoked key is refused from the next request on, and can be switched on again.</p>}
    </>
  );
}

function NewKey({ done }: { done: (made: Schema["CreatedKey"]) => void }) {
  const { env } = useView();
  const isAdmin = useMay("admin");
  const environments = useEnvironments();
  const [kind, setKind] = useState<string>("ingest");
  const [environment, setEnvironment] = useState(env);
  const [origins, setOrigins] = useState("");
  const { error, busy, act } = useAction();
  const id = useId();
  const known = environments.data?.map(({ slug }) => slug) ?? [env];
  const submit = async () => {
    const list = kind === "browser" ? origins.split(/[\s,]+/).filter(Boolean) : [];
    const key = await act(() => createKey({ kind, environment, origins: list }), "Key made; its secret is shown once");
    if (key) done(key.made);
  };
  return (
    <Form submit={submit}>
      <div className="in-line">
        <span>
          <label htmlFor={`${id}k`}>New key of kind</label>
          <select id={`${id}k`} className="field" value={kind} onChange={(event) => setKind(event.target.value)}>
            {KINDS.filter(({ least }) => isAdmin || least === "editor").map((known) => (
              <option key={known.kind}>{known.kind}</option>
            ))}
          </select>
        </span>
        <span>
          <label htmlFor={`${id}e`}>for environment</label>
          <select id={`${id}e`} className="field" value={environment} onChange={(event) => setEnvironment(event.target.value)}>
            {known.map((slug) => (
              <option key={slug}>{slug}</option>
            ))}
            {isAdmin && <option value="*">all (*)</option>}
          </select>
        </span>
        {kind === "browser" && (
          <span>
            <label htmlFor={`${id}o`}>from pages of</label>
            <input id={`${id}o`} className="field" placeholder="https://app.example.com" value={origins} onChange={(event) => setOrigins(event.target.value)} />
          </span>
        )}
        <button type="submit" className="button primary" aria-disabled={busy}>
          Make key
        </button>
      </div>
      <p className="quiet">A key of kind {kind} {KINDS.find((known) => known.kind === kind)?.opens}.</p>
      <FormError error={error} />
    </Form>
  );
}

function Made({ made, close }: { made: Schema["CreatedKey"]; close: () => void }) {
  const { key, secret } = made;
  const sends = key.kind === "ingest";
  return (
    <Once title={`Key ${key.id}: this is the only time its secret is shown`} text={secret} label="Secret" close={close}>
      {sends && (
        <>
          <p>For an app with an OpenTelemetry SDK:</p>
          <Code text={sendLines("my-service", `\nexport OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=${secret}`)} />
        </>
      )}
      {key.kind === "browser" && (
        <>
          <p>For a page of {key.origins.join(", ") || "localhost"}:</p>
          <Code text={browserLines(window.location.origin, secret)} label="Lines for a page" />
        </>
      )}
      {(key.kind === "configuration" || key.kind === "admin") && (
        <>
          <p>For the command line:</p>
          <Code text={`export GLASSHIVE_SERVER=${window.location.origin}\nexport GLASSHIVE_KEY=${secret}\nglasshive ${key.kind === "admin" ? "keys list" : "query COUNT"}`} label="Lines for the command line" />
        </>
      )}
    </Once>
  );
}
