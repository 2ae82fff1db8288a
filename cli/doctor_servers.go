package cli

import (
	"fmt"
	"sync"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// needServers logs in to every database server that the user names, at the same time, each with a time limit. A variable
// that belongs to no database is a condition that is not met.
func (a *app) needServers(vars check.Variables) []need {
	all := servers.NamedIn(vars)
	needs := make([]need, len(all))
	var tries sync.WaitGroup
	for i, s := range all {
		tries.Go(func() {
			what := fmt.Sprintf(a.say("server of %s (%s)", "%s 服务器（%s）"), s.Title(), s.Variable())
			server, err := s.Try()
			if needs[i] = a.newNeed(what, err); err == nil {
				needs[i].Detail = fmt.Sprintf(a.say("version %.60q, encoding %.20q", "版本 %.60q，编码 %.20q"), server.Version, server.Encoding)
			}
		})
	}
	tries.Wait()
	for _, wrong := range servers.UnknownVariables() {
		needs = append(needs, need{What: wrong.Place, Detail: wrong.Sentence.In(a.lang)})
	}
	return needs
}
