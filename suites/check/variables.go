package check

import (
	"os"
	"slices"
)

// Variables are values of environment variables, by name, that a suite reads before those of the process's environment.
// They are passed as values: what is put into the process's own environment, every library and child could read.
type Variables map[string]string

// Lookup returns the value of a variable, and whether it is set here or in the process's environment.
func (v Variables) Lookup(name string) (value string, set bool) {
	if value, set = v[name]; set {
		return value, true
	}
	return os.LookupEnv(name)
}

// Get returns the value of a variable; "" if it is set neither here nor in the process's environment.
func (v Variables) Get(name string) string {
	value, _ := v.Lookup(name)
	return value
}

// Environ returns "NAME=value" for those of names that are set here, in the order of names.
func (v Variables) Environ(names []string) (environ []string) {
	for _, name := range names {
		if value, set := v[name]; set {
			environ = append(environ, name+"="+value)
		}
	}
	return slices.Clip(environ)
}

// Env returns the variables of this process's run, for the specs that read them.
func Env() Variables { return run.options.Variables }
