// Dist writes what is given to users of a version: static programs for three architectures, as files, tar archives, and
// packages for Debian's and Red Hat's families, with lists of digests that are signed where a key is given. The same
// commit gives the same bytes, but for signatures. It is a module of its own, so that the program itself does not depend
// on what makes packages.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// options are the flags.
type options struct {
	source, out    string
	arches         string // comma-separated
	key            string // a directory that `xcmatrix keygen` made; "" for lists without a signature
	passphraseFile string
}

func main() {
	var o options
	flag.StringVar(&o.source, "source", ".", "the checkout to build")
	flag.StringVar(&o.out, "out", "dist", "the directory to make")
	flag.StringVar(&o.arches, "arch", "amd64,arm64,loong64", "architectures, separated by commas")
	flag.StringVar(&o.key, "key", "", "directory with the SM2 key to sign the lists of digests with (made by xcmatrix keygen)")
	flag.StringVar(&o.passphraseFile, "passphrase-file", "", "file with the key's passphrase (default: XCMATRIX_PASSPHRASE)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", sentence(err))
		os.Exit(status(err))
	}
	fmt.Println(o.out)
}

// status is the exit status for an error, as the program itself has them: 2 for wrong usage or input, 3 for the rest.
func status(err error) int {
	var problem *record.Problem
	var missing *record.Missing
	if errors.As(err, &problem) || errors.As(err, &missing) {
		return 2
	}
	return 3
}

// sentence is an error in the language of the locale.
func sentence(err error) string {
	var speaks interface{ In(lang string) string }
	if !errors.As(err, &speaks) {
		return err.Error()
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			lang, _, _ := strings.Cut(v, "_")
			return speaks.In(lang)
		}
	}
	return speaks.In("en")
}
