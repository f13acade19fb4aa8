import type { ModelVersion } from "@sluice/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { ok, sluice } from "../api/client.ts";
import { bytes } from "../format/number.ts";
import { Button } from "../ui/button.tsx";
import { Time } from "../ui/time.tsx";
import { useTell } from "../ui/toast.tsx";
import { unfinishedQuery } from "./queries.ts";
import { isMoving, nextOf, percentOf, type Sending, stateText } from "./upload.ts";
import { useUpload } from "./use-upload.ts";

/** Files for a version that waits for them. */
export function UploadFiles({ version }: { version: ModelVersion }) {
  const upload = useUpload(version.id, version.model);
  const id = useId();
  const moving = isMoving(upload.files);
  const isOver = upload.files.length > 0 && nextOf(upload.files) === -1;
  return (
    <div className="space-y-3 border-t border-line p-4">
      <label htmlFor={id} className="block font-medium">
        Files of version {version.version}
      </label>
      <input
        id={id}
        type="file"
        multiple
        disabled={moving}
        aria-describedby={`${id}-help`}
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          // A field that has files does not take the same ones again; what was chosen is listed below it.
          target.value = "";
          if (files.length > 0) upload.begin(files);
        }}
        className="block w-full text-transparent file:mr-3 file:h-9 file:rounded-md file:border file:border-solid file:border-edge file:bg-surface file:px-3 file:font-medium file:text-text"
      />
      <p id={`${id}-help`} className="text-xs text-muted">
        The model and what belongs to it, all of them together: <code>model.onnx</code>, or <code>model.joblib</code>{" "}
        with <code>requirements.txt</code>. With the last file the version is READY. If you leave the page, what has
        arrived stays for a day: choose the same files again, and it goes on.
      </p>
      {upload.files.length > 0 && (
        <ul className="space-y-2">
          {upload.files.map((file) => (
            <Line key={file.name} file={file} />
          ))}
        </ul>
      )}
      <div className="flex min-h-9 gap-2">
        {moving && <Button onClick={upload.pause}>Pause</Button>}
        {!moving && upload.files.length > 0 && !isOver && (
          <>
            <Button tone="primary" onClick={upload.resume}>
              Go on
            </Button>
            <Button onClick={upload.close}>Close</Button>
          </>
        )}
      </div>
      {upload.files.length === 0 && <Unfinished version={version.id} />}
    </div>
  );
}

function Line({ file }: { file: Sending }) {
  const { name, state } = file;
  const tone = state === "refused" ? "text-bad" : state === "done" ? "text-good" : "text-muted";
  return (
    <li className="space-y-1">
      <p className="flex flex-wrap justify-between gap-x-3">
        <span className="font-mono wrap-anywhere">
          <bdi>{name}</bdi> <span className="text-muted">{bytes(file.bytes)}</span>
        </span>
        <span className={`wrap-anywhere ${tone}`} role={state === "refused" ? "alert" : undefined}>
          {stateText(file)}
        </span>
      </p>
      <progress
        value={percentOf(file)}
        max={100}
        aria-label={`${name}, arrived`}
        className="block h-2 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
      />
    </li>
  );
}

/** What was begun and left, by somebody, somewhere. */
function Unfinished({ version }: { version: number }) {
  const { data } = useQuery(unfinishedQuery(version));
  const queries = useQueryClient();
  const tell = useTell();
  const giveUp = useMutation({
    mutationFn: (upload: string) =>
      ok(sluice.http.DELETE("/api/v1/versions/{id}/uploads/{upload}", { params: { path: { id: version, upload } } })),
    onError: ({ message }) => tell({ tone: "bad", title: "It is still there", detail: message }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["uploads", version] }),
  });
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {items.map((one) => (
        <li key={one.id} className="flex flex-wrap items-center justify-between gap-2 px-3 py-2">
          <span className="min-w-0 wrap-anywhere">
            <span className="font-mono">{one.name}</span>: {bytes(one.received)} of {bytes(one.bytes)} arrived; choose
            the same file again to go on. It is forgotten <Time at={one.expiresAt} />
          </span>
          <Button
            size="small"
            tone="danger"
            aria-label={`Give up ${one.name}`}
            busy={giveUp.isPending && giveUp.variables === one.id}
            onClick={() => giveUp.mutate(one.id)}
          >
            Give up
          </Button>
        </li>
      ))}
    </ul>
  );
}
