import type { Schedule } from "@sluice/client";

/** What a trigger or a schedule does, as a person would say it. */
export function actionText(action: Schedule["action"]): string {
  switch (action.type) {
    case "deploy":
      return `deploy ${action.version} to ${action.deployment ?? `every ${action.artifact}`} in ${action.environment}`;
    case "job": {
      const what = action.deployment ?? `${action.artifact} ${action.version}`;
      return `run ${what} as a job in ${action.environment}`;
    }
    case "run":
      return `run workflow ${action.workflow}`;
    case "scale":
      return `scale ${action.deployment} in ${action.environment} to ${action.replicas}`;
    case "restart":
      return `restart ${action.deployment} in ${action.environment}`;
    case "promote":
      return `promote ${action.deployment} from ${action.environment} to ${action.to}`;
  }
}
