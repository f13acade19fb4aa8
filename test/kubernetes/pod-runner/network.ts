import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** A pod's own network: an address that this machine and all other pods reach. Lives as long as its process. */
export interface PodNetwork {
  readonly address: string;
  /** The process that holds the network namespace; it does nothing else. */
  readonly pid: number;
  close(): Promise<void>;
}

export interface Network {
  /** This machine, as pods see it; also the address of all nodes. */
  readonly hostAddress: string;
  attach(): Promise<PodNetwork>;
  /** Gives the block back. */
  release(): Promise<void>;
}

const LAST = 254;

/**
 * Takes a block of 254 addresses that no other runner on this machine uses, out of the range that is reserved for testing
 * (198.18.0.0/15). A block is taken by who listens at its first address: `listen` must say whether it could.
 */
export async function claimNetwork(listen: (address: string) => Promise<boolean>): Promise<Network> {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new Error("the pod runner gives every pod a network namespace: it needs Linux, and to be root");
  // Pods reach each other through this machine.
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
  for (let tries = 0; tries < 100; tries += 1) {
    const block = Math.floor(Math.random() * 512);
    const prefix = `198.${18 + Math.floor(block / 256)}.${block % 256}`;
    const hostAddress = `${prefix}.1`;
    await execute("ip", ["address", "replace", `${hostAddress}/32`, "dev", "lo"]);
    if (await listen(hostAddress)) return createNetwork(prefix, `sl${block}.`, hostAddress);
  }
  throw new Error("no block of addresses is free for the pod runner");
}

function createNetwork(prefix: string, interfaces: string, hostAddress: string): Network {
  const used = new Set<number>();
  let last = 1;

  /** Addresses are used in turn: whoever still speaks to an old pod does not meet a new one. */
  const nextNumber = (): number => {
    for (let step = 0; step < LAST; step += 1) {
      last = last === LAST ? 2 : last + 1;
      if (!used.has(last)) return last;
    }
    throw new Error("no address is left for another pod");
  };

  return {
    hostAddress,
    release: async () => {
      await execute("ip", ["address", "del", `${hostAddress}/32`, "dev", "lo"]);
    },
    attach: async () => {
      const number = nextNumber();
      used.add(number);
      const address = `${prefix}.${number}`;
      const outside = `${interfaces}${number}`;
      const hold = "echo ready; exec sleep infinity";
      const holder = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "--net", "sh", "-c", hold], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exit = once(holder, "exit");
      const pid = holder.pid ?? 0;
      await once(holder.stdout, "data");
      await execute("ip", ["link", "delete", outside]).catch(() => undefined);
      await execute("ip", ["link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", String(pid)]);
      await execute("ip", ["link", "set", outside, "up"]);
      await execute("ip", ["route", "replace", `${address}/32`, "dev", outside, "src", hostAddress]);
      const inside = [
        "ip link set lo up",
        "ip link set eth0 up",
        `ip address add ${address}/32 dev eth0`,
        `ip route add ${hostAddress}/32 dev eth0`,
        `ip route add default via ${hostAddress}`,
      ].join(" && ");
      await execute("nsenter", [`--net=/proc/${pid}/ns/net`, "sh", "-c", inside]);
      return {
        address,
        pid,
        close: async () => {
          holder.kill("SIGKILL");
          await exit;
          used.delete(number);
        },
      };
    },
  };
}
