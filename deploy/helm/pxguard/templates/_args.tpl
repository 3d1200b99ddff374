{{/* The command line of pxguard, by how certificates are kept and who makes the configurations. */}}
{{- define "pxguard.args" -}}
- serve
- --listen=0.0.0.0:8443
- --status-listen=0.0.0.0:8080
{{- if eq .Values.certificates.mode "self" }}
- --certificates=secret={{ .Release.Namespace }}/{{ .Values.certificates.secretName }}
- --activation={{ .Values.activation }}
{{- else }}
- --tls-cert=/etc/pxguard/tls/tls.crt
- --tls-key=/etc/pxguard/tls/tls.key
{{- if eq .Values.activation "auto" }}
- --tls-ca=/etc/pxguard/tls/ca.crt
- --activation=auto
{{- end }}
{{- end }}
{{- if or (eq .Values.certificates.mode "self") (eq .Values.activation "auto") }}
- --service={{ .Release.Namespace }}/pxguard:{{ .Values.service.port }}
{{- end }}
{{- if .Values.certificates.clientCaConfigMap }}
- --client-ca=/etc/pxguard/client-ca/ca.crt
{{- end }}
- --policy=/etc/pxguard/policy/policy.yaml
- --cluster=in-cluster
{{- end }}
