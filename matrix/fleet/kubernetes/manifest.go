// Package kubernetes writes the objects by which a Kubernetes cluster runs agents. The queue stays the hub's: Kubernetes only starts
// agents, and knows nothing of jobs.
package kubernetes

import (
	"strings"
	"sync"
	"text/template"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Options are what the objects name.
type Options struct {
	Image     string // with the program as its entry point
	Secret    string // with a credential for each node, NODE.credential
	Namespace string
	Arch      string // GOARCH of the nodes: arm64, loong64, amd64
	Node      string // of one Job that ends after one job; "" for a DaemonSet on all nodes of the architecture
	CPU       string // that an agent gets, as Kubernetes writes quantities
	Memory    string
	Exclusive string // extended resource of which each node has one, so that nothing else measures there; "" for none
}

// The names that Kubernetes takes: DNS-1123, quantities, references of images, and extended resources.
var (
	dnsPattern      = pattern.Of(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	quantityPattern = pattern.Of(`^[0-9]+(\.[0-9]+)?(m|[kMGT]i?|Ki)?$`)
	imagePattern    = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)
	resourcePattern = pattern.Of(`^[a-z0-9.-]+/[A-Za-z0-9._-]+$`)
)

// check returns a *record.Problem for an option that an object cannot have.
func (o Options) check() error {
	for _, c := range []struct {
		flag, value string
		holds       bool
	}{
		{"--image", o.Image, imagePattern().MatchString(o.Image)},
		{"--secret", o.Secret, dnsPattern().MatchString(o.Secret)},
		{"--namespace", o.Namespace, dnsPattern().MatchString(o.Namespace)},
		{"--arch", o.Arch, dnsPattern().MatchString(o.Arch)},
		{"--node", o.Node, o.Node == "" || dnsPattern().MatchString(o.Node)},
		{"--cpu", o.CPU, quantityPattern().MatchString(o.CPU)},
		{"--memory", o.Memory, quantityPattern().MatchString(o.Memory)},
		{"--exclusive", o.Exclusive, o.Exclusive == "" || resourcePattern().MatchString(o.Exclusive)},
	} {
		if !c.holds || len(c.value) > 253 {
			return record.Wrongf(c.flag, "%.80q is nothing that a Kubernetes object can have here", "%.80q 不能用于 Kubernetes 对象的此处", c.value)
		}
	}
	return nil
}

// Manifest returns a DaemonSet, or a Job if a node is named, as YAML. It returns a *record.Problem for an option that an object cannot
// have.
func Manifest(o Options) (string, error) {
	if err := o.check(); err != nil {
		return "", err
	}
	var text strings.Builder
	err := parsed().Execute(&text, o)
	return text.String(), err
}

// parsed returns the template of both objects.
var parsed = sync.OnceValue(func() *template.Template { return template.Must(template.New("agent").Parse(manifest)) })

// An agent needs no privilege. Its directory and /tmp are memory, which its limit counts; the machine's key must outlive the pod, since
// the hub knows the machine by it, so that it is a directory of the node.
const manifest = `# {{if .Node}}One job on node {{.Node}}{{else}}An agent on each {{.Arch}} node{{end}}: kubectl apply -f -
apiVersion: {{if .Node}}batch/v1{{else}}apps/v1{{end}}
kind: {{if .Node}}Job{{else}}DaemonSet{{end}}
metadata:
  name: xcmatrix-agent-{{if .Node}}{{.Node}}{{else}}{{.Arch}}{{end}}
  namespace: {{.Namespace}}
spec:
{{- if .Node}}
  backoffLimit: 3
{{- else}}
  selector:
    matchLabels: {app: xcmatrix-agent, arch: {{.Arch}}}
{{- end}}
  template:
    metadata:
      labels: {app: xcmatrix-agent, arch: {{.Arch}}}
    spec:
      restartPolicy: {{if .Node}}OnFailure{{else}}Always{{end}}
      automountServiceAccountToken: false
      nodeSelector:
        kubernetes.io/arch: {{.Arch}}
{{- if .Node}}
        kubernetes.io/hostname: {{.Node}}
{{- end}}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: agent
          image: {{.Image}}
          args: [agent, --hub, /credentials/$(NODE_NAME).credential, --dir, /state{{if .Node}}, --once{{end}}]
          env:
            - name: NODE_NAME
              valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
          resources:
            requests: {cpu: "{{.CPU}}", memory: "{{.Memory}}"{{with .Exclusive}}, {{.}}: "1"{{end}}}
            limits: {cpu: "{{.CPU}}", memory: "{{.Memory}}"{{with .Exclusive}}, {{.}}: "1"{{end}}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: credentials, mountPath: /credentials, readOnly: true}
            - {name: state, mountPath: /state}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: credentials
          secret: {secretName: {{.Secret}}, defaultMode: 288} # 0440
        - name: state
          hostPath: {path: /var/lib/xcmatrix-agent, type: Directory} # once, on each node: install -d -o 65532 -g 65532 -m 700 /var/lib/xcmatrix-agent
        - name: tmp
          emptyDir: {medium: Memory}
`
