/** What somebody copies who begins; `project` is named where it is not the one that is meant anyway. */

const flag = (project: string): string => (project === "default" ? "" : ` --project ${project}`);

export const commandsFor = (project: string): string =>
  [
    `sluice artifact create shop --kind application${flag(project)}`,
    `sluice version create shop 1.0.0${flag(project)} -- node server.mjs`,
    `sluice deploy create shop --version 1.0.0 -e production --route /shop --wait${flag(project)}`,
  ].join("\n");

export const MANIFEST = `# The program listens on the port in the variable PORT.
kind: Artifact
name: shop
artifactKind: application
---
kind: Version
artifact: shop
version: 1.0.0
spec:
  command: [node, server.mjs]
---
kind: Deployment
name: shop
artifact: shop
version: 1.0.0
environment: production
config:
  replicas: 2
  healthCheck: { path: /healthz }
route: { path: /shop }
strategy:
  type: canary
  steps:
    - setWeight: 5
    - analyze: { seconds: 60 }
    - setWeight: 50
    - analyze: { seconds: 60 }
    - setWeight: 100
`;

export const applyFor = (project: string): string => `sluice apply -f sluice.yaml --wait${flag(project)}`;
