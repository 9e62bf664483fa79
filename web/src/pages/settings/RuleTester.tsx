import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { matchRule } from "../../api/xray";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { MEMBERS } from "./RuleForm";
import { useAction } from "./action";

const NOTHING: Schema["SampledRequest"] = { service_name: null, service_type: null, host: null, http_method: null, url_path: null, attributes: {} };

/** Under which rule a request would fall, and why not under those before. */
export function RuleTester({ env }: { env: string }) {
  const [request, setRequest] = useState<Record<string, string>>({});
  const [found, setFound] = useState<Schema["RuleMatch"]>();
  const { error, busy, act } = useAction();
  const id = useId();
  const submit = async () => {
    const said = Object.fromEntries(Object.entries(request).filter(([, value]) => value.trim() !== ""));
    const made = await act(() => matchRule(env, { ...NOTHING, ...said }));
    if (made) setFound(made.made);
  };
  return (
    <section aria-labelledby={`${id}h`}>
      <h2 id={`${id}h`}>Which rule matches this request?</h2>
      <Form submit={submit}>
        <div className="in-line">
          {MEMBERS.map(([member, label]) => (
            <span key={member}>
              <label htmlFor={`${id}${member}`}>{label}</label>
              <input id={`${id}${member}`} className="field mono medium" placeholder="not known" value={request[member] ?? ""} onChange={(event) => setRequest({ ...request, [member]: event.target.value })} />
            </span>
          ))}
          <button type="submit" className="button" aria-disabled={busy}>
            Find the rule
          </button>
        </div>
        <FormError error={error} />
      </Form>
      {found && (
        <div role="status">
          <p>
            It falls under <strong>{found.rule}</strong>.
          </p>
          <ul>
            {found.passed.map(({ rule, member, wanted, found: has }) => (
              <li key={rule} className="quiet">
                Not under {rule}: its {member} is <code>{wanted}</code>, the request has {has ? <code>{has}</code> : "none"}.
              </li>
            ))}
          </ul>
          <p className="quiet">What is not known of a request counts as a match, as it does for samplers.</p>
        </div>
      )}
    </section>
  );
}
