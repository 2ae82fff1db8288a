package series

import "testing"

func TestOldWorldRuntime(t *testing.T) {
	for key, want := range map[string]bool{"linux-loong64-both": true, "linux-loong64-purego-both-dm": true, "linux-loong64": false, "linux-arm64-v8.2": false, "": false} {
		if got := (Payload{BuildKey: key}).OldWorldRuntime(); got != want {
			t.Errorf("%q: %t", key, got)
		}
	}
}
