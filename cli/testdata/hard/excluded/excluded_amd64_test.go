package excluded

import "testing"

func TestThere(t *testing.T) {}
