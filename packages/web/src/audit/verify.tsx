import { useMutation } from "@tanstack/react-query";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { count } from "../format/number.ts";
import { Button } from "../ui/button.tsx";

/** Reckons every hash of the project's chain anew, and says whether somebody has changed what is written. */
export function Verify() {
  const project = useProject();
  const verify = useMutation({
    mutationFn: () => ok(sluice.http.GET("/v1/audit/verify", { params: { query: { project } } })),
  });
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-3">
      <p role="status" className="flex items-center gap-1.5 wrap-anywhere">
        {verify.error !== null && <span className="text-bad">Not verified: {verify.error.message}</span>}
        {verify.data?.valid === true && (
          <>
            <ShieldCheck aria-hidden className="size-4 text-good" />
            <span className="text-good">
              The chain holds: {count(verify.data.entries)} entries, none changed or missing
            </span>
          </>
        )}
        {verify.data?.valid === false && (
          <>
            <ShieldAlert aria-hidden className="size-4 text-bad" />
            <span className="text-bad">
              The chain is broken at entry {verify.data.seq}: {verify.data.problem}
            </span>
          </>
        )}
      </p>
      <Button busy={verify.isPending} onClick={() => verify.mutate()}>
        Verify
      </Button>
    </div>
  );
}
