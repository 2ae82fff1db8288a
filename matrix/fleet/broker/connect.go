package broker

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// seedOption returns the option that proves who connects.
func seedOption(seed string) nats.Option {
	user, err := public(seed)
	if err != nil {
		return func(*nats.Options) error { return errors.New("the credential's secret is none") }
	}
	return nats.Nkey(user, func(nonce []byte) ([]byte, error) {
		pair, err := nkeys.FromSeed([]byte(seed))
		if err != nil {
			return nil, err
		}
		defer pair.Wipe()
		return pair.Sign(nonce)
	})
}

// connect connects to the hub of a credential, and again whenever the connection is lost. It returns a *record.Problem if the hub
// refuses the credential, and another error if it cannot be reached. A hub that has not yet read of an enrolment is asked again.
func connect(c fleet.Credential) (*nats.Conn, error) {
	for try := 1; ; try++ {
		conn, err := connectOnce(c)
		if err == nil || try == enrolTries || !errors.As(err, new(*record.Problem)) {
			return conn, err
		}
		time.Sleep(watchTime)
	}
}

// enrolTries is how often a hub is asked that refuses a credential.
const enrolTries = 15

func connectOnce(c fleet.Credential) (*nats.Conn, error) {
	tlsConfig, err := client(c.CA)
	if err != nil {
		return nil, record.Wrongf("hub", "%v: enrol %s again", "%v：请重新登记 %s", err, c.Name)
	}
	conn, err := nats.Connect("nats://"+c.Hub, nats.Secure(tlsConfig), seedOption(c.Seed), nats.Name(c.Name), nats.CustomInboxPrefix(inbox(c.Name)),
		nats.MaxReconnects(-1), nats.ReconnectWait(500*time.Millisecond), nats.ReconnectJitter(200*time.Millisecond, 200*time.Millisecond),
		nats.PingInterval(5*time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(5*time.Second), nats.ReconnectBufSize(-1),
		nats.IgnoreAuthErrorAbort(), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // whoever asks gets the error too
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return nil, record.Wrongf(c.Hub, "the hub refuses %s: it was revoked, or enrolled at another hub", "中心拒绝 %s：其已被撤销，或属于其他中心", c.Name)
	case err != nil:
		return nil, &UnreachableError{c.Hub, err}
	}
	return conn, nil
}

// UnreachableError says that a hub cannot be reached.
type UnreachableError struct {
	Hub string
	Err error
}

func (e *UnreachableError) Error() string { return e.In("en") }

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// In returns the sentence in the language "en" or "zh".
func (e *UnreachableError) In(lang string) string {
	return record.Sayf("hub %s cannot be reached: %v", "无法连接中心 %s：%v", e.Hub, e.Err).In(lang)
}

// tryTime is the time of one try of a request. A request is tried again until its context ends: a lost answer must not keep a
// machine idle for long.
const tryTime = 2 * time.Second

// request sends a request until there is an answer.
func request(ctx context.Context, conn *nats.Conn, m *nats.Msg, limit time.Duration) (*nats.Msg, error) {
	for {
		one, cancel := context.WithTimeout(ctx, limit)
		answer, err := conn.RequestMsgWithContext(one, m)
		cancel()
		if err == nil {
			if said := answer.Header.Get(errorHeader); said != "" {
				return nil, refusal(said)
			}
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, errors.Join(context.Cause(ctx), err)
		}
		if conn.IsClosed() || errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrPermissionViolation) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
