import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { demoQuery, useRemoveDemo } from "./queries.ts";

/** Where a demo runs: the way to it, and the way to be rid of it. */
export function DemoLine() {
  const project = useProject();
  const demo = useQuery(demoQuery(project)).data?.demo ?? null;
  const refusal = useRefusal("environment.write");
  const remove = useRemoveDemo(project);
  const [asked, setAsked] = useState(false);
  if (demo === null) return null;
  if (demo.removing) return <p className="text-muted">The demo is being taken away.</p>;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {demo.rollout !== null && (
        <Link to="/rollouts/$id" params={{ id: demo.rollout }} className="text-accent underline">
          The demo’s rollout
        </Link>
      )}
      {refusal === null && (
        <Button size="small" busy={remove.isPending} onClick={() => setAsked(true)}>
          Take the demo away
        </Button>
      )}
      {asked && (
        <Confirm
          title="Take the demo away?"
          description="Its callers leave at once. Its program, its versions, its rollouts and the environment demo are removed; nothing of yours is."
          yes="Take it away"
          onClose={() => setAsked(false)}
          onYes={() => remove.mutate()}
        />
      )}
    </div>
  );
}
