// Starts the server of the first argument in the mode of the second, and asks it for a greeting.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const [program, mode] = process.argv.slice(2);
const port = await freePort();
const server = spawn(process.execPath, [program], {
  env: { ...process.env, PORT: String(port), MODE: mode, VERSION: "test" },
  stdio: ["ignore", "inherit", "inherit"],
});
try {
  const { greeting, version } = await ask(`http://127.0.0.1:${port}/`);
  if (greeting !== "Hello" || version !== "test") throw new Error(`it said ${greeting} ${version}`);
  console.log(`a ${mode} server greets`);
} finally {
  server.kill();
}

async function ask(url) {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the server ended with status ${server.exitCode}`);
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return answer.json();
    await delay(50);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
}
