import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { distFiles } from "./build/dist.ts";

const dist = fileURLToPath(new URL("dist", import.meta.url));
/** Where `npm run dev` finds a server to ask. */
const server = process.env.GLASSHIVE_SERVER ?? "http://127.0.0.1:4318";

export default defineConfig({
  plugins: [react(), distFiles(dist)],
  build: { outDir: "dist", emptyOutDir: false, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: { include: ["src/**/*.test.ts"] },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/hive", "/healthz", "/readyz", "/v1"].map((path) => [
        path,
        {
          target: server,
          changeOrigin: true,
          // The server answers its own pages only; here they come from the development server.
          configure: (proxy) => {
            proxy.on("proxyReq", (request) => {
              for (const name of ["origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"]) request.removeHeader(name);
            });
          },
        },
      ]),
    ),
  },
});
