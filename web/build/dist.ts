import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Endings of files that get smaller. */
const TEXTS = /\.(html|js|css|svg|json)$/;
/** Script that the document loads at once, in bytes of brotli (the contract's limit is 350 kB). */
const FIRST_SCRIPT_BYTES = 350_000;

/**
 * Empties `dist` but for its `.gitignore`, which keeps the directory there for builds of the binary without the UI; writes the brotli
 * and gzip forms of every file; fails when the first load has grown past its limit.
 */
export function distFiles(directory: string): Plugin {
  return {
    name: "dist-files",
    apply: "build",
    async buildStart() {
      for (const name of await readdir(directory).catch(() => [])) {
        if (name !== ".gitignore") await rm(join(directory, name), { recursive: true });
      }
    },
    async closeBundle() {
      const index = await readFile(join(directory, "index.html"), "utf8");
      let first = 0;
      for (const path of await filesBelow(directory)) {
        if (!TEXTS.test(path)) continue;
        const plain = await readFile(path);
        const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
        const gzip = gzipSync(plain, { level: 9 });
        if (brotli.length < plain.length) await writeFile(`${path}.br`, brotli);
        if (gzip.length < plain.length) await writeFile(`${path}.gz`, gzip);
        if (path.endsWith(".js") && index.includes(path.slice(directory.length + 1))) first += brotli.length;
      }
      if (first > FIRST_SCRIPT_BYTES) throw new Error(`script on first load is ${first} bytes, more than ${FIRST_SCRIPT_BYTES}`);
      console.log(`script on first load: ${(first / 1000).toFixed(1)} kB compressed`);
    },
  };
}

async function filesBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return (await stat(path)).isDirectory() ? filesBelow(path) : [path];
    }),
  );
  return found.flat();
}
