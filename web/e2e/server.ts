import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../target/debug/glasshive", import.meta.url));
export const binary = process.env.GLASSHIVE_BIN ?? built;

export interface Running {
  url: string;
  /** Where it listens: a second start takes the same. */
  address: string;
  data: string;
  /** All that it has written to standard output. */
  printed(): string;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts a server on a free port, or the one given, and waits until it is ready. */
export async function start(command: "serve" | "demo", flags: string[] = [], address = "127.0.0.1:0", data = mkdtempSync(join(tmpdir(), "glasshive-pages-"))): Promise<Running> {
  const child = spawn(binary, [command, "--data", data, "--http", address, "--grpc", "127.0.0.1:0", "--log", "error", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const url = await listening(child);
  const stop = () => stopped(child);
  return {
    url,
    address: url.replace("http://", ""),
    data,
    printed: () => printed,
    stop,
    async remove() {
      await stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = "";
    child.once("error", reject);
    child.once("exit", (status) => reject(new Error(`the server ended with ${status} before it was ready:\n${printed}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /listening HTTP (http:\/\/\S+)/.exec(printed)?.[1];
      if (url && printed.includes("ready in")) resolve(url);
    });
  });
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGINT");
  });
}
