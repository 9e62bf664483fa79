/** The pages of the rail, in order; `key` follows `g`. */
export const PAGES = [
  { id: "home", label: "Home", icon: "home", key: "h" },
  { id: "query", label: "Query", icon: "query", key: "q" },
  { id: "traces", label: "Traces", icon: "traces", key: "t" },
  { id: "map", label: "Service map", icon: "map", key: "m" },
  { id: "logs", label: "Logs", icon: "logs", key: "l" },
  { id: "boards", label: "Boards", icon: "boards", key: "b" },
  { id: "data", label: "Data", icon: "data", key: "d" },
  { id: "connect", label: "Connect", icon: "connect", key: "c" },
  { id: "settings", label: "Settings", icon: "settings", key: "," },
] as const;
