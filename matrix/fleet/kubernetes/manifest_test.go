package kubernetes

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var good = Options{Image: "registry.example/xcmatrix:1", Secret: "xcmatrix", Namespace: "lab", Arch: "loong64", CPU: "4", Memory: "8Gi"}

func TestManifest(t *testing.T) {
	job := good
	job.Node, job.Exclusive = "node-1.example", "xcmatrix.io/machine"
	for kind, o := range map[string]Options{"DaemonSet": good, "Job": job} {
		text, err := Manifest(o)
		var read struct {
			Kind string
			Spec struct {
				Template struct{ Spec map[string]any }
			}
		}
		if err == nil {
			err = yaml.Unmarshal([]byte(text), &read)
		}
		if err != nil || read.Kind != kind || read.Spec.Template.Spec["nodeSelector"].(map[string]any)["kubernetes.io/arch"] != "loong64" {
			t.Errorf("%v: %s", err, text)
		}
		if strings.Contains(text, "privileged") || strings.Contains(text, "xcmatrix.io/machine") != (kind == "Job") {
			t.Error(text)
		}
	}
}

// No option makes another object of the manifest.
func TestManifestRefuses(t *testing.T) {
	for flag, change := range map[string]func(*Options, string){
		"--image":     func(o *Options, v string) { o.Image = v },
		"--secret":    func(o *Options, v string) { o.Secret = v },
		"--namespace": func(o *Options, v string) { o.Namespace = v },
		"--arch":      func(o *Options, v string) { o.Arch = v },
		"--node":      func(o *Options, v string) { o.Node = v },
		"--cpu":       func(o *Options, v string) { o.CPU = v },
		"--memory":    func(o *Options, v string) { o.Memory = v },
		"--exclusive": func(o *Options, v string) { o.Exclusive = v },
	} {
		for _, value := range []string{"a\n  hostNetwork: true", "{x: y}", "a b", `"`, strings.Repeat("a", 300)} {
			o := good
			change(&o, value)
			if _, err := Manifest(o); err == nil || !strings.Contains(err.Error(), flag) {
				t.Errorf("%s %.20q: %v", flag, value, err)
			}
		}
	}
}
