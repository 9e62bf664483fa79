/** Says that rows or panels would stand in another order now, and puts them into it when that is wanted. */
export function Reorder({ isChanged, apply }: { isChanged: boolean; apply: () => void }) {
  if (!isChanged) return null;
  return (
    <span role="status" className="reorder">
      Order changed{" "}
      <button type="button" className="button" onClick={apply}>
        Apply
      </button>
    </span>
  );
}
