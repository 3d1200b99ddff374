{{/* One installation for a cluster: names are the same everywhere. */}}
{{- define "pxguard.labels" -}}
app.kubernetes.io/name: pxguard
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "pxguard.selector" -}}
app.kubernetes.io/name: pxguard
app.kubernetes.io/component: webhook
{{- end }}

{{- define "pxguard.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "pxguard.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "pxguard.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* {"kube-system": ["pxkeys", ...]}: the Secrets that the policy lets pxguard read, by namespace.
     The namespace of Portworx is always there. As rules/policy/policy_defaults.h. */}}
{{- define "pxguard.secrets" -}}
{{- $portworx := .Values.policy.portworx | default dict -}}
{{- $own := $portworx.namespace | default "kube-system" -}}
{{- $names := .Values.policy.secrets -}}
{{- if kindIs "invalid" $names -}}
{{- $names = concat (list "px-system-secrets" "px-shared-secret" "px-admin-token" "px-user-token") ($portworx.keySecrets | default (list "pxkeys")) -}}
{{- end -}}
{{- $all := dict $own (list) -}}
{{- range $names -}}
{{- $parts := splitList "/" . -}}
{{- $namespace := $own -}}
{{- if gt (len $parts) 1 -}}{{- $namespace = first $parts -}}{{- end -}}
{{- $_ := set $all $namespace (append (get $all $namespace | default list) (last $parts)) -}}
{{- end -}}
{{- $all | toJson -}}
{{- end }}

{{/* What fits nowhere in the schema: values that exclude each other. */}}
{{- define "pxguard.check" -}}
{{- if and .Values.staticConfigurations (ne .Values.activation "static") -}}
{{- fail "staticConfigurations is set, but activation is not static: pxguard would make other ones" -}}
{{- end -}}
{{- if and (eq .Values.activation "static") (not .Values.staticConfigurations) -}}
{{- $changed := list -}}
{{- range $rule, $entry := .Values.policy.rules | default dict -}}{{- $changed = append $changed $rule -}}{{- end -}}
{{- if $changed -}}
{{- fail (printf "activation static knows the default actions only, and the policy changes %s: add --set-file staticConfigurations=FILE with the output of: pxguard webhooks --policy FILE" (join ", " (sortAlpha $changed))) -}}
{{- end -}}
{{- if and (eq .Values.certificates.mode "files") (not .Values.certificates.caBundle) -}}
{{- /* The field is left out: whoever keeps the certificate writes it. */ -}}
{{- end -}}
{{- end -}}
{{- if and .Values.certificates.caBundle (ne .Values.certificates.mode "files") -}}
{{- fail (printf "certificates.caBundle is set, but with mode %s somebody else keeps the CA" .Values.certificates.mode) -}}
{{- end -}}
{{- end }}

{{/* The webhook configurations of static, from files/ (made by `./dev manifests`), with what is this
     installation's own put in. */}}
{{- define "pxguard.staticConfigurations" -}}
{{- $portworx := .Values.policy.portworx | default dict -}}
{{- $namespace := $portworx.namespace | default "kube-system" -}}
{{- $trusted := .Values.policy.trustedControllers -}}
{{- if kindIs "invalid" $trusted -}}
{{- $trusted = list (printf "system:serviceaccount:%s:portworx-operator" $namespace) (printf "system:serviceaccount:%s:stork" $namespace) -}}
{{- end -}}
{{- $secrets := list "px-system-secrets" "px-shared-secret" "px-k8s-user" -}}
{{- range $portworx.keySecrets | default (list "pxkeys") -}}{{- $secrets = append $secrets . -}}{{- end -}}
{{- range .Values.policy.secrets | default list -}}{{- $secrets = append $secrets (last (splitList "/" .)) -}}{{- end -}}
{{- $known := list -}}
{{- range $secrets -}}{{- if not (regexMatch "^px-.*-token$" .) -}}{{- $known = append $known . -}}{{- end -}}{{- end -}}
{{- $webhook := .Values.policy.webhook | default dict -}}
{{- $file := printf "files/webhooks-%s.yaml" (.Values.policy.controllerPods | default "Warn" | lower) -}}
{{- $text := .Files.Get $file -}}
{{- $quoted := list -}}
{{- range $trusted -}}{{- $quoted = append $quoted (quote .) -}}{{- end -}}
{{- if eq (len $quoted) 1 -}}
{{- $text = replace "in [\"@TRUSTED@\", \"@OTHERS@\"]" (printf "== %s" (first $quoted)) $text -}}
{{- else -}}
{{- $text = replace "[\"@TRUSTED@\", \"@OTHERS@\"]" (printf "[%s]" (join ", " $quoted)) $text -}}
{{- end -}}
{{- $quoted = list -}}
{{- range $known | uniq | sortAlpha -}}{{- $quoted = append $quoted (quote .) -}}{{- end -}}
{{- $text = replace "[\"0-secret\", \"px-k8s-user\", \"px-shared-secret\", \"px-system-secrets\"]" (printf "[%s]" (join ", " $quoted)) $text -}}
{{- $text = replace "own-namespace" .Release.Namespace $text -}}
{{- $text = replace "port: 8443" (printf "port: %v" .Values.service.port) $text -}}
{{- $text = replace "failurePolicy: Fail" (printf "failurePolicy: %s" ($webhook.failurePolicy | default "Fail")) $text -}}
{{- $text -}}
{{- end }}
