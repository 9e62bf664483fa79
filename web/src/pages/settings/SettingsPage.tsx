import "../query/query.css";
import "../../ui/page.css";
import "./settings.css";
import type { ComponentType } from "react";
import { useSession } from "../../api/session";
import { go } from "../../lib/address";
import { useTitle } from "../../ui/Shell";
import { EmptyState } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { pageAddress, useView } from "../../ui/view";
import { AccountPart } from "./AccountPart";
import { AuditPart } from "./AuditPart";
import { EnvironmentsPart } from "./EnvironmentsPart";
import { GroupsPart } from "./GroupsPart";
import { KeysPart } from "./KeysPart";
import { PeoplePart } from "./PeoplePart";
import { RulesPart } from "./RulesPart";
import { StatusPart } from "./StatusPart";

/** What each part is called in an address and on its tab, and what it shows. */
const PARTS: readonly [id: string, label: string, Part: ComponentType][] = [
  ["status", "Status", StatusPart],
  ["environments", "Environments", EnvironmentsPart],
  ["keys", "Keys", KeysPart],
  ["people", "People", PeoplePart],
  ["groups", "X-Ray groups", GroupsPart],
  ["sampling", "Sampling rules", RulesPart],
  ["audit", "What was done", AuditPart],
  ["you", "Your account", AccountPart],
];

/** What the server keeps for all: who may do what, with which keys, and how it is. */
export function SettingsPage() {
  useTitle("Settings");
  const { rest } = useView();
  const { data } = useSession();
  const parts = PARTS.filter(([id]) => id !== "you" || data?.account);
  const [at = "", label = "Not found", Part] = parts.find(([id]) => id === (rest || "status")) ?? [];
  return (
    <div className="page settings">
      <h1>Settings</h1>
      <Tabs label="Parts of the settings" tabs={parts.map(([id, text]) => ({ id, label: text }))} current={at} onChange={(id) => go(pageAddress(id === "status" ? "/settings" : `/settings/${id}`))} panelId="part" />
      <div id="part" role="tabpanel" aria-label={label} className="part">
        {Part ? <Part /> : (
          <EmptyState title={`Settings have no part “${rest}”`}>
            <p className="why">The parts that there are stand above{data?.account ? "" : "; one for your account is among them where people sign in"}.</p>
          </EmptyState>
        )}
      </div>
    </div>
  );
}
