import { expect, test } from "vitest";
import { keepingOf } from "./keeping";

const settings = (keep: string, most = "-", rules = "-") => [{ name: "retention.keep", value: keep }, { name: "retention.max_bytes", value: most }, { name: "retention.rules", value: rules }];

test.each([
  [settings("forever"), "Events are kept for ever."],
  [settings("60 d", "100 GiB"), "Events are kept for 60 d, as long as their files take at most 100 GiB."],
  [settings("60 d", "-", "class logs, 7 d"), "Events are kept for 60 d. Otherwise: class logs, 7 d."],
  [[], undefined],
  [undefined, undefined],
])("%j", (known, says) => expect(keepingOf(known)).toBe(says));
