import { defineConfig } from "vitest/config";

/**
 * Two projects: `unit` needs no process, socket or database and stays under 30 seconds;
 * `integration` (files named `*.integration.test.ts`) runs on real ones.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,bench,examples,test}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/*.integration.test.ts"],
          environment: "node",
          setupFiles: ["test/seed.setup.ts"],
          testTimeout: 60_000,
          // Pure code leaves nothing behind: modules are loaded once a worker, not once a file.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "integration",
          globalSetup: ["packages/server/src/testing/global-setup.ts"],
          include: ["{packages,bench,examples,test}/**/*.integration.test.ts"],
          exclude: ["**/node_modules/**"],
          environment: "node",
          setupFiles: ["test/seed.setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // What is awaited comes when it comes: one second, as it is by default, is a bet on the machine.
          expect: { poll: { timeout: 60_000 } },
          maxWorkers: 2,
        },
      },
    ],
  },
});
