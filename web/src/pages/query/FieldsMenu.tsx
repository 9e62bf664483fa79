import { useFields } from "../../api/library";
import { definitionOf } from "../../model/calculated";
import type { Query } from "../../model/query";
import { Menu } from "../../ui/Menu";
import type { Edited } from "./FieldEditor";

const SHOWN = 30;

/** The calculated fields of this query and of the environment: each opens in its editor. */
export function FieldsMenu({ env, draft, edit }: { env: string; draft: Query; edit: (edited: Edited) => void }) {
  const kept = useFields(env).data ?? [];
  const item = (name: string, about: string, run: () => void) => ({
    label: (
      <span className="menu-pair">
        <span className="cut mono">{name}</span>
        <span className="quiet cut">{about}</span>
      </span>
    ),
    run,
  });
  return (
    <Menu
      label="Calculated fields"
      className="button plain"
      items={[
        { label: "New calculated field", run: () => edit({ of: "new" }) },
        ...(draft.fields.length > 0 ? [{ label: null }] : []),
        ...draft.fields.map((piece) => item(definitionOf(piece).name || piece, "of this query", () => edit({ of: "query", piece }))),
        ...(kept.length > 0 ? [{ label: null }] : []),
        ...kept.slice(0, SHOWN).map((field) => item(field.name, field.description || "of the environment", () => edit({ of: "environment", field }))),
      ]}
    />
  );
}
