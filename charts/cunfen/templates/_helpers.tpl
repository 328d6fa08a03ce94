{{- define "cunfen.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "cunfen.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "cunfen.labels" -}}
{{ include "cunfen.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "cunfen.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "cunfen.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "cunfen.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "cunfen.settings" -}}
- {name: CUNFEN_ENV, value: production}
- {name: CUNFEN_LISTEN, value: ":8080"}
- {name: CUNFEN_OPS_LISTEN, value: ":9090"}
- {name: CUNFEN_BASE_URL, value: {{ required "config.baseURL is needed, such as https://jifen.example.cn" .Values.config.baseURL | quote }}}
- {name: CUNFEN_HOSTS, value: {{ join "," .Values.config.hosts | quote }}}
- {name: CUNFEN_PROXIES, value: {{ join "," .Values.config.proxies | quote }}}
- {name: CUNFEN_SSO_HOSTS, value: {{ join "," .Values.config.ssoHosts | quote }}}
- {name: CUNFEN_S3_ENDPOINT, value: {{ required "config.s3.endpoint is needed, such as minio:9000" .Values.config.s3.endpoint | quote }}}
- {name: CUNFEN_S3_BUCKET, value: {{ .Values.config.s3.bucket | quote }}}
- {name: CUNFEN_S3_TLS, value: {{ .Values.config.s3.tls | quote }}}
- {name: CUNFEN_SMS_PROVIDER, value: http}
- {name: CUNFEN_SMS_URL, value: {{ required "config.sms.url is needed: the SMS gateway" .Values.config.sms.url | quote }}}
- {name: CUNFEN_LOG_LEVEL, value: {{ .Values.config.logLevel | quote }}}
{{- range list "DB_APP" "DB_WORKER" "DB_BUREAU" "DB_EXPORT" "REDIS" "S3_ACCESS_KEY" "S3_SECRET_KEY" "MASTER_KEY" "SMS_TOKEN" }}
- name: CUNFEN_{{ . }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.secret | quote }}, key: CUNFEN_{{ . }}}}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A Deployment of web or worker: what differs is the verb, the settings below .part and whether it has a door. */}}
{{- define "cunfen.deployment" -}}
{{- $my := index .root.Values .part -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "cunfen.name" .root }}-{{ .part }}
  labels: {{- include "cunfen.labels" . | nindent 4 }}
spec:
  {{- if not (dig "autoscaling" "enabled" false $my) }}
  replicas: {{ $my.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels: {{- include "cunfen.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "cunfen.labels" . | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
        prometheus.io/path: /metrics
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 45
      securityContext: {{- include "cunfen.podSecurity" .root | nindent 8 }}
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "cunfen.selector" . | nindent 14 }}
      containers:
        - name: {{ .part }}
          image: {{ include "cunfen.image" .root | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [{{ .verb }}]
          env: {{- include "cunfen.settings" .root | nindent 12 }}
          ports:
            {{- if eq .part "web" }}
            - {name: http, containerPort: 8080}
            {{- end }}
            - {name: ops, containerPort: 9090}
          startupProbe:
            httpGet: {path: /readyz, port: ops}
            periodSeconds: 1
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /readyz, port: ops}
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          livenessProbe:
            httpGet: {path: /healthz, port: ops}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 6
          resources: {{- toYaml $my.resources | nindent 12 }}
          securityContext: {{- include "cunfen.containerSecurity" .root | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 256Mi}
      {{- with $my.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $my.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $my.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
