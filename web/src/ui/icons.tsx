import type { ReactNode } from "react";

const PATHS: Record<string, string> = {
  home: "M3 11 12 4l9 7M6 9v11h12V9",
  query: "M4 19V9m5 10V5m5 14v-7m5 7V8",
  traces: "M3 6h11M7 12h10M11 18h10",
  map: "M5 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM18 3a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM18 15a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM7.7 10.6 15.3 7.2M7.7 13.4 15.3 16.8",
  logs: "M4 6h16M4 10h10M4 14h16M4 18h8",
  boards: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
  grip: "M9 5v.01M9 12v.01M9 19v.01M15 5v.01M15 12v.01M15 19v.01",
  data: "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zm0 0v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
  connect: "M9 7V3m6 4V3M7 7h10v5a5 5 0 0 1-10 0zm5 10v4",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M13 5v4M7 15v4",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 5 5",
  back: "M14 6l-6 6 6 6",
  forward: "M10 6l6 6-6 6",
  out: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 5 5M8 11h6",
  close: "M6 6l12 12M18 6L6 18",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  help: "M9 9a3 3 0 1 1 4 2.8c-.7.4-1 1-1 2.2M12 18v.01",
  copy: "M9 9h10v11H9zM5 15V4h10",
  pin: "M5 12h14M13 6l6 6-6 6",
  down: "M6 9l6 6 6-6",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4 3.6-6 8-6s8 2 8 6",
};

/** A picture of one stroke; whoever shows it names it. */
export function Icon({ name, size = 18 }: { name: keyof typeof PATHS | string; size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
      <path d={PATHS[name] ?? ""} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg width={26} height={26} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M16 2 28 9v14L16 30 4 23V9z" fill="var(--accent)" />
      <path d="M10 20v-5M16 20V9M22 20v-8" stroke="var(--on-accent)" strokeWidth={3} strokeLinecap="round" />
    </svg>
  );
}
