import { singleKeys } from "../lib/preferences";
import { useStore } from "../lib/store";
import { Dialog } from "./Dialog";
import { PAGES } from "./pages";

const PARTS: { title: string; keys: [string, string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["/ or Ctrl-K", "search"],
      ["Ctrl-V", "a trace id, traceparent or X-Amzn-Trace-Id: open its trace"],
      ...PAGES.map(({ key, label }): [string, string] => [`g ${key}`, label]),
      ["[ ]", "step back, forward in time"],
      ["z", "back to the range before the last zoom"],
      ["r", "ask again"],
      ["l", "live: ask again by itself"],
      ["u", "local time or UTC"],
      ["y", "copy the link to exactly this view"],
      ["?", "this list"],
    ],
  },
  {
    title: "Query",
    keys: [
      ["Shift-Enter", "run"],
      ["v w b", "write what to visualize, conditions, groups"],
      ["t", "write the query as text"],
      ["Tab", "take the first proposal"],
      ["Enter", "in an empty clause: run"],
      ["Backspace", "in an empty clause: select, then remove, the last piece"],
      ["Space on a condition", "turn it off and on"],
      ["on a piece of a clause", "Shift-Left Shift-Right: move it; m: what else can be done with it; Ctrl-A Ctrl-C: copy the clause; Ctrl-V: paste one"],
      ["Left Right Up Down", "on a graph: move, among lines Up and Down choose one; Enter: start or end a box; Shift-M: add a marker"],
      ["+ - c s", "on a graph: zoom in, zoom out, cut off higher values, begin and end a stretch of time"],
      ["the same on a box", "move it; with Shift: change its size; Enter keeps it, Esc takes it back; on a heatmap Shift-Enter: another box, b: the next one"],
      ["j k", "in the table: the next, the previous group; Space: draw it or not; Esc: draw all"],
      ["Shift-Left Shift-Right + - Delete", "on a table's head: move the column, widen, narrow, hide it"],
      ["Alt-Up Alt-Down", "an older, a newer query of the history"],
    ],
  },
  {
    title: "Logs",
    keys: [
      ["f", "follow, stop following"],
      ["Space", "while following: pause, go on"],
      ["j k", "next, previous line"],
    ],
  },
  {
    title: "Service map",
    keys: [
      ["Left Right", "who calls, who is called"],
      ["Up Down", "above, below in the same layer"],
      ["Enter", "what is known of it"],
      ["f", "only what is near it"],
      ["Shift and arrows", "move it"],
      ["+ - 0", "nearer, farther, all of it"],
      ["t", "the same as a table"],
    ],
  },
  {
    title: "Board",
    keys: [["m", "move the panel: arrows move, Shift and arrows change its size, Enter ends, Esc takes it back"]],
  },
  {
    title: "Trace",
    keys: [
      ["j k", "next, previous row"],
      ["Left Right", "close, open"],
      ["e E", "next, previous error; from anywhere on the page"],
      ["n N", "next, previous hit"],
      ["p J K", "parent, next and previous beside it"],
      ["c C", "next, previous part of the critical path"],
      ["f F", "focus on the span and all below it, back to the whole trace"],
      ["m m", "measure: from the start of one span to the end of another"],
      ["{ }", "close all, open all"],
      ["[ ]", "among the rows: one level less, more"],
      ["*", "open all that stand beside the span"],
      ["z 0", "zoom to the span, show all"],
      ["+ -", "zoom; Shift-Left and Shift-Right move what is shown"],
    ],
  },
];

export function KeySheet({ close }: { close: () => void }) {
  const on = useStore(singleKeys);
  return (
    <Dialog label="Keys" className="sheet" close={close}>
      <h1>Keys</h1>
      <label>
        <input type="checkbox" checked={on} onChange={(event) => singleKeys.set(event.target.checked)} /> Single letters work as keys outside of text fields
      </label>
      {PARTS.map(({ title, keys }) => (
        <section key={title}>
          <h2>{title}</h2>
          <dl>
            {keys.map(([key, what]) => [
              <dt key={key}>
                <kbd>{key}</kbd>
              </dt>,
              <dd key={what}>{what}</dd>,
            ])}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
