import { useMay, useSession } from "../api/session";

/** For controls that change what others see: why they do nothing for who may not, said before anything is typed. */
export function useEditing(): { disabled: boolean; title?: string } {
  const may = useMay("editor");
  const { data } = useSession();
  if (may) return { disabled: false };
  const admins = data?.account?.admins ?? [];
  return { disabled: true, title: `This needs an editor, and you are a viewer.${admins.length > 0 ? ` An admin can change that: ${admins.join(", ")}.` : ""}` };
}
