// Package tuning has what is known of settings of the garbage collector: what each costs a program, which are on the Pareto
// front, and which one is recommended.
package tuning

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Setting is a pair of GOGC and GOMEMLIMIT.
type Setting struct {
	Percent int    // GOGC; Off for off
	Limit   uint64 // GOMEMLIMIT in bytes; 0 for none
}

// Off is the value of Setting.Percent for GOGC=off.
const Off = -1

// Default is the setting of a program that sets nothing.
var Default = Setting{Percent: 100}

// gogc returns the value of GOGC as the environment takes it.
func (s Setting) gogc() string {
	if s.Percent == Off {
		return "off"
	}
	return strconv.Itoa(s.Percent)
}

// Env returns the environment variables of the setting.
func (s Setting) Env() []string {
	limit := "off"
	if s.Limit > 0 {
		limit = strconv.FormatUint(s.Limit, 10)
	}
	return []string{"GOGC=" + s.gogc(), "GOMEMLIMIT=" + limit}
}

// String returns the environment variables as people write them.
func (s Setting) String() string {
	limit := "off"
	if s.Limit > 0 {
		limit = Bytes(s.Limit)
	}
	return fmt.Sprintf("GOGC=%s GOMEMLIMIT=%s", s.gogc(), limit)
}

// Bytes returns a number of bytes as GOMEMLIMIT takes it: "512MiB", "2GiB".
func Bytes(n uint64) string {
	for _, unit := range []struct {
		bytes uint64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return fmt.Sprintf("%d%s", n/unit.bytes, unit.name)
		}
	}
	return strconv.FormatUint(n, 10) + "B"
}

// settingJSON is a setting in JSON: numbers, or "off".
type settingJSON struct {
	GOGC  any `json:"gogc"`
	Limit any `json:"gomemlimit"` // bytes
}

func (s Setting) json() settingJSON {
	j := settingJSON{"off", "off"}
	if s.Percent != Off {
		j.GOGC = s.Percent
	}
	if s.Limit > 0 {
		j.Limit = s.Limit
	}
	return j
}

// MarshalJSON implements json.Marshaler.
func (s Setting) MarshalJSON() ([]byte, error) { return json.Marshal(s.json()) }
