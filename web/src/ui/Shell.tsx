import { type ReactNode, useEffect, useRef, useState } from "react";
import { lostSince } from "../api/client";
import { queries, useEnvironments, useStats } from "../api/hooks";
import { go, useAddress, useChange } from "../lib/address";
import { railPinned, theme } from "../lib/preferences";
import { useStore } from "../lib/store";
import { clock } from "../lib/time";
import { Health } from "./Health";
import { KeySheet } from "./KeySheet";
import { Link } from "./Link";
import { Markers } from "./Markers";
import { Menu } from "./Menu";
import { Palette } from "./Palette";
import { AccountMenu } from "./AccountMenu";
import { SignedOut, SignedOutStrip } from "./SignedOut";
import { TimePicker } from "./TimePicker";
import { Uncopied } from "./Uncopied";
import { announce, announcement, toast } from "./announce";
import { Icon, Logo } from "./icons";
import { useGlobalKeys } from "./keys";
import { PAGES } from "./pages";
import { useKeptScroll } from "./scroll";
import { askAgain, pageAddress, useTime, useView } from "./view";

/** Everything around a page. */
export function Shell({ children }: { children: ReactNode }) {
  const pinned = useStore(railPinned);
  const [palette, setPalette] = useState<string>();
  const main = useRef<HTMLElement>(null);
  useArrival(main);
  useKeptScroll(main);
  const [sheet, setSheet] = useState(false);
  useGlobalKeys({ palette: (text = "") => setPalette(text), sheet: () => setSheet(true) });
  return (
    <div className={pinned ? "shell pinned" : "shell"}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Rail pinned={pinned} />
      <TopBar openPalette={() => setPalette("")} openSheet={() => setSheet(true)} />
      <div className="notices">
        <Lost />
        <SignedOutStrip />
      </div>
      <main ref={main} id="main" className="main" tabIndex={-1}>
        {children}
      </main>
      {palette !== undefined && <Palette first={palette} close={() => setPalette(undefined)} />}
      {sheet && <KeySheet close={() => setSheet(false)} />}
      <SignedOut />
      <Markers />
      <FirstEvents />
      <Uncopied />
      <Announcer />
    </div>
  );
}

/** An empty environment that gets its first events is asked again by itself, on every page. */
function FirstEvents(): ReactNode {
  const { env } = useView();
  const { data } = useStats(env);
  const last = useRef<{ env: string; events: number }>(undefined);
  useEffect(() => {
    if (!data) return;
    const events = data.live_rows + data.file_rows;
    const before = last.current;
    last.current = { env, events };
    if (before?.env !== env || before.events > 0 || events === 0) return;
    for (const name of ["columns", "datasets", "values", "metrics"]) void queries.invalidateQueries({ queryKey: [name] });
    askAgain();
  }, [data, env]);
  return null;
}

function Rail({ pinned }: { pinned: boolean }) {
  const { page } = useView();
  useAddress();
  return (
    <nav className="rail" aria-label="Pages">
      <div className="logo">
        <Logo />
      </div>
      {PAGES.map(({ id, label, icon }) => (
        <Link key={id} to={pageAddress(id === "home" ? "" : `/${id}`)} aria-current={page === id || (id === "traces" && page === "trace") ? "page" : undefined}>
          <Icon name={icon} />
          {label}
        </Link>
      ))}
      <button type="button" className="pin" aria-pressed={pinned} onClick={() => railPinned.set(!pinned)}>
        <Icon name="pin" />
        {pinned ? "Narrow" : "Wide"}
      </button>
    </nav>
  );
}

function TopBar({ openPalette, openSheet }: { openPalette: () => void; openSheet: () => void }) {
  const { env } = useView();
  const environments = useEnvironments();
  const chosen = useStore(theme);
  const { zone } = useTime();
  const change = useChange();
  // One that is put away is offered where one is in it.
  const known: readonly { slug: string; name?: string | null }[] = environments.data?.filter(({ slug, archived }) => !archived || slug === env) ?? [{ slug: env }];
  const own = known.find(({ slug }) => slug === env)?.name ?? env;
  return (
    <header className="topbar">
      <Menu
        label={
          <>
            <span className="quiet">env</span> {own}
          </>
        }
        name={`Environment ${own}`}
        items={known.map(({ slug, name }) => ({
          label: name ?? slug,
          checked: slug === env,
          run: () => {
            go(window.location.pathname.replace(/^\/e\/[^/]+/, `/e/${encodeURIComponent(slug)}`) + window.location.search);
            askAgain();
          },
        }))}
      />
      <TimePicker />
      <button type="button" className="button search" onClick={openPalette} aria-label="Search or paste a trace id">
        <Icon name="search" size={14} /> <span>Search or paste an id</span> <kbd>/</kbd>
      </button>
      <Menu
        label={<Icon name="theme" />}
        name="Theme and zone"
        className="button plain square"
        align="right"
        items={[
          ...(["system", "light", "dark"] as const).map((name) => ({ label: { system: "Theme of the system", light: "Light", dark: "Dark" }[name], checked: chosen === name, run: () => theme.set(name) })),
          { label: null },
          { label: "Local time", checked: zone === "local", run: () => change({ tz: null }) },
          { label: "UTC", checked: zone === "utc", run: () => change({ tz: "utc" }) },
          ...(zone === "local" || zone === "utc" ? [] : [{ label: zone, checked: true, run: () => undefined }]),
        ]}
      />
      <button type="button" className="button plain square" onClick={openSheet} aria-label="Keys" title="Keys (?)">
        <Icon name="help" />
      </button>
      <Health />
      <AccountMenu />
    </header>
  );
}

/** Says that the server is not reached, and that it is asked again. */
function Lost() {
  const since = useStore(lostSince);
  if (since === undefined) return null;
  return (
    <div className="strip" role="status">
      Server not reached since {clock(since, "local")}; showing what was loaded. Asking again every 5 s.
    </div>
  );
}

function Announcer() {
  const text = useStore(announcement);
  const shown = useStore(toast);
  return (
    <>
      <div className="only-read" aria-live="polite">
        {text}
      </div>
      {shown && (
        <div className="toast" aria-hidden="true">
          {shown}
        </div>
      )}
    </>
  );
}

/** Where the focus went away with the page that was left, it goes on from the top of the one that came. */
function useArrival(main: React.RefObject<HTMLElement | null>): void {
  const { page, rest } = useView();
  const at = `${page}/${rest}`;
  const last = useRef(at);
  useEffect(() => {
    if (last.current === at) return;
    last.current = at;
    main.current?.scrollTo(0, 0);
    if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
  }, [at, main]);
}

let isFirst = true;

/** Titles the tab. The first title is read by the browser, those that follow are said. */
export function useTitle(title: string): void {
  useEffect(() => {
    if (!isFirst) announce(title);
    isFirst = false;
    document.title = `${title} · Glasshive`;
  }, [title]);
}
