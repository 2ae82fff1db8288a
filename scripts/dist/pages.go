package main

import (
	"bytes"
	"errors"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/xcmatrix/xcmatrix/cli"
)

// manualPages are the pages of the program and of each command, in both languages, from what --help says.
func manualPages(p program) ([]file, error) {
	var files []file
	for _, l := range []struct{ lang, dir, manual string }{{"en", "share/man/man1/", "xcmatrix manual"}, {"zh", "share/man/zh_CN/man1/", "xcmatrix 手册"}} {
		err := eachCommand(cli.Command(l.lang), func(cmd *cobra.Command) error {
			cmd.DisableAutoGenTag = true
			name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
			made := p.made
			header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Date: &made, Source: "xcmatrix " + p.version, Manual: l.manual}
			var page bytes.Buffer
			if err := doc.GenMan(cmd, header, &page); err != nil {
				return err
			}
			text, err := zipped(page.Bytes())
			files = append(files, file{l.dir + name + ".1.gz", text, 0o644})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// eachCommand calls f for a command and all below it that people use.
func eachCommand(cmd *cobra.Command, f func(*cobra.Command) error) error {
	if err := f(cmd); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			if err := eachCommand(c, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// zipped is a text compressed without name and time.
func zipped(text []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(text)
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// completions are the scripts by which shells complete commands and flags, where each looks for them.
func completions() ([]file, error) {
	root := cli.Command("en")
	var bash, zsh, fish bytes.Buffer
	for _, err := range []error{root.GenBashCompletionV2(&bash, true), root.GenZshCompletion(&zsh), root.GenFishCompletion(&fish, true)} {
		if err != nil {
			return nil, err
		}
	}
	return []file{
		{"share/bash-completion/completions/xcmatrix", bash.Bytes(), 0o644},
		{"share/zsh/site-functions/_xcmatrix", zsh.Bytes(), 0o644},
		{"share/fish/vendor_completions.d/xcmatrix.fish", fish.Bytes(), 0o644},
	}, nil
}
