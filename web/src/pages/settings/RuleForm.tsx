import { useId, useState } from "react";
import { type Rule, type RuleContent, createRule, updateRule } from "../../api/xray";
import { Form } from "../../ui/Form";
import { FormError } from "../../ui/FormError";
import { useAction } from "./action";

const NEW: RuleContent = { priority: 1_000, fixed_rate: 0.05, reservoir_size: 1, service_name: "*", service_type: "*", host: "*", http_method: "*", url_path: "*", resource_arn: "*", attributes: {} };

export const MEMBERS = [
  ["service_name", "Service"],
  ["service_type", "Type"],
  ["host", "Host"],
  ["http_method", "Method"],
  ["url_path", "Path"],
] as const;

/** Makes a rule, or changes one. Of the Default rule nothing but its rates can be changed. */
export function RuleForm({ env, rule, done }: { env: string; rule?: Rule; done: () => void }) {
  const [name, setName] = useState("");
  const [content, setContent] = useState<RuleContent>(rule ? contentOf(rule) : NEW);
  const [rate, setRate] = useState(String(Number(((rule?.fixed_rate ?? NEW.fixed_rate) * 100).toFixed(6))));
  const { error, busy, act } = useAction();
  const id = useId();
  const submit = async () => {
    const said = { ...content, fixed_rate: Number(rate) / 100 };
    const made = rule ? await act(() => updateRule(env, rule.name, said), `Rule ${rule.name} changed`) : await act(() => createRule(env, name.trim(), said), `Rule ${name.trim()} made`);
    if (!made) return;
    setName("");
    if (!rule) setContent(NEW);
    done();
  };
  const number = (member: "priority" | "reservoir_size", label: string, least: number, most: number) => (
    <span>
      <label htmlFor={`${id}${member}`}>{label}</label>
      <input id={`${id}${member}`} className="field short" type="number" min={least} max={most} value={content[member]} onChange={(event) => setContent({ ...content, [member]: Number(event.target.value) })} />
    </span>
  );
  return (
    <Form submit={submit}>
      <div className="in-line">
        {rule ? (
          <strong>{rule.name}</strong>
        ) : (
          <span>
            <label htmlFor={`${id}n`}>New rule</label>
            <input id={`${id}n`} className="field" maxLength={32} placeholder="Cruddur" value={name} onChange={(event) => setName(event.target.value)} />
          </span>
        )}
        {!rule?.is_default && number("priority", "Priority", 1, 9_999)}
        {number("reservoir_size", "Reservoir per second", 0, 1_000_000)}
        <span>
          <label htmlFor={`${id}r`}>then, in percent</label>
          <input id={`${id}r`} className="field short" type="number" min={0} max={100} step="any" value={rate} onChange={(event) => setRate(event.target.value)} />
        </span>
        {!rule?.is_default &&
          MEMBERS.map(([member, label]) => (
            <span key={member}>
              <label htmlFor={`${id}${member}`}>{label}</label>
              <input id={`${id}${member}`} className="field mono medium" value={content[member]} onChange={(event) => setContent({ ...content, [member]: event.target.value })} />
            </span>
          ))}
        <button type="submit" className="button primary" aria-disabled={busy}>
          {rule ? "Save" : "Make rule"}
        </button>
        {rule && (
          <button type="button" className="button" onClick={done}>
            Cancel
          </button>
        )}
      </div>
      {!rule && <p className="quiet">* stands for anything, ? for one character; case does not matter.</p>}
      <FormError error={error} />
    </Form>
  );
}

function contentOf({ priority, fixed_rate, reservoir_size, service_name, service_type, host, http_method, url_path, resource_arn, attributes }: Rule): RuleContent {
  return { priority, fixed_rate, reservoir_size, service_name, service_type, host, http_method, url_path, resource_arn, attributes };
}
