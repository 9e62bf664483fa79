import { Component, type ReactNode, Suspense, lazy, useEffect, useState } from "react";
import { type Schema, ask, client } from "../api/client";
import { useEnvironments } from "../api/hooks";
import { shownTo, useSignIn } from "../api/session";
import { decoded, go, print, useAddress } from "../lib/address";
import { consolePage } from "../lib/console";
import { findId } from "../lib/ids";
import { useStore } from "../lib/store";
import { readHoneycomb } from "../model/honeycomb";
import { LinkPage } from "../pages/signin/LinkPage";
import { SignInPage } from "../pages/signin/SignInPage";
import { Link } from "../ui/Link";
import { Shell, useTitle } from "../ui/Shell";
import { EmptyState, ErrorState, Skeleton, isOutdated } from "../ui/States";
import { pageAddress, readView } from "../ui/view";

const QueryPage = lazy(() => import("../pages/query/QueryPage").then(({ QueryPage: page }) => ({ default: page })));

const HomePage = lazy(() => import("../pages/home/HomePage").then(({ HomePage: page }) => ({ default: page })));
const TracesPage = lazy(() => import("../pages/traces/TracesPage").then(({ TracesPage: page }) => ({ default: page })));
const ComparePage = lazy(() => import("../pages/traces/ComparePage").then(({ ComparePage: page }) => ({ default: page })));
const BoardsPage = lazy(() => import("../pages/boards/BoardsPage").then(({ BoardsPage: page }) => ({ default: page })));
const BoardPage = lazy(() => import("../pages/boards/BoardPage").then(({ BoardPage: page }) => ({ default: page })));
const MapPage = lazy(() => import("../pages/map/MapPage").then(({ MapPage: page }) => ({ default: page })));
const LogsPage = lazy(() => import("../pages/logs/LogsPage").then(({ LogsPage: page }) => ({ default: page })));
const DataPage = lazy(() => import("../pages/data/DataPage").then(({ DataPage: page }) => ({ default: page })));
const ConnectPage = lazy(() => import("../pages/connect/ConnectPage").then(({ ConnectPage: page }) => ({ default: page })));
const TracePage = lazy(() => import("../pages/trace/TracePage").then(({ TracePage: page }) => ({ default: page })));

const SettingsPage = lazy(() => import("../pages/settings/SettingsPage").then(({ SettingsPage: page }) => ({ default: page })));

/** What an address shows, to whom: whoever has to sign in first does so at this very address. */
export function App() {
  const { path } = useAddress();
  const { needed } = useSignIn();
  const person = useStore(shownTo);
  if (path === "/signin") return <LinkPage />;
  // Pages that were shown to somebody stay when the session ends by itself: what was typed into them is not lost.
  if (needed === false || (needed && person !== undefined)) return <Pages />;
  return needed ? <SignInPage /> : <div className="shell" />;
}

/** The page of an address. */
function Pages() {
  const { path, params } = useAddress();
  const pasted = path.startsWith("/t/") ? decoded(path.slice(3)) : undefined;
  useEffect(() => {
    if (path === "/") go(`/e/local${window.location.search}`, "replace");
    const id = pasted === undefined ? undefined : findId(pasted);
    if (id) go(`/e/local/trace/${id.id}${window.location.search}`, "replace");
    // An address of AWS's console, with this server's name in the place of AWS's.
    const page = /\/(?:xray|cloudwatch)\/home$/.test(path) ? consolePage(window.location.hash) : undefined;
    if (page) go(print(`/e/local${page.path}`, new URLSearchParams(page.params)), "replace");
  }, [path, pasted]);
  const view = readView(path);
  const environments = useEnvironments();
  const foreign = useForeign(environments.data);
  const isNowhere = environments.data !== undefined && !environments.data.some(({ slug }) => slug === view.env);
  const page = isNowhere ? <NoEnvironment env={view.env} known={environments.data} /> : pageOf(view.page, view.rest);
  // Parts of the settings are tabs of one page: the focus stays on the tab that was chosen.
  const key = view.page === "settings" ? view.page : `${view.page}/${view.rest}`;
  return (
    <Shell>
      <Fence key={key}>
        <Suspense fallback={<div className="page"><Skeleton height={240} label="Loading the page" /></div>}>
          {foreign ? foreign.failure !== undefined ? <NotFound what={foreign.failure} /> : <div className="page"><Skeleton height={240} label="Opening what Honeycomb's address names" /></div> : pasted !== undefined && !findId(pasted) ? <NotFound what={pasted} /> : (page ?? <NotFound what={params.get("q") ?? path} />)}
        </Suspense>
      </Fence>
    </Shell>
  );
}

/** Leads on from an address of Honeycomb's UI; nothing where the address is ours. */
function useForeign(environments: readonly Schema["Environment"][] | undefined): { failure?: string } | undefined {
  const { path } = useAddress();
  const isForeign = /^\/[^/]+\/(?:environments|datasets)\//.test(path) && !/^\/[et]\//.test(path);
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    if (!isForeign || environments === undefined) return;
    setFailure(undefined);
    const foreign = readHoneycomb(path + window.location.search);
    if (!foreign) return setFailure(path);
    // Bookmarks of an environment that is not here mean the one that is.
    const known = environments.find(({ slug }) => slug === foreign.env) ?? environments.find(({ slug }) => slug === "local") ?? environments[0];
    const base = `/e/${encodeURIComponent(known?.slug ?? foreign.env)}`;
    if ("page" in foreign) return go(print(`${base}${foreign.page}`, new URLSearchParams(foreign.params)), "replace");
    const { specification, datasets, env } = foreign;
    ask(client.POST("/hive/v1/e/{env}/query/parse", { params: { path: { env: known?.slug ?? env } }, body: { ...specification, ...(datasets.length > 0 ? { datasets } : {}) } })).then(
      ({ query, errors }) => (query ? go(print(`${base}/query`, new URLSearchParams({ q: query.text })), "replace") : setFailure(errors[0]?.message ?? path)),
      (error: Error) => setFailure(error.message),
    );
  }, [isForeign, path, environments]);
  if (!isForeign) return undefined;
  return failure === undefined ? {} : { failure };
}

function pageOf(page: string, rest: string): ReactNode | undefined {
  switch (page) {
    case "home":
      return <HomePage />;
    case "query":
      return <QueryPage />;
    case "traces":
      return rest.startsWith("compare/") ? <ComparePage /> : <TracesPage />;
    case "trace":
      return <TracePage />;
    case "map":
      return <MapPage />;
    case "logs":
      return <LogsPage />;
    case "boards":
      return rest ? <BoardPage id={rest} /> : <BoardsPage />;
    case "data":
      return <DataPage />;
    case "connect":
      return <ConnectPage />;
    case "settings":
      return <SettingsPage />;
    default:
      return undefined;
  }
}

function NotFound({ what }: { what: string }) {
  useTitle("Not found");
  return (
    <div className="page">
      <h1>Nothing is at this address</h1>
      <EmptyState title={what}>
        <p className="why">It names no page and no id that this server knows.</p>
        <p>
          Press <kbd>/</kbd> to search, or go to <Link to={pageAddress("/query")}>Query</Link>.
        </p>
      </EmptyState>
    </div>
  );
}

/** An address of an environment that is not there, or not for who asks. */
function NoEnvironment({ env, known }: { env: string; known: readonly Schema["Environment"][] }) {
  useTitle("No such environment");
  return (
    <div className="page">
      <h1>There is no environment “{env}”</h1>
      <EmptyState title={known.length > 0 ? "There are" : "You may read none"}>
        {known.length > 0 && (
          <ul>
            {known.map(({ slug, name }) => (
              <li key={slug}>
                <Link to={`/e/${encodeURIComponent(slug)}`}>{name ?? slug}</Link>
              </li>
            ))}
          </ul>
        )}
        <p className="why">Environments are made in Settings, Environments.</p>
      </EmptyState>
    </div>
  );
}

/** Keeps a page that fails from taking the shell with it. */
class Fence extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className="page">
        <h1>This page failed</h1>
        {isOutdated(this.state.error) ? (
          <EmptyState title="The server has another version now">
            <p className="why">This page was loaded before and lacks a part that the new one brings. What is in the address is kept.</p>
            <button type="button" className="button primary" onClick={() => window.location.reload()}>
              Reload
            </button>
          </EmptyState>
        ) : (
          <ErrorState error={this.state.error} retry={() => this.setState({ error: undefined })} />
        )}
      </div>
    );
  }
}
