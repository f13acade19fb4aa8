import type { Rollout } from "@sluice/client";
import { Link } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useRefusal } from "../app/session.tsx";

/** What has proved itself here may go on to another environment. */
export function DeployOn({ rollout: { id, phase } }: { rollout: Rollout }) {
  const refusal = useRefusal("deployment.write");
  if (phase !== "completed" || refusal !== null) return null;
  return (
    <Link
      to="/deploy"
      search={{ from: id }}
      className="inline-flex h-9 items-center gap-1.5 rounded-md border border-edge bg-surface px-3 font-medium hover:bg-sunken"
    >
      <Rocket aria-hidden className="size-4" />
      Deploy to …
    </Link>
  );
}
