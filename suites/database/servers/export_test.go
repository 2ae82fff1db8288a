package servers

// What tests outside the package need: they cannot be inside, since package servertest imports this one.
var (
	Connect = connect
	Explain = explain
)

const ConnectTime = connectTime
