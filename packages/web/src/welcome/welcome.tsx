import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FileText, Play, Rocket } from "lucide-react";
import type { ReactNode } from "react";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { demoQuery, useBeginDemo } from "./queries.ts";
import { applyFor, commandsFor, MANIFEST } from "./texts.ts";

/** What a project shows before anything was delivered: the ways to begin that are open to whoever looks. */
export function Welcome() {
  const project = useProject();
  const mayRunDemo = useRefusal("environment.write") === null;
  const mayDeploy = useRefusal("deployment.write") === null;
  return (
    <div className="mx-auto max-w-6xl space-y-5 py-4">
      <header className="space-y-1">
        <h1 className="text-xl font-semibold">Begin with Sluice</h1>
        <p className="text-muted">
          Nothing is delivered in the project <bdi className="wrap-anywhere">{project}</bdi> yet.
        </p>
      </header>
      {mayDeploy ? (
        <div className="grid grid-cols-1 gap-4 lg:grid-cols-3">
          {mayRunDemo && <DemoWay project={project} />}
          <ProgramWay project={project} />
          <FileWay project={project} />
        </div>
      ) : (
        <Empty title="There is nothing to look at yet">
          <p>What somebody delivers shows up here by itself.</p>
        </Empty>
      )}
    </div>
  );
}

function Way({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-5">
      <h2 className="flex items-center gap-2 text-base font-semibold">
        {icon}
        {title}
      </h2>
      {children}
    </section>
  );
}

const ICON = "size-5 shrink-0 text-accent";

function DemoWay({ project }: { project: string }) {
  const navigate = useNavigate();
  const demo = useQuery(demoQuery(project));
  const begin = useBeginDemo(project, (id) => void navigate({ to: "/rollouts/$id", params: { id } }));
  return (
    <Way icon={<Play aria-hidden className={ICON} />} title="Watch a demo">
      <p>
        A small program runs on this server, with callers of its own. Version 1.1.0 goes out to them step by step while
        you watch; then 1.2.0, which fails, is turned back.
      </p>
      <p className="text-muted">
        It takes about two minutes, has an environment of its own, and can be taken away again.
      </p>
      <div className="mt-auto min-h-9">
        <Answered query={demo} rows={1}>
          {({ refused, demo: found }) => (
            <Button
              tone="primary"
              className="w-full"
              refused={found?.removing === true ? "The one before is being taken away" : refused}
              busy={begin.isPending}
              onClick={() => begin.mutate()}
            >
              Run the demo
            </Button>
          )}
        </Answered>
      </div>
    </Way>
  );
}

function ProgramWay({ project }: { project: string }) {
  return (
    <Way icon={<Rocket aria-hidden className={ICON} />} title="Deliver a program of yours">
      <p>
        A command, a container image, a prompt or a model: the form asks for what it needs, and shows what will happen.
      </p>
      <Code label="The same by commands" text={commandsFor(project)} />
      <Link
        to="/deploy"
        className="mt-auto inline-flex h-9 items-center justify-center rounded-md bg-accent px-3 font-medium text-accent-text hover:opacity-90"
      >
        To the form
      </Link>
    </Way>
  );
}

function FileWay({ project }: { project: string }) {
  return (
    <Way icon={<FileText aria-hidden className={ICON} />} title="Write it down in a file">
      <p>
        <code>sluice.yaml</code> says what there is to be; applying it again changes what differs, and nothing else.
      </p>
      <Code label="sluice.yaml" text={MANIFEST} tall />
      <Code label="Apply it" text={applyFor(project)} />
    </Way>
  );
}

/** Something to copy. Where it is larger than its place, it is scrolled there, by the keyboard as well. */
function Code({ label, text, tall = false }: { label: string; text: string; tall?: boolean }) {
  return (
    <div className="min-w-0 space-y-1">
      <div className="flex items-center justify-between gap-2">
        <span className="text-xs font-medium text-muted">{label}</span>
        <CopyButton text={text} what={label} />
      </div>
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
        tabIndex={0}
        className={`overflow-auto rounded-md border border-line bg-sunken p-3 ${tall ? "max-h-56" : ""}`}
      >
        <pre className="font-mono text-xs">{text}</pre>
      </section>
    </div>
  );
}
