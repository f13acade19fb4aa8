import { defineConfig } from "vitest/config";

/** Tests that need what not every machine has: a Kubernetes that is built first (`*.kubernetes.test.ts`), and containers. */
const clusters = ["**/*.kubernetes.test.ts", "**/*.docker.test.ts"];

/** What awaits real processes, however busy the machine is. */
const patient = {
  environment: "node",
  setupFiles: ["test/seed.setup.ts"],
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // What is awaited comes when it comes: one second, as it is by default, is a bet on the machine.
  expect: { poll: { timeout: 60_000 } },
  maxWorkers: 2,
};

/**
 * `unit` needs no process, socket or database and stays under 30 seconds; `integration` (files named
 * `*.integration.test.ts`) runs on real ones. `kubernetes` and `docker` are run by `npm run test:kubernetes`.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,bench,examples,test}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/*.integration.test.ts", ...clusters],
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
          ...patient,
        },
      },
      {
        test: {
          name: "kubernetes",
          globalSetup: ["packages/server/src/testing/global-setup.ts", "test/kubernetes/global-setup.ts"],
          include: ["{packages,bench,examples,test}/**/*.kubernetes.test.ts"],
          exclude: ["**/node_modules/**"],
          ...patient,
        },
      },
      {
        test: {
          name: "docker",
          globalSetup: ["packages/server/src/testing/global-setup.ts", "test/docker/global-setup.ts"],
          include: ["{packages,bench,examples,test}/**/*.docker.test.ts"],
          exclude: ["**/node_modules/**"],
          ...patient,
        },
      },
    ],
  },
});
