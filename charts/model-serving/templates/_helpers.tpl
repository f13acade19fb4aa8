{{- define "model-serving.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Of every object: DNS-safe and at most 63 letters, as Services need. */}}
{{- define "model-serving.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What pods are found by: it never changes in the life of a release. */}}
{{- define "model-serving.selectorLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: model-server
{{- end -}}

{{/* Of pods. The common labels win: who installs releases for others names them as it likes. */}}
{{- define "model-serving.podLabels" -}}
{{- $own := dict
      "app.kubernetes.io/name" (include "model-serving.name" .)
      "app.kubernetes.io/version" (.Values.model.version | replace "+" "_" | trunc 63 | trimAll "-_.")
      "app.kubernetes.io/managed-by" .Release.Service -}}
{{- merge dict (include "model-serving.selectorLabels" . | fromYaml) .Values.commonLabels $own | toYaml -}}
{{- end -}}

{{/* Of objects: another release of the chart must not start pods anew. */}}
{{- define "model-serving.labels" -}}
{{ include "model-serving.podLabels" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "model-serving.annotations" -}}
{{- $all := merge dict (.annotations | default dict) .root.Values.commonAnnotations -}}
{{- with $all }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "model-serving.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "model-serving.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "model-serving.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The parts of s3://bucket/key, or of bucket/key. */}}
{{- define "model-serving.place" -}}
{{- $path := required "model.path is missing: where the files of the model are, s3://bucket/key or bucket/key" .Values.model.path -}}
{{- $parts := trimPrefix "s3://" $path | trimSuffix "/" | splitn "/" 2 -}}
{{- dict "bucket" $parts._0 "key" $parts._1 | toYaml -}}
{{- end -}}

{{- define "model-serving.predictPath" -}}
{{- printf "%s/%s" (trimSuffix "/" .Values.ingress.basePath) (default .Release.Name .Values.ingress.id) -}}
{{- end -}}

{{/* Empty: the storage is asked with what the service account gives. */}}
{{- define "model-serving.storageSecret" -}}
{{- if .Values.s3.existingSecret -}}
{{- .Values.s3.existingSecret -}}
{{- else if .Values.s3.accessKey -}}
{{- include "model-serving.fullname" . -}}
{{- end -}}
{{- end -}}

{{- define "model-serving.hasSecret" -}}
{{- if or .Values.secretEnv (and .Values.s3.accessKey (not .Values.s3.existingSecret)) -}}yes{{- end -}}
{{- end -}}

{{- define "model-serving.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
