import { useQuery } from "@tanstack/react-query";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Empty, Loading, Trouble } from "../ui/states.tsx";
import { isNotLoaded, outdatedQuery } from "./load.ts";

/** How often a server that is away is looked for. Milliseconds. */
const LOOK_MS = 2_000;

/** In the place of a page that cannot be shown. */
export function PageTrouble({ error }: ErrorComponentProps) {
  const router = useRouter();
  return isNotLoaded(error) ? <NotLoaded /> : <Trouble error={error} retry={() => void router.invalidate()} />;
}

/** The code of a page did not come: why, and what brings it. */
function NotLoaded() {
  const outdated = useQuery({
    ...outdatedQuery,
    refetchOnMount: "always",
    refetchInterval: ({ state }) => (state.status === "error" ? LOOK_MS : false),
  });
  const [wasAway, setWasAway] = useState(false);
  const isThere = outdated.isFetchedAfterMount && outdated.isSuccess && !outdated.data;
  useEffect(() => {
    if (outdated.isError) setWasAway(true);
    // A browser asks for a module once: what failed to come (the network changed, say) comes with everything else.
    if (isThere && (wasAway || isFirstTime())) window.location.reload();
  }, [outdated.isError, isThere, wasAway]);

  if (!outdated.isFetchedAfterMount) return <Loading />;
  if (outdated.isError)
    return (
      <Empty title="The server does not answer">
        <p>This page comes as soon as it does.</p>
      </Empty>
    );
  if (outdated.data)
    return (
      <Empty title="A new version of the console is there">
        <p>This page comes with it. What you see is from before the server was renewed.</p>
        <Reload>Reload</Reload>
      </Empty>
    );
  return (
    <Empty title="This page did not load">
      <p>The server is there, and has it.</p>
      <Reload>Reload</Reload>
    </Empty>
  );
}

const RELOADED = "sluice.reloaded";

/** Whether this page was not loaded anew by itself before: what a reload does not mend, another one does not either. */
function isFirstTime(): boolean {
  const { href } = window.location;
  if (sessionStorage.getItem(RELOADED) === href) return false;
  sessionStorage.setItem(RELOADED, href);
  return true;
}

/** Loads the console anew, at the same address. */
export const Reload = ({ children }: { children: ReactNode }) => (
  <Button size="small" onClick={() => window.location.reload()} icon={<RefreshCw aria-hidden className="size-4" />}>
    {children}
  </Button>
);
