import { useEffect, useState } from "react";
import { Problem } from "../api/client";
import { type Marker as Kept, type MarkerContent, Overtaken, createMarker, deleteMarker, readMarker, updateMarker, useMarkers } from "../api/library";
import { useDatasets } from "../api/hooks";
import { useStore } from "../lib/store";
import { MINUTE_MS, type Zone, clock, msToNs, nsToMs, partsOf } from "../lib/time";
import { readPoint } from "../model/range";
import { ConflictDialog, type Side } from "./ConflictDialog";
import { Dialog } from "./Dialog";
import { Form } from "./Form";
import { sentence } from "./States";
import { announce } from "./announce";
import { type Marker, markerForm, markers } from "./markers";
import { useEditing } from "./useEditing";
import { useTime, useView } from "./view";

/** Reads the markers of the view's time for all graphs, and holds the form for one. */
export function Markers() {
  const { env } = useView();
  const { window: shown } = useTime();
  // To the minute, so that a live view asks once a minute.
  const start = Math.floor(shown.start / MINUTE_MS) * MINUTE_MS;
  const end = Math.ceil(shown.end / MINUTE_MS) * MINUTE_MS;
  const { data } = useMarkers(env, start, end);
  useEffect(() => markers.set(data ? data.markers.map(shownOf) : []), [data]);
  const form = useStore(markerForm);
  return form ? <MarkerForm key={"id" in form ? `${form.id} ${form.version}` : "new"} env={env} form={form} close={() => markerForm.set(undefined)} /> : null;
}

function shownOf({ id, version, start_ns, end_ns, text, type, url, colour, dataset }: Kept): Marker {
  return { id, version, start: nsToMs(start_ns), end: end_ns ? nsToMs(end_ns) : undefined, text, type, url, colour: colour ?? undefined, dataset: dataset ?? undefined };
}

/** Two have changed a marker: both are shown, and nothing else is said. */
class Overlaid extends Error {}

/** What a marker says on both sides, in words. */
function partsOfMarker(mine: MarkerContent, theirs: MarkerContent, zone: Zone): Side[] {
  const when = (ns: string | null | undefined) => (ns ? typed(nsToMs(ns), zone) : "");
  const words = ({ text, type, start_ns, end_ns, url, colour, dataset }: MarkerContent) => [
    ["what happened", text],
    ["type", type ?? ""],
    ["when", when(start_ns)],
    ["until", when(end_ns)],
    ["address", url ?? ""],
    ["colour", colour ?? ""],
    ["shown on graphs of", dataset ?? "all datasets"],
  ];
  const other = words(theirs);
  return words(mine).map(([name = "", own = ""], n) => ({ name, mine: own, theirs: other[n]?.[1] ?? "" }));
}

/** A time as it can be typed: `2026-01-02 14:02:05`. */
function typed(ms: number, zone: Zone): string {
  const { year, month, day } = partsOf(ms, zone);
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")} ${clock(ms, zone)}`;
}

/** Where choosing a colour begins. */
const firstColour = () => getComputedStyle(document.documentElement).getPropertyValue("--g5").trim();

const TYPES = ["deploy", "incident", "config"];

function MarkerForm({ env, form, close }: { env: string; form: NonNullable<ReturnType<typeof markerForm.get>>; close: () => void }) {
  const { zone } = useTime();
  const datasets = useDatasets(env);
  const editing = useEditing();
  const known = "id" in form ? form : undefined;
  const [text, setText] = useState(known?.text ?? "");
  const [type, setType] = useState(known?.type ?? "deploy");
  const [url, setUrl] = useState(known?.url ?? "");
  const [start, setStart] = useState(typed(form.start, zone));
  const [end, setEnd] = useState(form.end === undefined ? "" : typed(form.end, zone));
  const [dataset, setDataset] = useState(known?.dataset ?? "");
  const [colour, setColour] = useState(known?.colour ?? "");
  const [failure, setFailure] = useState<string>();
  const [conflict, setConflict] = useState<{ mine: MarkerContent; theirs: Kept }>();
  /** The version that somebody else made, and that is to go all the same. */
  const [overtaken, setOvertaken] = useState<number>();
  const save = async (mine: MarkerContent, version = known?.version) => {
    if (!known || version === undefined) return createMarker(env, mine);
    try {
      await updateMarker(env, known.id, { ...mine, version });
    } catch (error) {
      if (!(error instanceof Problem && error.status === 409)) throw error;
      const theirs = await readMarker(env, known.id, msToNs(known.start));
      if (!theirs) throw new Error("somebody else removed the marker meanwhile");
      setConflict({ mine, theirs });
      throw new Overlaid();
    }
  };
  const remove = async () => {
    if (!known) return;
    try {
      await deleteMarker(env, known.id, overtaken ?? known.version, msToNs(known.start));
    } catch (error) {
      if (error instanceof Overtaken) setOvertaken(error.version);
      throw error;
    }
  };
  const attempt = async (what: () => Promise<void>, words: string) => {
    setFailure(undefined);
    try {
      await what();
      announce(words);
      close();
    } catch (error) {
      if (!(error instanceof Overlaid)) setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  const submit = () => {
    const now = Date.now();
    // A time that was not touched keeps its fractions.
    const at = start === typed(form.start, zone) ? form.start : readPoint(start, now, zone);
    const until = end.trim() === "" ? undefined : form.end !== undefined && end === typed(form.end, zone) ? form.end : readPoint(end, now, zone);
    if (at === undefined) return setFailure(`“${start}” is no time; 14:02, 2026-01-02 14:02:05 and now - 5m are`);
    if (end.trim() && until === undefined) return setFailure(`“${end}” is no time`);
    const body = {
      start_ns: String(msToNs(at)),
      ...(until === undefined ? {} : { end_ns: String(msToNs(until)) }),
      text: text.trim(),
      type: type.trim(),
      url: url.trim(),
      ...(colour ? { colour } : {}),
      ...(dataset ? { dataset } : {}),
    };
    void attempt(() => save(body), known ? "Marker changed" : "Marker added");
  };
  const title = editing.disabled ? "Marker" : known ? "Edit the marker" : "Add a marker";
  return (
    <Dialog label={title} className="sheet narrow" close={close}>
      <Form className="form" submit={submit}>
        <h2>{title}</h2>
        {editing.disabled && <p className="quiet">Markers are everybody's. {editing.title}</p>}
        <fieldset className="form" disabled={editing.disabled}>
          <label>
            What happened
            <input className="field" autoFocus maxLength={1_000} value={text} onChange={(event) => setText(event.target.value)} />
          </label>
          <div className="form-row">
            <label className="grow">
              Type
              <input className="field" list="marker-types" maxLength={100} value={type} onChange={(event) => setType(event.target.value)} />
              <datalist id="marker-types">
                {TYPES.map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </label>
            <label className="tick">
              <input type="checkbox" checked={colour !== ""} onChange={(event) => setColour(event.target.checked ? firstColour() : "")} /> Own colour
            </label>
            {colour !== "" && <input type="color" aria-label="Colour" value={colour} onChange={(event) => setColour(event.target.value)} />}
          </div>
          <div className="form-row">
            <label className="grow">
              When
              <input className="field mono" value={start} onChange={(event) => setStart(event.target.value)} />
            </label>
            <label className="grow">
              <span>
                Until <span className="quiet">where it lasted</span>
              </span>
              <input className="field mono" value={end} onChange={(event) => setEnd(event.target.value)} />
            </label>
          </div>
          <label>
            <span>
              Address <span className="quiet">where there is more about it</span>
            </span>
            <input className="field" placeholder="https://" value={url} onChange={(event) => setUrl(event.target.value)} />
          </label>
          <label>
            Shown on graphs of
            <select className="field" value={dataset} onChange={(event) => setDataset(event.target.value)}>
              <option value="">all datasets</option>
              {dataset && !datasets.data?.some(({ slug }) => slug === dataset) && <option value={dataset}>{dataset}</option>}
              {datasets.data?.map(({ slug }) => (
                <option key={slug} value={slug}>
                  {slug}
                </option>
              ))}
            </select>
          </label>
        </fieldset>
        {failure && (
          <p className="note" role="alert">
            {sentence(failure)}
          </p>
        )}
        <div className="form-foot">
          {known && !editing.disabled && (
            <button type="button" className="button" style={{ marginRight: "auto" }} onClick={() => void attempt(remove, "Marker removed")}>
              Remove
            </button>
          )}
          <button type="button" className="button" onClick={close}>
            {editing.disabled ? "Close" : "Cancel"}
          </button>
          {!editing.disabled && (
            <button type="submit" className="button primary">
              {known ? "Keep it" : "Add"}
            </button>
          )}
        </div>
      </Form>
      {conflict && (
        <ConflictDialog
          what="this marker"
          who="anyone"
          parts={partsOfMarker(conflict.mine, conflict.theirs, zone)}
          close={() => setConflict(undefined)}
          take={() => markerForm.set(shownOf(conflict.theirs))}
          keep={async () => {
            try {
              await save(conflict.mine, conflict.theirs.version);
            } catch (error) {
              // A third one was faster: that is shown now.
              if (error instanceof Overlaid) return;
              throw error;
            }
            announce("Marker changed");
            close();
          }}
        />
      )}
    </Dialog>
  );
}
