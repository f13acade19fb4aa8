{{/* What servers may do with what is in a namespace: what they make of revisions, and what tells how those are. */}}
{{- define "sluice.serverRules" -}}
{{- $write := list "get" "list" "watch" "create" "patch" "delete" -}}
{{- $read := list "get" "list" "watch" -}}
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: {{ toJson $write }}
# Fences are compared and set, and helm keeps its records in Secrets.
- apiGroups: [""]
  resources: [configmaps, secrets]
  verbs: {{ append $write "update" | toJson }}
- apiGroups: [apps]
  resources: [deployments]
  verbs: {{ toJson $write }}
- apiGroups: [batch]
  resources: [jobs]
  verbs: {{ toJson $write }}
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: {{ toJson $write }}
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: {{ toJson $write }}
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: {{ toJson $write }}
- apiGroups: [""]
  resources: [pods, events]
  verbs: {{ toJson $read }}
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: {{ toJson $read }}
- apiGroups: [metrics.k8s.io]
  resources: [pods]
  verbs: [get, list]
{{- if .Values.rbac.traffic }}
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: {{ toJson $write }}
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways]
  verbs: {{ toJson $read }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: {{ toJson $write }}
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: {{ toJson $read }}
{{- end }}
{{- if .Values.rbac.pipelines }}
- apiGroups: [phoenix.io]
  resources: [phoenixprocesspipelines]
  verbs: {{ toJson $write }}
{{- end }}
{{- end -}}

{{/* … and with what is in none. */}}
{{- define "sluice.serverClusterRules" -}}
{{- if not .Values.rbac.namespaces }}
# Projects have a namespace each, made at first use.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, list, watch, create]
{{- end }}
{{- if .Values.rbac.traffic }}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [get, list, watch]
{{- end }}
{{- if .Values.rbac.pipelines }}
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
{{- end }}
{{- end -}}

{{- define "sluice.operatorRules" -}}
{{- $write := list "get" "list" "watch" "create" "patch" "update" "delete" -}}
- apiGroups: [phoenix.io, sluice.dev]
  resources: ["*"]
  verbs: [get, list, watch, patch, update]
- apiGroups: [apps]
  resources: [daemonsets]
  verbs: {{ toJson $write }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: {{ toJson $write }}
# Collectors whose nodes are named one by one are replaced by the operator itself.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [get, create, patch, update]
{{- end -}}
