import { Hand, tabTo } from "./hand";
import { expect, expectAccessible, test } from "./page";
import { plantMany, plantShop, segments, traceOf } from "./services";
import { type Running, start } from "./server";

/** What is looked at: some minutes that do not move. */
const END = Date.now() - 60_000;
const RANGE = `from=${new Date(END - 300_000).toISOString()}&to=${new Date(END).toISOString()}`;
const node = (page: import("@playwright/test").Page, name: string) => page.getByRole("button", { name: new RegExp(`^(service|client|database|remote host|\\w+s) ${name}`) });

test.describe("a shop of services", () => {
  let own: Running;
  let map = "";
  test.beforeAll(async () => {
    own = await start("serve");
    await plantShop(own.url, END);
    map = `${own.url}/e/local/map?${RANGE}`;
  });
  test.afterAll(() => own.remove());

  test("19: which service makes checkout fail? The map, its red ring, its traces", async ({ page }) => {
    await page.goto(map);
    const checkout = node(page, "checkout");
    await expect(checkout).toHaveClass(/\bfault\b/);
    await expect(node(page, "web,")).toHaveAccessibleName(/requests a minute, .* on average, 33 % faults/);
    await expect(node(page, "orders@db1")).toHaveClass(/\bok\b/);
    const hand = await Hand.on(page);
    await checkout.click();
    await page.getByRole("complementary", { name: "About checkout" }).getByRole("link", { name: "View faults" }).click();
    await expect(page).toHaveURL(/traces\?.*filter=service\(%22checkout%22\)\+%7B\+fault/);
    await expect(page.getByRole("region", { name: "Traces" }).getByRole("row")).toHaveCount(21);
    expect(await hand.presses()).toBe(2);
    await expectAccessible(page);
  });

  test("is walked by keyboard, and is a table at one key", async ({ page }) => {
    await page.goto(map);
    await expect(node(page, "checkout")).toBeVisible();
    const stop = page.locator(".map-node[tabindex='0']");
    await tabTo(page, stop);
    await expect(stop).toHaveAccessibleName(/^client web/);
    for (const name of [/^service web/, /^service checkout/, /^database orders@db1/]) {
      await page.keyboard.press("ArrowRight");
      await expect(page.locator(".map-node:focus")).toHaveAccessibleName(name);
    }
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "About checkout" });
    await expect(panel).toContainText("P95");
    await expect(panel.getByRole("region", { name: "Called by" })).toContainText("web");
    await expectAccessible(page);
    await page.keyboard.press("t");
    await expect(page).toHaveURL(/as=table/);
    const row = page.getByRole("row", { name: /^checkout/ });
    await expect(row).toContainText("33 %");
    await page.getByRole("button", { name: "faults", exact: true }).click();
    await expect(page.getByRole("region", { name: "Nodes of the service map" }).getByRole("row").nth(1)).toContainText(/^(web|checkout)/);
    await page.getByRole("button", { name: "Calls from checkout to orders@db1" }).click();
    await expect(page.getByRole("complementary", { name: "About checkout → orders@db1" })).toContainText("as checkout saw them");
    await expectAccessible(page);
    await page.keyboard.press("t");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("complementary")).toHaveCount(0);
  });

  test("nodes stay where they were put, for everybody, and only f and Tidy up change what is there", async ({ page }) => {
    await page.goto(map);
    const database = node(page, "orders@db1");
    await expect(database).toBeVisible();
    const before = await database.getAttribute("transform");
    const web = await node(page, "web,").getAttribute("transform");
    const box = await database.boundingBox();
    if (!box) throw new Error("no node");
    const layout = page.waitForResponse((response) => response.url().endsWith("/map/layout") && response.request().postData()?.includes('"pinned":true') === true);
    await page.mouse.move(box.x + box.width / 2, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 60, box.y + 90, { steps: 5 });
    await page.mouse.up();
    await layout;
    const after = await database.getAttribute("transform");
    expect(after).not.toBe(before);
    await page.reload();
    await expect(database).toHaveAttribute("transform", after ?? "");
    await expect(node(page, "web,")).toHaveAttribute("transform", web ?? "");
    // Fewer nodes: those that are left stay.
    await page.getByRole("combobox", { name: "Filter expression" }).fill("service(\"search.internal\")");
    await page.keyboard.press("Enter");
    await expect(page.getByText(/of 30 traces/)).toBeVisible();
    await expect(node(page, "web,")).toHaveAttribute("transform", web ?? "");
    await page.getByRole("button", { name: "Tidy up" }).click();
    await expect(database).toHaveAttribute("transform", after ?? "");
    await page.getByRole("button", { name: "Undo tidy up" }).click();
    await node(page, "checkout").click();
    await page.keyboard.press("f");
    await expect(page).toHaveURL(/focus=%7Ccheckout/);
  });

  test("an expression is completed while it is typed, and told where it cannot be read", async ({ page }) => {
    await page.goto(map);
    const field = page.getByRole("combobox", { name: "Filter expression" });
    await field.pressSequentially("service(che");
    await expect(page.getByRole("option", { name: '"checkout"' })).toBeVisible();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(field).toHaveValue('service("checkout"');
    await field.fill("fault = = true");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("alert")).toContainText("at character 9: expected a value");
    await field.fill('service("Checkout")');
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Matched 0 of 60 traces" })).toBeVisible();
    await expect(page.getByText("Services seen: checkout, web.")).toBeVisible();
  });

  test("a histogram leads to the traces of its times", async ({ page }) => {
    await page.goto(`${map}&node=%7Cweb`);
    const bars = page.getByRole("img", { name: /^Response times from 120/ });
    const box = await bars.boundingBox();
    if (!box) throw new Error("no histogram");
    await page.mouse.move(box.x + 2, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 3, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await expect(page).toHaveURL(/responsetime\+%3E=\+0\.12\+AND\+responsetime\+%3C/);
    await expect(page.getByText(/of 60 looked at/)).toBeVisible();
  });

  test("the document of a span is there as it was received", async ({ page }) => {
    const document = `{ "name" : "odd",  "id":"00000000000abcde", "trace_id":"${traceOf(999)}", "start_time": ${Math.floor(END / 1e3) - 1_000}, "end_time":${Math.floor(END / 1e3) - 999}.50, "annotations":{"k":1.50}, "http":{"response":{"status":200}} }`;
    await segments(own.url, [document]);
    await page.goto(`${own.url}/e/local/trace/${traceOf(999).slice(2).replace("-", "")}?span=00000000000abcde`);
    const view = page.getByRole("region", { name: "X-Ray segment" });
    await expect(view).toContainText("odd");
    await view.getByRole("tab", { name: "Annotations 1" }).click();
    await expect(view.getByRole("tabpanel")).toContainText("1.5");
    await view.getByRole("tab", { name: "Raw" }).click();
    expect(await view.getByLabel("Document", { exact: true }).textContent()).toBe(document);
    // It has an answer and no request.
    await expect(page.getByText("it was begun inside one and took its place")).toBeVisible();
    await expectAccessible(page);
  });

  test("groups and sampling rules are made, tried and taken out", async ({ page }) => {
    await page.goto(`${own.url}/e/local/settings/groups?${RANGE}`);
    await page.getByLabel("New group").fill("Cruddur");
    await page.getByRole("combobox", { name: "Filter expression" }).fill('service("Cruddur")');
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Make group" }).click();
    const row = page.getByRole("row", { name: /Cruddur/ });
    await expect(row).toContainText("matched 0 of 60 traces; services seen: checkout, web");
    await expectAccessible(page);
    await row.getByRole("button", { name: "Delete Cruddur" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(row).toHaveCount(0);

    await page.getByRole("tab", { name: "Sampling rules" }).click();
    await page.getByLabel("New rule").fill("Cruddur");
    await page.getByLabel("Service").first().fill("Cruddur");
    await page.getByRole("button", { name: "Make rule" }).click();
    const rule = page.getByRole("row", { name: /Cruddur/ });
    await expect(rule).toContainText("matched 0 of 60 requests; it wants service name Cruddur, seen: web");
    const report = { SamplingStatisticsDocuments: [{ RuleName: "Cruddur", ClientID: "c1", RequestCount: 40, SampledCount: 3, BorrowCount: 1, Timestamp: Date.now() / 1e3 }] };
    await fetch(`${own.url}/SamplingTargets`, { method: "POST", body: JSON.stringify(report) });
    await expect(rule).toContainText("40 requests, 3 sampled, 1 borrowed");
    await expect(rule).toContainText("1 client, 1 of 1/s given out");
    const tester = page.getByRole("region", { name: "Which rule matches this request?" });
    await tester.getByLabel("Service").fill("web");
    await tester.getByRole("button", { name: "Find the rule" }).click();
    await expect(tester).toContainText("It falls under Default.");
    await expect(tester).toContainText("Not under Cruddur: its ServiceName is Cruddur, the request has web.");
    await expectAccessible(page);
    await rule.getByRole("button", { name: "Edit Cruddur" }).click();
    await page.getByLabel("Service").first().fill("web");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(rule).toContainText("60 of 60 requests");
    await rule.getByRole("button", { name: "Delete Cruddur" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(rule).toHaveCount(0);
  });

  test("addresses of AWS's console lead to the pages here", async ({ page }) => {
    await page.goto(`${own.url}/xray/home?region=eu-west-1#/traces/${traceOf(1)}`);
    await expect(page).toHaveURL(new RegExp(`/e/local/trace/${traceOf(1).slice(2).replace("-", "")}`));
    await page.goto(`${own.url}/xray/home#/service-map?timeRange=PT6H`);
    await expect(page).toHaveURL(/\/e\/local\/map\?from=-6h/);
    await page.goto(`${own.url}/cloudwatch/home#xray:traces?filter=fault`);
    await expect(page).toHaveURL(/\/e\/local\/traces\?.*filter=fault/);
  });
});

test("nothing was sent: what would fill the map", async ({ page }) => {
  const own = await start("serve");
  await page.goto(`${own.url}/e/local/map`);
  await expect(page.getByText("OTEL_EXPORTER_OTLP_ENDPOINT")).toBeVisible();
  await plantShop(own.url, Date.now() - 60_000);
  // The page becomes the real one by itself.
  await expect(node(page, "checkout")).toBeVisible();
  await own.remove();
});

test("two hundred services can be read", async ({ page }) => {
  const own = await start("serve");
  await plantMany(own.url, END, 200);
  await page.goto(`${own.url}/e/local/map?${RANGE}`);
  // Too many for one look: what is round the busiest.
  await expect(page.getByText(/the busiest of/)).toBeVisible();
  const names = page.locator(".map-node .name");
  expect(await names.count()).toBeGreaterThan(5);
  await page.screenshot({ path: "e2e/.out/map-200-focus.png" });
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(page.getByText(/the busiest of/)).toHaveCount(0);
  expect(await page.locator(".map-node").count()).toBeGreaterThan(200);
  await page.screenshot({ path: "e2e/.out/map-200-all.png" });
  await page.getByRole("searchbox", { name: "Find a service" }).fill("ledger-api");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: "About ledger-api" })).toBeVisible();
  await own.remove();
});
