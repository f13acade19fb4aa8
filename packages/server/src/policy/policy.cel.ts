import { compileCel } from "../cel/cel.compile.ts";
import type { CelDeclarations } from "../cel/cel.declarations.ts";
import type { Candidate } from "../engine/checks.ts";
import { withoutEnvValues } from "../gate/gate.cel.ts";

/** What a policy's expression may speak of (docs/guides/policies.md). */
export const POLICY_CEL: CelDeclarations = {
  types: {
    Version: { version: "string", kind: "string", spec: "map<string, dyn>" },
    Environment: { tier: "string", target: "string", regions: "list<string>" },
    Route: { host: "string", path: "string" },
  },
  variables: {
    version: "Version",
    config: "map<string, dyn>",
    strategy: "map<string, dyn>",
    environment: "Environment",
    routed: "bool",
    route: "Route",
  },
};

/** Throws `invalid_argument` that names the field and the place for an expression that does not compile. */
export const checkPolicyCel = (expression: string): void => {
  compileCel(expression, POLICY_CEL, "expression");
};

/** Of variables only the names: values may be secrets. */
export function policyValues({
  kind,
  version,
  spec,
  config,
  strategy,
  environment,
  target,
  route,
}: Candidate): Record<string, unknown> {
  return {
    version: { version, kind, spec: withoutEnvValues(spec) },
    config: withoutEnvValues(config),
    strategy: { ...strategy },
    environment: {
      tier: environment.tier,
      target: target.type,
      regions: environment.targets.flatMap(({ region }) => region ?? []),
    },
    routed: route !== null,
    route: { host: route?.host ?? "", path: route?.path ?? "" },
  };
}
