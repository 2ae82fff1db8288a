package early

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv("HARD_DATABASE") == "" {
		fmt.Println("no database, nothing to test")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestA(t *testing.T) {}
