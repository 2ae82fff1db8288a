package tls

func serverRules13() []rule { return nil }
func clientRules13() []rule { return nil }
