import "../query/query.css";
import "../../ui/page.css";
import "./settings.css";
import type { ReactNode } from "react";
import { useSession } from "../../api/session";
import { go } from "../../lib/address";
import { useTitle } from "../../ui/Shell";
import { EmptyState } from "../../ui/States";
import { Tabs } from "../../ui/Tabs";
import { pageAddress, useView } from "../../ui/view";
import { AccountPart } from "./AccountPart";
import { AuditPart } from "./AuditPart";
import { EnvironmentsPart } from "./EnvironmentsPart";
import { KeysPart } from "./KeysPart";
import { PeoplePart } from "./PeoplePart";
import { StatusPart } from "./StatusPart";

const PARTS = [
  { id: "status", label: "Status" },
  { id: "environments", label: "Environments" },
  { id: "keys", label: "Keys" },
  { id: "people", label: "People" },
  { id: "audit", label: "What was done" },
  { id: "you", label: "Your account" },
] as const;

type Part = (typeof PARTS)[number]["id"];

/** What the server keeps for all: who may do what, with which keys, and how it is. */
export function SettingsPage() {
  useTitle("Settings");
  const { rest } = useView();
  const { data } = useSession();
  const parts = PARTS.filter(({ id }) => id !== "you" || data?.account);
  const known = parts.find(({ id }) => id === (rest || "status"));
  return (
    <div className="page settings">
      <h1>Settings</h1>
      <Tabs<Part> label="Parts of the settings" tabs={parts} current={known?.id ?? "status"} onChange={(id) => go(pageAddress(id === "status" ? "/settings" : `/settings/${id}`))} panelId="part" />
      <div id="part" role="tabpanel" aria-label={known?.label ?? "Not found"} className="part">
        {known ? partOf(known.id) : <EmptyState title={`Settings have no part “${rest}”`} />}
      </div>
    </div>
  );
}

function partOf(part: Part): ReactNode {
  switch (part) {
    case "status":
      return <StatusPart />;
    case "environments":
      return <EnvironmentsPart />;
    case "keys":
      return <KeysPart />;
    case "people":
      return <PeoplePart />;
    case "audit":
      return <AuditPart />;
    case "you":
      return <AccountPart />;
  }
}
