/** The commands of the document of the deploy service, as they are printed there, in its order. */
export const COMMANDS = {
  "Create a Deployment": `grpcurl -plaintext -d '{
  "prompt_id": "prompt-abc123",
  "to_version": 5,
  "environment": "production",
  "strategy": {
    "type": "DEPLOYMENT_TYPE_GRADUAL",
    "initial_percentage": 10,
    "increment": 20,
    "interval_seconds": 300,
    "auto_rollback": true,
    "rollback_threshold": 0.75
  },
  "skip_approval": false
}' localhost:9005 delos.deploy.v1.DeployService/CreateDeployment`,
  "Approve a Deployment": `grpcurl -plaintext -d '{
  "id": "deployment-xyz",
  "comment": "Approved after review"
}' localhost:9005 delos.deploy.v1.DeployService/ApproveDeployment`,
  "Create a Quality Gate": `grpcurl -plaintext -d '{
  "name": "Prod Gate",
  "prompt_id": "prompt-abc123",
  "required": true,
  "conditions": [
    {
      "type": "eval_score",
      "operator": "gte",
      "threshold": 0.9,
      "dataset_id": "golden-set"
    }
  ]
}' localhost:9005 delos.deploy.v1.DeployService/CreateQualityGate`,
  "Check Deployment Status": `grpcurl -plaintext -d '{
  "id": "deployment-xyz"
}' localhost:9005 delos.deploy.v1.DeployService/GetDeploymentStatus`,
  "Rollback a Deployment": `grpcurl -plaintext -d '{
  "id": "deployment-xyz",
  "reason": "Quality regression detected"
}' localhost:9005 delos.deploy.v1.DeployService/RollbackDeployment`,
  "List Deployments": `grpcurl -plaintext -d '{
  "prompt_id": "prompt-abc123",
  "environment": "production",
  "limit": 10
}' localhost:9005 delos.deploy.v1.DeployService/ListDeployments`,
} as const;

export type Title = keyof typeof COMMANDS;

/** Strategies as they are printed. */
export const STRATEGIES = [
  { type: "DEPLOYMENT_TYPE_IMMEDIATE" },
  { type: "DEPLOYMENT_TYPE_GRADUAL", initial_percentage: 10, increment: 10, interval_seconds: 300 },
  { type: "DEPLOYMENT_TYPE_CANARY", initial_percentage: 5, auto_rollback: true, rollback_threshold: 0.8 },
  { type: "DEPLOYMENT_TYPE_BLUE_GREEN" },
  { type: "DEPLOYMENT_TYPE_GRADUAL", auto_rollback: true, rollback_threshold: 0.7 },
] as const;

/** The example of a gate, as it is printed. */
export const QUALITY_GATE = {
  name: "Production Quality Gate",
  prompt_id: "prompt-123",
  required: true,
  conditions: [
    { type: "eval_score", operator: "gte", threshold: 0.85, dataset_id: "golden-dataset" },
    { type: "latency", operator: "lte", threshold: 500 },
  ],
};

/** What a command sends, and to which method. */
export function requestOf(title: Title, id: string): { method: string; request: object } {
  const [, json = "", method = ""] = /-d '([\s\S]*)' localhost:9005 (\S+)$/.exec(COMMANDS[title]) ?? [];
  return { method, request: JSON.parse(json.replace("deployment-xyz", id)) };
}
