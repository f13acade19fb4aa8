/** One thing that somebody does: `patch` of `deployments` in the group `apps`; subresources as `pods/log`. */
export interface Permission {
  verb: string;
  group: string;
  resource: string;
}

/** As a SelfSubjectRulesReview answers. */
export interface ResourceRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  /** Present: the rule is about these objects alone. */
  resourceNames?: string[];
}

/** Those of the needed that no rule gives for every object. Pure. */
export const missingPermissions = (rules: readonly ResourceRule[], needed: readonly Permission[]): Permission[] =>
  needed.filter((permission) => !rules.some((rule) => gives(rule, permission)));

function gives(
  { verbs, apiGroups = [], resources = [], resourceNames = [] }: ResourceRule,
  { verb, group, resource }: Permission,
): boolean {
  const [, subresource] = resource.split("/");
  return (
    resourceNames.length === 0 &&
    holds(verbs, verb) &&
    holds(apiGroups, group) &&
    (holds(resources, resource) || (subresource !== undefined && resources.includes(`*/${subresource}`)))
  );
}

const holds = (list: readonly string[], value: string): boolean => list.includes("*") || list.includes(value);
