package wire

// The stages of a handshake, in their order. A stage that does not occur has no lap. In TLCP's ECC, key agreement is the encryption of
// the pre-master secret.
const (
	OwnKey          = "own key"
	WaitHello       = "wait for ServerHello"
	KeyAgreement    = "key agreement"
	KeySchedule     = "key schedule"
	ReadFlight      = "read"
	ParseChain      = "parse"
	VerifyChain     = "verify chain"
	VerifySignature = "verify signature"
	Finish          = "finish"
)

// Lap is called at the end of each stage of a handshake, with the stage's name; nil for nobody who times it.
type Lap func(stage string)

// End tells that a stage has ended.
func (l Lap) End(stage string) {
	if l != nil {
		l(stage)
	}
}
