import { join } from "node:path";

/**
 * What a server keeps of one deployment of an agent, in its data folder:
 *
 * - `data/`: what the agent writes and finds again. All its instances and versions share it, as they would a database.
 * - `tmp/r<revision>/`: the temporary folder (`TMPDIR`) of one revision's instances.
 * - `snapshots/<rollout>/`: the data as it was before the first instance of that rollout's candidate began.
 * - `backups/<rollback>/`: the data as it was when the agent was taken back.
 */
export interface AgentFolders {
  root: string;
  data: string;
  snapshots: string;
  backups: string;
  temporaries: string;
  temporary(revision: number): string;
  snapshot(rollout: string): string;
  backup(rollback: string): string;
}

export function agentFolders(dataDir: string, deployment: string): AgentFolders {
  const root = join(dataDir, "agents", deployment);
  const [snapshots, backups, temporaries] = [join(root, "snapshots"), join(root, "backups"), join(root, "tmp")];
  return {
    root,
    data: join(root, "data"),
    snapshots,
    backups,
    temporaries,
    temporary: (revision) => join(temporaries, `r${revision}`),
    snapshot: (rollout) => join(snapshots, rollout),
    backup: (rollback) => join(backups, rollback),
  };
}
