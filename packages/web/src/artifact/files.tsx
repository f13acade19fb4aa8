import type { Artifact, ModelVersion } from "@sluice/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { bytes } from "../format/number.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { TextField } from "../ui/field.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { numberedQuery } from "./queries.ts";
import { UploadFiles } from "./upload.tsx";

const TONES: Readonly<Record<ModelVersion["status"], Tone>> = { READY: "good", PENDING: "warn", FAILED: "bad" };

/** The versions of a model with their files, and where new ones are uploaded. */
export function Files({ artifact }: { artifact: Artifact }) {
  const numbered = useQuery(numberedQuery(useProject(), artifact.name));
  const refusal = useRefusal("artifact.write");
  return (
    <Answered query={numbered} rows={6}>
      {(model) => (
        <div className="space-y-4">
          {refusal === null && <NewVersion artifact={artifact} model={model?.id ?? null} />}
          {model === null || model.versions.length === 0 ? (
            <Card>
              <Empty title="No files of it were uploaded here">
                <p>Versions that were registered with files elsewhere are under Versions.</p>
              </Empty>
            </Card>
          ) : (
            model.versions.map((version) => (
              <VersionFiles key={version.id} version={version} mayUpload={refusal === null} />
            ))
          )}
        </div>
      )}
    </Answered>
  );
}

function NewVersion({ artifact, model }: { artifact: Artifact; model: number | null }) {
  const queries = useQueryClient();
  const [version, setVersion] = useState("");
  const create = useMutation({
    mutationFn: async () => {
      const { project, name } = artifact;
      // What `/v1` made has no number before it is asked for one.
      const id = model ?? (await ok(sluice.http.POST("/api/v1/models", { body: { project, name } }))).id;
      const body = version.trim() === "" ? {} : { version: version.trim() };
      return ok(sluice.http.POST("/api/v1/models/{id}/versions", { params: { path: { id } }, body }));
    },
    onSuccess: () => setVersion(""),
    onSettled: () => queries.invalidateQueries({ queryKey: ["artifacts", artifact.project, artifact.name] }),
  });
  return (
    <form
      className="flex max-w-md flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (!create.isPending) create.mutate();
      }}
    >
      <div className="min-w-40 flex-1">
        <TextField
          label="Name of a new version"
          placeholder="the next number"
          value={version}
          maxLength={128}
          onChange={({ target }) => setVersion(target.value)}
          problem={create.error?.message}
        />
      </div>
      <Button type="submit" busy={create.isPending} icon={<Plus aria-hidden className="size-4" />}>
        New version
      </Button>
    </form>
  );
}

function VersionFiles({ version, mayUpload }: { version: ModelVersion; mayUpload: boolean }) {
  const { status, reason, files, runtime } = version;
  return (
    <Card
      title={
        <>
          Version <span className="font-mono">{version.version}</span>
        </>
      }
      aside={
        <span className="flex items-center gap-2 text-xs text-muted">
          {runtime !== null && `served by ${runtime}`}
          <Badge tone={TONES[status]}>{status}</Badge>
        </span>
      }
    >
      {reason !== null && <p className="px-4 py-3 wrap-anywhere text-bad">{reason}</p>}
      {files.length === 0 ? (
        <p className="px-4 py-3 text-muted">It has no files yet.</p>
      ) : (
        <Table label={`Files of version ${version.version}`} head={["File", "Size", "SHA-256"]}>
          {files.map(({ name, bytes: size, sha256 }) => (
            <tr key={name}>
              <Cell heading className="font-mono whitespace-nowrap">
                {name}
              </Cell>
              <Cell className="whitespace-nowrap">{bytes(size)}</Cell>
              <Cell className="min-w-80 font-mono text-xs text-muted wrap-anywhere">{sha256}</Cell>
            </tr>
          ))}
        </Table>
      )}
      {mayUpload && status !== "READY" && <UploadFiles version={version} />}
    </Card>
  );
}
