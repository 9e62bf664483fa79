import { type Page, type Browser, expect as check } from "@playwright/test";
import { expect, expectAccessible, test, withPages } from "./page";
import { type Running, start } from "./server";

const PASSWORD = "trombone-cactus-lid";

/** The link that a start prints, as a path. */
async function setUpLink(server: Running): Promise<string> {
  await check.poll(() => server.printed()).toContain("/signin#link=");
  return /\/signin#link=\S+/.exec(server.printed())?.[0] ?? "";
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.keyboard.press("Enter");
}

/** Makes the account of a link that is open. */
async function accept(page: Page, name: string | undefined, password: string): Promise<void> {
  if (name) await page.getByLabel("Name").fill(name);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.keyboard.press("Enter");
}

/** A server, and its first admin signed in. */
async function withAdmin(page: Page, flags: string[] = []): Promise<Running> {
  const own = await start("serve", ["--auth", "keys", ...flags]);
  await page.goto(own.url + (await setUpLink(own)));
  await accept(page, "andrew", PASSWORD);
  await expect(page.getByRole("button", { name: "Account andrew, admin" })).toBeVisible();
  return own;
}

async function another(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 900, height: 900 } });
  return withPages(await context.newPage());
}

test("from a fresh directory: the printed link, an admin, a key, a span; a viewer makes none", async ({ page, browser }) => {
  const own = await start("serve", ["--auth", "keys"]);
  try {
    // Nobody has an account: the page says where the first is made.
    await page.goto(`${own.url}/e/local/query`);
    await expect(page.getByRole("heading", { name: "Make the first account" })).toBeVisible();
    await expectAccessible(page);
    await page.goto(own.url + (await setUpLink(own)));
    await expect(page.getByText("The link works once")).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: "e2e/.out/accounts-link-dark.png" });
    await accept(page, "Andrew", "short");
    await expect(page.getByRole("alert")).toContainText("at least 12 characters");
    await accept(page, undefined, "passwordpassword");
    await expect(page.getByRole("alert")).toContainText("easy to guess");
    await accept(page, undefined, PASSWORD);
    await expect(page).toHaveURL(`${own.url}/e/local`);
    await expect(page.getByRole("button", { name: "Account andrew, admin" })).toBeVisible();

    // A key, shown once, and a span sent with it.
    await page.keyboard.press("g");
    await page.keyboard.press(",");
    await page.getByRole("tab", { name: "Keys" }).click();
    await expect(page.getByText("No keys yet")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make key" }).click();
    const secret = (await page.getByLabel("Secret", { exact: true }).textContent())?.trim() ?? "";
    expect(secret).toMatch(/^hcxik_/);
    await expectAccessible(page);
    const trace = "5b8efff798038103d269b633813fc60c";
    const now = BigInt(Date.now()) * 1_000_000n;
    const span = { traceId: trace, spanId: "eee19b7ec3c1b174", name: "first", kind: 2, startTimeUnixNano: String(now - 5_000_000n), endTimeUnixNano: String(now) };
    const send = (key: string) =>
      fetch(`${own.url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json", ...(key ? { "x-honeycomb-team": key } : {}) }, body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }) });
    expect((await send("")).status).toBe(401);
    expect((await send(secret)).status).toBe(200);
    await page.goto(`${own.url}/e/local/trace/${trace}`);
    await expect(page.getByRole("heading", { name: /first/ }).first()).toBeVisible();

    // A viewer, invited: sees the trace, and makes no key.
    await page.goto(`${own.url}/e/local/settings/people`);
    await page.getByLabel("with the name").fill("bayko");
    await page.getByRole("button", { name: "Make link" }).click();
    const link = (await page.getByLabel("Link", { exact: true }).textContent())?.trim() ?? "";
    await expectAccessible(page);
    await page.screenshot({ path: "e2e/.out/settings-people-dark.png" });
    const viewer = await another(browser, own.url);
    await viewer.goto(link);
    await expect(viewer.getByText("andrew invited you as viewer")).toBeVisible();
    await accept(viewer, undefined, "nine green violins");
    await expect(viewer.getByRole("button", { name: "Account bayko, viewer" })).toBeVisible();
    await viewer.goto(`${own.url}/e/local/trace/${trace}`);
    await expect(viewer.getByRole("heading", { name: /first/ }).first()).toBeVisible();
    await viewer.goto(`${own.url}/e/local/settings/keys`);
    await expect(viewer.getByRole("heading", { name: "Keys are for editors" })).toBeVisible();
    await expect(viewer.getByText("An admin can change that: andrew")).toBeVisible();
    const refused = await viewer.evaluate(async () => {
      const session = (await (await fetch("/hive/v1/session")).json()) as { account: { csrf: string } };
      const ask = (headers: Record<string, string>) => fetch("/hive/v1/keys", { method: "POST", headers, body: JSON.stringify({ kind: "ingest" }) });
      return [(await ask({ "x-glasshive-csrf": session.account.csrf })).status, (await ask({})).status];
    });
    expect(refused).toEqual([403, 403]);
    await viewer.goto(link);
    await expect(viewer.getByRole("heading", { name: "This link does not work" })).toBeVisible();
    await viewer.context().close();

    // What was done is told to admins.
    await page.goto(`${own.url}/e/local/settings/audit`);
    await expect(page.getByRole("row", { name: /bayko accepted an invitation/ })).toBeVisible();
    await expect(page.getByRole("row", { name: /andrew made a key key 1/ })).toBeVisible();
    await expectAccessible(page);
  } finally {
    await own.remove();
  }
});

test("signing out and in again leads back to the very address, and a session that ends keeps what was typed", async ({ page, browser }) => {
  const own = await withAdmin(page);
  try {
    const address = `${own.url}/e/local/query?q=COUNT+GROUP+BY+name&from=-1h`;
    await page.goto(address);
    await page.getByRole("button", { name: "Account andrew, admin" }).click();
    await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
    const button = page.getByRole("button", { name: "Sign in" });
    await expect(button).toBeVisible();
    await expect(page).toHaveURL(address);
    await page.screenshot({ path: "e2e/.out/signin-light.png" });
    await expectAccessible(page);
    await signIn(page, "andrew", "wrong-wrong-wrong");
    await expect(page.getByRole("alert")).toContainText("do not belong together");
    await signIn(page, "andrew", PASSWORD);
    await expect(page.getByRole("heading", { level: 1, name: "Query" })).toBeVisible();
    await expect(page).toHaveURL(address);

    // Ended elsewhere while something was being typed.
    const other = await another(browser, own.url);
    await other.goto(own.url);
    await signIn(other, "andrew", PASSWORD);
    await expect(other.getByRole("button", { name: "Account andrew, admin" })).toBeVisible();
    await page.goto(`${own.url}/e/local/settings/environments`);
    await page.getByLabel("New environment").fill("half-typ");
    await other.goto(`${own.url}/e/local/settings/you`);
    await expect(other.getByRole("row")).toHaveCount(3);
    await other.getByRole("button", { name: "End it" }).click();
    await expect(other.getByRole("row")).toHaveCount(2);
    await other.context().close();
    const again = page.getByRole("dialog", { name: "Sign in again" });
    await expect(again).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: "e2e/.out/signed-out-dark.png" });
    await page.keyboard.press("Escape");
    await expect(page.getByText("Signed out; showing what was loaded")).toBeVisible();
    await page.getByRole("button", { name: "Sign in" }).click();
    await signIn(page, "andrew", PASSWORD);
    await expect(again).toHaveCount(0);
    await expect(page.getByLabel("New environment")).toHaveValue("half-typ");
  } finally {
    await own.remove();
  }
});

test("settings: every part, in both themes, wide and narrow, where nothing stands out at the side", async ({ page }) => {
  const own = await withAdmin(page, ["--key", "local:ingest:0123456789abcdef0123"]);
  try {
    for (const [part, heading] of [
      ["", "Server"],
      ["/environments", "New environment"],
      ["/keys", "given on start"],
      ["/people", "Invite as"],
      ["/audit", "set up the first account"],
      ["/you", "Where you are signed in"],
    ] as const) {
      await page.goto(`${own.url}/e/local/settings${part}`);
      await expect(page.getByText(heading).first()).toBeVisible();
      await expectAccessible(page);
      for (const [theme, width] of [["light", 900], ["dark", 1440]] as const) {
        await page.setViewportSize({ width, height: 900 });
        const over = await page.evaluate((name) => {
          document.documentElement.dataset.theme = name;
          return Math.max(...[document.documentElement, document.querySelector("#main")].map((element) => (element ? element.scrollWidth - element.clientWidth : 0)));
        }, theme);
        expect(over, `${part} at ${width}`).toBeLessThanOrEqual(0);
        await page.screenshot({ path: `e2e/.out/settings${part.replace("/", "-")}-${theme}-${width}.png` });
      }
    }
  } finally {
    await own.remove();
  }
});

test("an environment, another password, and a key that is made where it is needed", async ({ page }) => {
  const own = await withAdmin(page);
  try {
    await page.goto(`${own.url}/e/local/settings/environments`);
    await page.getByLabel("New environment").fill("staging");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("cell", { name: "staging", exact: true })).toBeVisible();
    await page.goto(`${own.url}/e/staging/settings/you`);
    await page.getByRole("textbox", { name: "Present password" }).fill(PASSWORD);
    await page.getByRole("textbox", { name: "New password" }).fill("seven yellow tubas");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("textbox", { name: "New password" })).toHaveValue("");
    await page.goto(`${own.url}/e/local/connect`);
    await page.getByRole("button", { name: "Make an ingest key" }).click();
    await expect(page.getByLabel("Lines to paste").first()).toContainText("x-honeycomb-team=hcxik_");
    await page.getByRole("button", { name: "Send test event" }).click();
    await page.getByRole("link", { name: "See it" }).click();
    await expect(page.getByRole("heading", { name: /test event/ }).first()).toBeVisible();
  } finally {
    await own.remove();
  }
});

test("an open server shows settings and asks nobody who they are", async ({ page }) => {
  const own = await start("serve");
  try {
    await page.goto(`${own.url}/e/local/settings/people`);
    await expect(page.getByRole("heading", { name: "This server asks nobody who they are" })).toBeVisible();
    await expect(page.getByRole("tab", { name: "Your account" })).toHaveCount(0);
    await page.goto(`${own.url}/signin`);
    await expect(page).toHaveURL(`${own.url}/e/local`);
  } finally {
    await own.remove();
  }
});

test("a viewer looks at boards and markers, is told why nothing can be changed, and sends nothing that is refused", async ({ page, browser }) => {
  const own = await withAdmin(page);
  try {
    await page.goto(`${own.url}/e/local/settings/people`);
    await page.getByLabel("with the name").fill("bayko");
    await page.getByRole("button", { name: "Make link" }).click();
    const link = (await page.getByLabel("Link", { exact: true }).textContent())?.trim() ?? "";
    await page.goto(`${own.url}/e/local/boards`);
    await page.getByRole("button", { name: "Take Requests" }).click();
    await expect(page.getByRole("button", { name: "Add", exact: true })).toBeVisible();
    const board = page.url();
    await page.evaluate(async () => {
      const session = (await (await fetch("/hive/v1/session")).json()) as { account: { csrf: string } };
      await fetch("/hive/v1/e/local/markers", { method: "POST", headers: { "x-glasshive-csrf": session.account.csrf }, body: JSON.stringify({ text: "release 7", type: "deploy" }) });
    });

    const viewer = await another(browser, own.url);
    const refused: string[] = [];
    viewer.on("response", (response) => {
      if (response.status() === 403) refused.push(`${response.request().method()} ${response.url()}`);
    });
    await viewer.goto(link);
    await accept(viewer, undefined, "nine green violins");
    await expect(viewer.getByRole("button", { name: "Account bayko, viewer" })).toBeVisible();

    const why = "This needs an editor, and you are a viewer. An admin can change that: andrew.";
    await viewer.goto(`${own.url}/e/local/boards`);
    await expect(viewer.getByText(why)).toBeVisible();
    await expect(viewer.getByRole("button", { name: "New board" })).toBeDisabled();
    await expect(viewer.getByRole("button", { name: "Take Requests" })).toBeDisabled();
    await expectAccessible(viewer);
    await viewer.goto(board);
    await expect(viewer.getByRole("heading", { level: 1, name: "Requests" })).toBeVisible();
    await expect(viewer.getByText(why)).toBeVisible();
    for (const name of ["Add", "Board"]) await expect(viewer.getByRole("button", { name, exact: true })).toHaveCount(0);
    await expect(viewer.getByRole("button", { name: /^(Move|Panel) / })).toHaveCount(0);
    // The key that moves a panel does nothing either.
    await viewer.getByRole("region", { name: "Latency" }).getByRole("link").first().press("m");
    await expect(viewer.locator(".board.moving")).toHaveCount(0);
    await expectAccessible(viewer);
    await viewer.screenshot({ path: "e2e/.out/board-viewer-dark.png" });
    // What is the viewer's own works.
    await viewer.getByRole("button", { name: "Full screen" }).click();
    await expect(viewer).toHaveURL(/full=1/);

    await viewer.goto(`${own.url}/e/local/query?q=COUNT`);
    await viewer.getByRole("button", { name: "Markers 1" }).click();
    await expect(viewer.getByRole("menuitem", { name: "Add a marker" })).toHaveCount(0);
    await expect(viewer.getByRole("menuitem", { name: why })).toBeVisible();
    await viewer.getByRole("menuitem", { name: /release 7/ }).click();
    const form = viewer.getByRole("dialog", { name: "Marker" });
    await expect(form.getByText(why)).toBeVisible();
    await expect(form.getByLabel("What happened")).toBeDisabled();
    await expect(form.getByRole("button")).toHaveText(["Close"]);
    await expectAccessible(viewer);
    await form.getByRole("button", { name: "Close" }).click();
    await expect(form).toHaveCount(0);
    expect(refused).toEqual([]);
    await viewer.context().close();
  } finally {
    await own.remove();
  }
});

test("environments are renamed, put away and brought back; an address of none says which there are", async ({ page }) => {
  const own = await withAdmin(page);
  try {
    await page.goto(`${own.url}/e/local/settings/environments`);
    await page.getByLabel("New environment").fill("staging");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Rename staging" }).click();
    await page.getByLabel("Called").fill("Shop, before it is live");
    await page.keyboard.press("Enter");
    const row = page.getByRole("row", { name: /staging/ });
    await expect(row).toContainText("Shop, before it is live");
    await expectAccessible(page);
    await page.screenshot({ path: "e2e/.out/settings-environments-dark.png" });
    await page.getByRole("button", { name: "Environment local" }).click();
    await page.getByRole("menuitemradio", { name: "Shop, before it is live" }).click();
    await expect(page).toHaveURL(`${own.url}/e/staging/settings/environments`);
    await page.getByRole("button", { name: "Environment Shop, before it is live" }).click();
    await page.getByRole("menuitemradio", { name: "local" }).click();
    await expect(page).toHaveURL(`${own.url}/e/local/settings/environments`);

    // The first one stays; the other is not offered any more, and is there at its address.
    await expect(page.getByRole("button", { name: "Put away local" })).toHaveCount(0);
    await page.getByRole("button", { name: "Put away staging" }).click();
    await expect(row).toContainText("put away");
    await page.getByRole("button", { name: "Environment local" }).click();
    await expect(page.getByRole("menuitemradio")).toHaveText(["local"]);
    await page.keyboard.press("Escape");
    await page.reload();
    await page.getByRole("button", { name: "Bring back staging" }).click();
    await expect(row).not.toContainText("put away");
    await page.goto(`${own.url}/e/local/settings/audit`);
    await expect(page.getByRole("row", { name: /andrew put an environment away staging/ })).toBeVisible();

    await page.goto(`${own.url}/e/nowhere/query?q=COUNT`);
    await expect(page.getByRole("heading", { name: "There is no environment “nowhere”" })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Shop, before it is live" }).click();
    await expect(page).toHaveURL(`${own.url}/e/staging`);
  } finally {
    await own.remove();
  }
});
