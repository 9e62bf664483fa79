import type { BoardContent, Panel, QueryStyle } from "../../api/library";
import { COLUMNS } from "../../model/board";

/** A board that is ready to be taken. */
export interface Preset {
  name: string;
  description: string;
  panels: Panel[];
}

type Row = [width: number, height: number, title: string, query: string, style: QueryStyle];

/** Panels from left to right, each row as high as its first. */
function panels(rows: Row[], text?: string): Panel[] {
  let [x, y, high] = [0, 0, 0];
  const placed: Panel[] = [];
  const put = (width: number, height: number, content: Panel["content"]) => {
    if (x + width > COLUMNS) {
      y += high;
      x = 0;
    }
    if (x === 0) high = height;
    placed.push({ id: `p${placed.length + 1}`, x, y, width, height, content });
    x += width;
  };
  if (text) put(COLUMNS, 1, { type: "text", text });
  for (const [width, height, title, query, style] of rows) put(width, height, { type: "query", title, query, style, log_scale: false });
  return placed;
}

const ROOTS = "is_root = true";

/** Boards for a beginning. */
export const PRESETS: Preset[] = [
  {
    name: "Requests",
    description: "How many, how slow, which fail, of whom.",
    panels: panels([
      [3, 2, "Requests", `COUNT WHERE ${ROOTS}`, "value"],
      [3, 2, "Failed", `COUNT WHERE ${ROOTS} AND error = true`, "value"],
      [3, 2, "P95", `P95(duration_ms) WHERE ${ROOTS}`, "value"],
      [3, 2, "P99", `P99(duration_ms) WHERE ${ROOTS}`, "value"],
      [12, 4, "Latency", `HEATMAP(duration_ms) WHERE ${ROOTS}`, "graph"],
      [6, 4, "Requests by service", `COUNT WHERE ${ROOTS} GROUP BY service.name`, "graph"],
      [6, 4, "Failed requests by service", `COUNT WHERE ${ROOTS} AND error = true GROUP BY service.name`, "graph"],
      [6, 6, "Slowest routes", `P95(duration_ms), COUNT WHERE ${ROOTS} GROUP BY service.name, name ORDER BY P95(duration_ms) desc LIMIT 20`, "table"],
      [6, 6, "Newest requests", `COUNT WHERE ${ROOTS}`, "events"],
    ]),
  },
  {
    name: "Errors",
    description: "What fails, where, since when.",
    panels: panels([
      [6, 6, "Errors by service", "COUNT WHERE error = true GROUP BY service.name", "graph"],
      [6, 6, "Exceptions by type", "COUNT WHERE exception.type exists GROUP BY exception.type", "both"],
      [6, 6, "Where they happen", "COUNT WHERE error = true GROUP BY service.name, name LIMIT 20", "table"],
      [6, 6, "Newest exceptions", "COUNT WHERE exception.type exists GROUP BY exception.type, exception.message", "events"],
    ]),
  },
  {
    name: "Cruddur week 2",
    description: "Raw data, latency by route and by user, recent traces: the boards of the bootcamp's second week.",
    panels: panels(
      [
        [6, 8, "Raw data", "COUNT WHERE trace.trace_id exists", "events"],
        [6, 8, "Count and P95 by route", "COUNT, P95(duration_ms) WHERE http.route exists GROUP BY http.route", "both"],
        [12, 4, "Duration", "HEATMAP(duration_ms)", "graph"],
        [6, 5, "Latency by user", "P95(duration_ms), COUNT WHERE app.user_id exists GROUP BY app.user_id ORDER BY P95(duration_ms) desc LIMIT 20", "table"],
        [6, 5, "Recent traces", `COUNT WHERE ${ROOTS}`, "events"],
        [6, 4, "Errors by route", "COUNT WHERE error = true GROUP BY http.route", "graph"],
        [6, 4, "Rendering in the browser", "P95(render_time) WHERE event = page-load", "graph"],
      ],
      "Press a title to go on asking. **Latency by user**: whose requests are slow? **Recent traces**: press one for its waterfall.",
    ),
  },
];

export const contentOf = ({ name, description, panels: shown }: Preset): BoardContent => ({ name, description, panels: shown, filter: "", from: "", to: "" });
