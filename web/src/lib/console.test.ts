import { expect, it } from "vitest";
import { consolePage, findConsole } from "./console";

const ID = "581cf771a006649127e371903a2de979";

it("leads to the page that AWS's console would show", () => {
  expect(findConsole(`see https://eu-west-1.console.aws.amazon.com/xray/home?region=eu-west-1#/traces/1-581cf771-a006649127e371903a2de979/raw ok`)).toMatchObject({ path: `/trace/${ID}`, params: {} });
  expect(findConsole("https://console.aws.amazon.com/cloudwatch/home?region=x#xray:traces/1-581cf771-a006649127e371903a2de979")).toMatchObject({ path: `/trace/${ID}` });
  expect(consolePage("#/traces?filter=service(%22a%22)%20%7B%20fault%20%7D&timeRange=PT30M")).toMatchObject({ path: "/traces", params: { filter: 'service("a") { fault }', from: "-30m", to: "now" } });
  expect(consolePage("#/traces")).toMatchObject({ path: "/traces", params: { filter: "*" } });
  expect(consolePage("#/service-map?timeRange=PT1H")).toMatchObject({ path: "/map", params: { from: "-1h", to: "now" } });
  expect(consolePage("#/service-map?timeRange=P1D")).toMatchObject({ params: { from: "-1d" } });
  expect(consolePage("#/service-map?timeRange=2026-01-02T10:00:00~2026-01-02T11:00:00Z")?.params.to).toBe("2026-01-02T11:00:00.000Z");
  expect(consolePage("#/service-map?timeRange=P")?.params).toEqual({});
});

it("leaves other texts alone", () => {
  expect(findConsole("https://console.aws.amazon.com/ec2/home#Instances")).toBeUndefined();
  expect(consolePage("#/analytics")).toBeUndefined();
  expect(consolePage("")).toBeUndefined();
});
