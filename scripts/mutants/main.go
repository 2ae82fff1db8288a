// Command mutants shows that the tests notice mistakes: it makes one mistake of a list at a time, a mutant, in a copy of the
// file that holds it, runs the tests of the package, and says whether they fail. The module's own files stay as they are.
//
//	go run ./scripts/mutants [NAME ...]    all mutants, or those whose package or name holds one of the words
//	go run ./scripts/mutants -check        only look whether each stands where the list says
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	check := flag.Bool("check", false, "run no tests: only look whether each mutant stands where the list says")
	flag.Parse()
	all, err := load("scripts/mutants/list")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	counts := map[string]int{}
	for _, m := range all {
		if !m.named(flag.Args()) {
			continue
		}
		began := time.Now()
		state, why := "applies", error(nil)
		if *check {
			_, _, why = m.apply(".")
		} else {
			state, why = m.run(".")
		}
		if why != nil {
			state = "error"
		}
		counts[state]++
		fmt.Printf("%-9s %-28s %s (%.0f s)\n", state, m.Package, m.Name, time.Since(began).Seconds())
		if why != nil {
			fmt.Println("          " + strings.ReplaceAll(why.Error(), "\n", "\n          "))
		}
	}
	fmt.Printf("%d killed, %d survived, %d errors\n", counts[killed], counts[survived], counts["error"])
	if counts[survived]+counts["error"] > 0 {
		os.Exit(1)
	}
}
