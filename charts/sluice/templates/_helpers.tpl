{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Of every object, with room for the longest of its parts. */}}
{{- define "sluice.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{/* What the pods of a part are found by: it never changes in the life of a release. */}}
{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "sluice.labels" -}}
{{- $own := dict
      "app.kubernetes.io/name" (include "sluice.name" .root)
      "app.kubernetes.io/part-of" "sluice"
      "app.kubernetes.io/version" (.root.Chart.AppVersion | replace "+" "_")
      "app.kubernetes.io/managed-by" .root.Release.Service
      "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- merge dict (include "sluice.selectorLabels" . | fromYaml) .root.Values.commonLabels $own | toYaml -}}
{{- end -}}

{{/* {root, component, name, annotations} to the metadata of an object. */}}
{{- define "sluice.metadata" -}}
name: {{ .name }}
labels:
  {{- include "sluice.labels" . | nindent 2 }}
{{- with merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "sluice.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sluice.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sluice.operatorAccount" -}}
{{- if .Values.serviceAccount.create -}}{{ include "sluice.serviceAccount" . }}-operator{{- else -}}{{ include "sluice.serviceAccount" . }}{{- end -}}
{{- end -}}

{{- define "sluice.secret" -}}
{{- default (include "sluice.fullname" .) .Values.secrets.existingSecret -}}
{{- end -}}

{{/* A reference to a secret value as the value of a variable: {secret, key}. */}}
{{- define "sluice.fromSecret" -}}
valueFrom:
  secretKeyRef:
    name: {{ .secret }}
    key: {{ .key }}
{{- end -}}

{{/* Where the servers find the gateways' administration; empty: each has a gateway of its own inside. */}}
{{- define "sluice.gateways" -}}
{{- if .Values.server.gateways -}}
{{- .Values.server.gateways -}}
{{- else if .Values.gateway.enabled -}}
dns+{{ ternary "https" "http" (ne .Values.gateway.tlsSecret "") }}://{{ include "sluice.fullname" . }}-gateway-admin:30081
{{- end -}}
{{- end -}}

{{- define "sluice.gatewayUrl" -}}
{{- default (printf "http://%s-gateway.%s:%v" (include "sluice.fullname" .) .Release.Namespace .Values.gateway.service.port) .Values.server.gatewayUrl -}}
{{- end -}}

{{- define "sluice.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Of every pod: {root, component, values}. */}}
{{- define "sluice.podMetadata" -}}
labels:
  {{- merge dict (include "sluice.selectorLabels" . | fromYaml) .values.podLabels .root.Values.commonLabels (dict "app.kubernetes.io/name" (include "sluice.name" .root) "app.kubernetes.io/part-of" "sluice") | toYaml | nindent 2 }}
{{- with .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "sluice.podSpec" -}}
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.topologySpread }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "sluice.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "sluice.pdb" -}}
{{- if and .values.podDisruptionBudget.enabled (gt (int .values.replicas) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "sluice.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "sluice.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end -}}
