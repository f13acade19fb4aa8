import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** The server puts a fresh one in its place with every answer. */
const NONCE = "SLUICE_CSP_NONCE";

/** Beside every file that compresses, what a browser is sent: nothing is compressed while somebody waits. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async closeBundle() {
      const dist = fileURLToPath(new URL("dist", import.meta.url));
      const files = (await readdir(dist, { recursive: true })).filter((name) => /\.(js|css|svg)$/.test(name));
      for (const file of files) {
        const path = join(dist, file);
        const content = await readFile(path);
        await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        await writeFile(`${path}.br`, await promisify(brotliCompress)(content, { params }));
      }
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), tailwind(), compressed()],
  html: { cspNonce: NONCE },
  build: {
    target: "es2023",
    // A policy that allows no `data:` address has no use for files inside files.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(["/v1", "/api", "/docs", "/openapi.json"].map((path) => [path, "http://127.0.0.1:8303"])),
  },
});
