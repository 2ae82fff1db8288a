// Package k8s holds the objects that `xcmatrix agent kubernetes` prints against the types of Kubernetes' API. It is a module of its own,
// so that those are in no other go.mod.
package k8s

import (
	"testing"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/xcmatrix/xcmatrix/matrix/fleet/kubernetes"
)

func TestManifestsAreOfTheAPI(t *testing.T) {
	o := kubernetes.Options{Image: "registry.example/xcmatrix:1", Secret: "credentials", Namespace: "lab", Arch: "loong64", CPU: "4", Memory: "8Gi", Exclusive: "xcmatrix.io/machine"}
	text, err := kubernetes.Manifest(o)
	if err != nil {
		t.Fatal(err)
	}
	var set apps.DaemonSet
	if err := yaml.UnmarshalStrict([]byte(text), &set); err != nil {
		t.Fatal(err)
	}
	check(t, set.Spec.Template)
	if set.Spec.Selector.MatchLabels["app"] != set.Spec.Template.Labels["app"] {
		t.Error("the selector does not select the pods")
	}
	o.Node = "3a6000-1"
	if text, err = kubernetes.Manifest(o); err != nil {
		t.Fatal(err)
	}
	var job batch.Job
	if err := yaml.UnmarshalStrict([]byte(text), &job); err != nil {
		t.Fatal(err)
	}
	check(t, job.Spec.Template)
	if job.Spec.Template.Spec.NodeSelector["kubernetes.io/hostname"] != "3a6000-1" {
		t.Errorf("%v", job.Spec.Template.Spec.NodeSelector)
	}
}

func check(t *testing.T, pod core.PodTemplateSpec) {
	t.Helper()
	c := pod.Spec.Containers[0]
	exclusive := c.Resources.Limits["xcmatrix.io/machine"]
	if pod.Spec.NodeSelector["kubernetes.io/arch"] != "loong64" || *c.SecurityContext.AllowPrivilegeEscalation || !*pod.Spec.SecurityContext.RunAsNonRoot ||
		c.Resources.Limits.Memory().Value() != 8<<30 || exclusive.Value() != 1 {
		t.Errorf("%+v", pod.Spec)
	}
	if *pod.Spec.Volumes[0].Secret.DefaultMode != 0o440 || pod.Spec.Volumes[2].EmptyDir.Medium != core.StorageMediumMemory {
		t.Errorf("%+v", pod.Spec.Volumes)
	}
}
