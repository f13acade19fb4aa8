import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef } from "react";
import { sluice } from "../api/client.ts";
import { fieldsOf } from "../api/problems.ts";
import { useProject } from "../app/project.tsx";
import { after, nextOf, type Sending } from "./upload.ts";

export interface Upload {
  files: Sending[];
  /** Sends these, one after the other. */
  begin(files: readonly File[]): void;
  pause(): void;
  resume(): void;
  /** Forgets what was chosen; what has arrived stays with the server. */
  close(): void;
}

/**
 * Uploads files of a model's version for as long as the page is there. A connection that breaks is waited for; after a reload
 * the same files go on where they were, since a file is known again by its name, its size and its time of change.
 */
export function useUpload(version: number, artifact: string): Upload {
  const project = useProject();
  const queries = useQueryClient();
  const [sending, tell] = useReducer(after, []);
  const chosen = useRef<readonly File[]>([]);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  const look = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: ["uploads", version] });
    await queries.invalidateQueries({ queryKey: ["artifacts", project, artifact] });
  };

  const send = async (from: number): Promise<void> => {
    const control = new AbortController();
    stop.current = control;
    for (const [index, file] of chosen.current.entries()) {
      if (index < from) continue;
      tell({ type: "begun", index });
      try {
        await sluice.sendModelFile(
          {
            ...{ version, name: file.name, content: file, fingerprint: String(file.lastModified) },
            more: index < chosen.current.length - 1,
          },
          {
            signal: control.signal,
            // Whoever looks at it decides how long it is tried.
            attempts: Number.POSITIVE_INFINITY,
            onProgress: (bytes) => tell({ type: "arrived", index, bytes }),
            onBreak: ({ message }) => tell({ type: "broken", index, message }),
          },
        );
      } catch (error) {
        const message = fieldsOf(error)[0]?.words ?? (error instanceof Error ? error.message : String(error));
        tell(control.signal.aborted ? { type: "paused", index } : { type: "refused", index, message });
        break;
      }
      tell({ type: "done", index });
      void look();
    }
    await look();
  };

  return {
    files: sending,
    begin(files) {
      chosen.current = files;
      tell({ type: "chosen", files });
      void send(0);
    },
    pause: () => stop.current?.abort(),
    resume: () => void send(Math.max(0, nextOf(sending))),
    close() {
      stop.current?.abort();
      tell({ type: "forgotten" });
    },
  };
}
