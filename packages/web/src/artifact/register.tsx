import { ApiError, type Artifact, type Version } from "@sluice/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { fieldsOf, problemAt } from "../api/problems.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Choice, TextArea, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { FormProblem } from "../ui/form-problem.tsx";
import { Answered } from "../ui/states.tsx";
import { useTell } from "../ui/toast.tsx";
import { versionsQuery } from "./queries.ts";
import { begunWith, type Content, inFields, inText, specOfContent } from "./register.content.ts";
import { DraftError } from "./register.draft.ts";
import { CommonFields, type FieldsProps, Folded, ModelFields, RunnableFields } from "./register.fields.tsx";
import { PipelineFields } from "./register.pipeline.tsx";
import { PromptFields } from "./register.prompt.tsx";

interface Props {
  artifact: Artifact;
  onClose: () => void;
}

/** A version by a form, or by its content as a text. */
export function RegisterVersion({ artifact, onClose }: Props) {
  const { project, name, kind } = artifact;
  const versions = useQuery(versionsQuery(project, name));
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Register a version of ${name}`}
      description={
        kind === "model"
          ? "It never changes after this. What is to be uploaded is registered under Files, with its last file."
          : "It never changes after this: another content is another version."
      }
    >
      <Answered query={versions} rows={6}>
        {({ items }) => <Form artifact={artifact} versions={items} onClose={onClose} />}
      </Answered>
    </Dialog>
  );
}

function Form({ artifact, versions, onClose }: Props & { versions: readonly Version[] }) {
  const { kind } = artifact;
  const [version, setVersion] = useState("");
  const [from, setFrom] = useState(versions[0]?.version ?? "");
  const [content, setContent] = useState<Content>(() => begunWith(kind, versions[0]?.spec));
  const [source, setSource] = useState({ repository: "", commit: "", tag: "" });
  const register = useRegister(artifact, onClose);
  const { error } = register;
  const form = useInvalidFocus(error);
  const problem = (field: string): string | undefined =>
    error instanceof DraftError && error.field === field ? error.message : problemAt(error, field);
  const isTaken = error instanceof ApiError && error.problem.code === "already_exists";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (register.isPending) return;
    const said = Object.entries(source).flatMap(([at, text]) => (text.trim() === "" ? [] : [[at, text.trim()]]));
    register.mutate({ version: version.trim(), content, source: said.length === 0 ? null : Object.fromEntries(said) });
  };
  const begin = (chosen: string): void => {
    setFrom(chosen);
    setContent(begunWith(kind, versions.find((one) => one.version === chosen)?.spec));
    register.reset();
  };
  const sourceField = (at: keyof typeof source) => ({
    value: source[at],
    spellCheck: false,
    problem: problem(`source.${at}`),
    onChange: ({ target }: { target: { value: string } }) => setSource({ ...source, [at]: target.value }),
  });
  return (
    <form ref={form} onSubmit={submit} className="space-y-4">
      <div className="grid grid-cols-2 items-start gap-3">
        <TextField
          label="Version"
          placeholder="1.1.0"
          required
          maxLength={128}
          spellCheck={false}
          value={version}
          problem={isTaken ? error.message : problem("version")}
          onChange={({ target }) => setVersion(target.value)}
        />
        {versions.length > 0 && (
          <Choice label="Begin with" value={from} onChange={({ target }) => begin(target.value)}>
            {versions.map(({ id, version: one }) => (
              <option key={id} value={one}>
                the content of {one}
              </option>
            ))}
            <option value="">nothing</option>
          </Choice>
        )}
      </div>
      <ContentFields artifact={artifact} content={content} onContent={setContent} problem={problem} />
      <Folded title="Where it comes from" said={problem("source") !== undefined}>
        <TextField label="Repository" placeholder="https://git.example/greeter" {...sourceField("repository")} />
        <div className="grid grid-cols-2 items-start gap-3">
          <TextField label="Commit" {...sourceField("commit")} />
          <TextField label="Tag" {...sourceField("tag")} />
        </div>
      </Folded>
      {!isTaken && !hasPlace(error, content) && <FormProblem error={error} />}
      <FormActions submit="Register" busy={register.isPending} onClose={onClose} />
    </form>
  );
}

interface Wanted {
  version: string;
  content: Content;
  source: Record<string, string> | null;
}

function useRegister({ project, name, kind }: Artifact, onClose: () => void) {
  const queries = useQueryClient();
  const tell = useTell();
  return useMutation({
    mutationFn: async ({ version, content, source }: Wanted) => {
      const body = { version, spec: specOfContent(kind, content) as Record<string, never>, source };
      const params = { path: { name }, query: { project } };
      return ok(sluice.http.POST("/v1/artifacts/{name}/versions", { params, body }));
    },
    onSuccess: async ({ version }) => {
      await queries.invalidateQueries({ queryKey: ["artifacts", project] });
      await queries.invalidateQueries({ queryKey: ["versions", project, name] });
      tell({ tone: "plain", title: `Version ${version} is registered` });
      onClose();
    },
  });
}

/** The keyboard goes to the first field that is wrong: in a long form it may be out of sight. */
function useInvalidFocus(error: Error | null) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return form;
}

interface ContentProps {
  artifact: Artifact;
  content: Content;
  onContent: (content: Content) => void;
  problem: (field: string) => string | undefined;
}

/** The content in fields, or as the text that it is; what one of them holds is in the other, too. */
function ContentFields({ artifact: { kind }, content, onContent, problem }: ContentProps) {
  const [refusal, refuse] = useState<string | null>(null);
  const turn = (isText: boolean): void => {
    const turned = isText ? inText(kind, content) : inFields(kind, content);
    refuse(typeof turned === "string" ? turned : null);
    if (typeof turned !== "string") onContent(turned);
  };
  return (
    <>
      <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <legend className="sr-only">How the content is written</legend>
        {([false, true] as const).map((isText) => (
          <label key={String(isText)} className="flex min-h-6 items-center gap-2">
            <input
              type="radio"
              name="written"
              checked={"text" in content === isText}
              onChange={() => turn(isText)}
              className="size-4 accent-accent"
            />
            {isText ? "As JSON or YAML" : "In fields"}
          </label>
        ))}
      </fieldset>
      {refusal !== null && (
        <p role="alert" className="text-xs text-bad wrap-anywhere">
          {refusal}
        </p>
      )}
      {"text" in content ? (
        <TextArea
          label="Content (JSON or YAML)"
          required
          rows={16}
          spellCheck={false}
          value={content.text}
          problem={problem("spec")}
          onChange={({ target }) => onContent({ text: target.value })}
        />
      ) : (
        <Fields
          kind={kind}
          draft={content.draft}
          onDraft={(change) => onContent({ draft: { ...content.draft, ...change } })}
          problem={(field) => problem(`spec.${field}`)}
        />
      )}
    </>
  );
}

function Fields({ kind, ...props }: FieldsProps & { kind: Artifact["kind"] }) {
  return (
    <>
      {kind === "prompt" && <PromptFields {...props} />}
      {kind === "pipeline" && <PipelineFields {...props} />}
      {kind === "model" && <ModelFields {...props} />}
      {(kind === "application" || kind === "agent") && <RunnableFields {...props} />}
      <CommonFields {...props} />
    </>
  );
}

/** Whether every field that is wrong is there to say so. */
function hasPlace(error: Error | null, content: Content): boolean {
  if (error instanceof DraftError) return true;
  const fields = fieldsOf(error).map(({ field }) => field);
  // A text is one field for all of it: what is wrong is listed below it.
  const isShown = (field: string): boolean => /^(version|source)\b/.test(field) || !("text" in content);
  return fields.length > 0 && fields.every(isShown);
}
