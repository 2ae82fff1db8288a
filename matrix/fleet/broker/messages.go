package broker

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Headers of messages.
const (
	errorHeader  = "Xcmatrix-Error"  // of an answer: why the request was refused, as a sentence in JSON or one of the words below
	resultHeader = "Xcmatrix-Result" // of a commit and of a result: all but the frames, as JSON
	lateWord     = "late"
	reportWord   = "report"
)

// refusal returns the error that an answer names.
func refusal(said string) error {
	switch said {
	case lateWord:
		return fleet.ErrLate
	case reportWord:
		return fleet.ErrUnreported
	}
	var s record.Sentence
	if json.Unmarshal([]byte(said), &s) != nil {
		return errors.New("the hub refuses, and does not say why")
	}
	return &record.Problem{Sentence: s}
}

// answer answers a request with a value, or with an error.
func answer(m *nats.Msg, value any, err error) {
	reply := nats.NewMsg(m.Reply)
	switch raw, isRaw := value.([]byte); {
	case err != nil:
		reply.Header.Set(errorHeader, told(err))
	case isRaw:
		reply.Data = raw
	default:
		reply.Data, err = json.Marshal(value)
		if err != nil {
			reply.Header.Set(errorHeader, told(err))
		}
	}
	_ = m.RespondMsg(reply) // whoever asked asks again
}

// told returns an error as it stands in a header.
func told(err error) string {
	switch {
	case errors.Is(err, fleet.ErrLate):
		return lateWord
	case errors.Is(err, fleet.ErrUnreported):
		return reportWord
	}
	sentence := record.Sayf("%v", "%v", err)
	var p *record.Problem
	if errors.As(err, &p) {
		sentence = p.Sentence
	}
	raw, errJSON := json.Marshal(sentence)
	if errJSON != nil {
		return "{}"
	}
	return string(raw)
}

// refuse returns the error for a request that the hub refuses.
func refuse(en, zh string, args ...any) error {
	return &record.Problem{Sentence: record.Sayf(en, zh, args...)}
}

// poolRequest asks for the pool of a job.
type poolRequest struct {
	V     int         `json:"v"`
	Needs fleet.Needs `json:"needs"`
	Run   string      `json:"run"`
	Job   string      `json:"job"`
}

// poolAnswer says whether the job has a result already.
type poolAnswer struct {
	Done bool `json:"done"`
}

// payloadRequest asks for a piece of a payload.
type payloadRequest struct {
	Digest string `json:"digest"`
	Offset int64  `json:"offset"`
}

// pieceSize is the largest piece of a payload in bytes. A shorter one is the last.
const pieceSize = 512 << 10

// resultMessage returns the message of a result to a subject.
func resultMessage(subject string, r fleet.Result) (*nats.Msg, error) {
	head, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	m := nats.NewMsg(subject)
	m.Header.Set(resultHeader, string(head))
	m.Data = r.Frames
	return m, nil
}

// parseResult returns the result that a message has.
func parseResult(head string, frames []byte) (fleet.Result, error) {
	var r fleet.Result
	if err := json.Unmarshal([]byte(head), &r); err != nil || !fleet.ValidName(r.Run) || !fleet.ValidName(r.Job) || !fleet.ValidName(r.Machine) {
		return r, refuse("it is no result of a job", "不是作业的结果")
	}
	r.Frames = frames
	return r, nil
}

// last returns the last part of a subject.
func last(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }
