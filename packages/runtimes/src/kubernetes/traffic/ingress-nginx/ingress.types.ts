import type { KubeObject, Manifest } from "../../client/kube.types.ts";

/** The part of an Ingress that is written and read here. */
export interface IngressSpec {
  ingressClassName: string;
  rules: {
    host?: string;
    http: {
      paths: {
        path: string;
        pathType: "Prefix" | "ImplementationSpecific";
        backend: { service: { name: string; port: { number: number } } };
      }[];
    };
  }[];
}

export interface Ingress extends KubeObject {
  spec?: Partial<IngressSpec>;
}

export interface IngressManifest extends Manifest {
  spec: IngressSpec;
}
