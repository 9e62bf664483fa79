import { useMemo } from "react";
import { useStore } from "../lib/store";
import { type Rgb, rampOf } from "../model/ramp";
import { themeChanges } from "../ui/theme";

/** Colours of the present theme, as canvases need them. */
export interface Colours {
  bg: string;
  surface: string;
  line: string;
  lineStrong: string;
  text: string;
  text2: string;
  text3: string;
  error: string;
  warn: string;
  focus: string;
  accent: string;
  selection: string;
  baseline: string;
  groups: string[];
  ramp: Rgb[];
  /** The ramp as a style sheet has it. */
  rampCss: string[];
  /** The ramp as pixels of an image. */
  rampPixels: Uint32Array;
  rampFloor: number;
  mono: string;
  sans: string;
}

function read(): Colours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const ramp = rampOf(token("ramp").split(/\s+/));
  return {
    bg: token("bg"),
    surface: token("surface"),
    line: token("line"),
    lineStrong: token("line-strong"),
    text: token("text"),
    text2: token("text-2"),
    text3: token("text-3"),
    error: token("error"),
    warn: token("warn"),
    focus: token("focus"),
    accent: token("accent"),
    selection: token("selection"),
    baseline: token("baseline"),
    groups: Array.from({ length: 12 }, (_, n) => token(`g${n + 1}`)),
    ramp,
    rampCss: ramp.map((rgb) => `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`),
    rampPixels: Uint32Array.from(ramp, ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red),
    rampFloor: Number(token("ramp-floor")),
    mono: token("mono"),
    sans: token("sans"),
  };
}

export function useColours(): Colours {
  const change = useStore(themeChanges);
  // Reading styles costs a layout; once a theme is enough.
  return useMemo(() => (change >= 0 ? read() : read()), [change]);
}

/** The colour of a slot; past the twelfth they come again. */
export const slotColour = (colours: Colours, slot: number): string => colours.groups[slot % colours.groups.length] ?? colours.text3;
