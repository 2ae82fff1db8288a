package remote

import (
	"errors"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/ssh"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Sentence returns an error as a sentence in both languages.
func Sentence(err error) record.Sentence {
	var lost *ssh.LostError
	var ended *EndError
	var problem *record.Problem
	var missing *record.Missing
	switch {
	case errors.As(err, &lost):
		return lost.Sentence()
	case errors.As(err, &ended):
		return ended.Sentence()
	case errors.As(err, &problem):
		return problem.Sentence
	case errors.As(err, &missing):
		return missing.Reason
	}
	var speaks interface {
		error
		In(lang string) string
	}
	if errors.As(err, &speaks) {
		return record.Say(speaks.In("en"), speaks.In("zh"))
	}
	return record.Sayf("%v", "%v", err)
}

// vanished returns the error for a machine that was not reachable for c.Wait.
func (c *Client) vanished(err error) error {
	return &ssh.LostError{Host: c.Host.Name, Why: record.Sayf("it cannot be reached any more, and was waited for %s (--wait): %s",
		"已无法连接，且已等待 %s（--wait）：%s", c.Wait, Sentence(err))}
}

// EndError has the reason why the run on a machine did not end normally.
type EndError struct {
	Host string
	Why  record.Sentence
}

func (e *EndError) Error() string { return e.In("en") }

// Sentence returns the error as a sentence.
func (e *EndError) Sentence() record.Sentence { return record.Sayf("%s: %s", "%s：%s", e.Host, e.Why) }

// In returns the sentence in the language "en" or "zh".
func (e *EndError) In(lang string) string { return e.Sentence().In(lang) }

// WithoutError says that the machine has not begun to run, because it lacks the servers of items.
type WithoutError struct{ Items []string }

func (e *WithoutError) Error() string {
	return "there are no servers for " + strings.Join(e.Items, ", ")
}

// sinkError is an error of the Sink.
type sinkError struct{ error }

func (e *sinkError) Unwrap() error { return e.error }
