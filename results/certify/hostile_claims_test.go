package certify_test

import "github.com/xcmatrix/xcmatrix/results/certify/claim"

var planForgeries = []forgery{}

var ruleForgeries = []forgery{}

var provenanceForgeries = []forgery{
	{name: "a better level than the rules give", refused: "it does not follow from the journal", forge: func(l *laboratory) seen {
		e := l.run(whole).each(func(body string) string { return body })
		return l.verified(l.sign(l.honest(e), func(c *claim.Claim) { c.Level = "L9" }), nil)
	}},
}

var repositoryForgeries = []forgery{}
