package http

import (
	"maps"

	"github.com/xcmatrix/xcmatrix/suites/http/proxy"
)

// Outcomes of a request that a proxy or the server answers.
const (
	byProxy  = `200 "by the proxy"`
	straight = `200 "straight"`
)

// wrongWay returns outcomes of clients that do not keep to a row of NO_PROXY's table, or to another rule for the way of a request:
// they take the other way.
func wrongWay() map[string][]string {
	wrong := map[string][]string{"no-proxy/cgi": {byProxy, straight}, "no-proxy/broken": {straight}}
	for _, g := range proxy.Groups() {
		for _, r := range g.Rules {
			switch r.Want[0] {
			case byProxy:
				wrong[g.Name+"/"+r.ID] = []string{straight}
			case straight:
				wrong[g.Name+"/"+r.ID] = []string{byProxy}
			}
		}
	}
	return wrong
}

// wrongProxy are outcomes of clients that do not keep to a rule for proxies. A client that goes past a proxy makes one direct
// connection.
func wrongProxy() map[string][]string {
	wrong := map[string][]string{
		"proxy/absolute":             {`200 "hello"; asks GET /a?b=c HTTP/1.1, Host "origin.test:8080"; 0 direct`},
		"proxy/fragment":             {`200 "hello"; asks GET http://origin.test/a#secret HTTP/1.1; 0 direct`},
		"proxy/userinfo":             {`200 "hello"; asks GET http://u:p@origin.test/ HTTP/1.1, Authorization ""; 0 direct`},
		"proxy/credentials":          {`200 "hello"; asks GET http://origin.test/ HTTP/1.1, Proxy-Authorization "Basic dTpwJTNBJTQw"; 0 direct`},
		"proxy/refused":              {`error; asks GET http://origin.test/ HTTP/1.1; 0 direct`},
		"proxy/down":                 {`200 "hello"; asks nothing; 1 direct`},
		"proxy/redirect":             {`200 "hello"; Proxy-Authorization "Basic dTpw"; 1 direct`},
		"proxy/shared":               {`200 "hello"; 200 "hello"; on 2 connections; 0 direct`},
		"proxy/connect":              {`200 "hello"; asks CONNECT origin.test HTTP/1.1, Host "origin.test"; the server gets [HTTP/1.1 "" ""]; 0 direct`},
		"proxy/connect-port":         {`200 "hello"; asks CONNECT origin.test:443 HTTP/1.1; the server gets [HTTP/1.1 "" ""]; 0 direct`},
		"proxy/connect-address6":     {`200 "hello"; asks CONNECT 2001:db8::1:443 HTTP/1.1; the server gets [HTTP/1.1 "" ""]; 0 direct`},
		"proxy/connect-credentials":  {`200 "hello"; asks CONNECT origin.test:443 HTTP/1.1, Proxy-Authorization "Basic dTpw"; the server gets [HTTP/1.1 "Basic dTpw" ""]; 0 direct`},
		"proxy/connect-secrets":      {`200 "hello"; asks CONNECT origin.test:443 HTTP/1.1, Authorization "Bearer secret"; the server gets [HTTP/1.1 "" ""]; 0 direct`},
		"proxy/connect-fields":       {`200 "hello"; asks CONNECT origin.test:443 HTTP/1.1, X-Way "mine"; the server gets [HTTP/1.1 "" "mine"]; 0 direct`},
		"proxy/connect-h2":           {`200 "hello"; asks CONNECT origin.test:443 HTTP/1.1; the server gets [HTTP/1.1 "" ""]; 0 direct`},
		"proxy/connect-reuse":        {`200 "hello"; 200 "hello"; 200 "hello"; asks origin.test:443; 0 direct`},
		"proxy/secure-proxy":         {"error; asks nothing; 0 direct"},
		"proxy/secure-proxy-name":    {`200 "hello"; asks GET http://origin.test/ HTTP/1.1; 0 direct`},
		"proxy/tunnel-endless":       {"error; not ended within 64 MiB; 0 direct"},
		"proxy/tunnel-silent":        {"no timeout; 0 direct"},
		"proxy/tunnel-dies":          {`200 "hello"; 200 "hello"; 1 direct`},
		"proxy/tunnel-dies-h2":       {`200 "hello"; 200 "hello"; 1 direct`},
		"proxy/tunnel-again":         {`200 "hello"; error; 0 direct`},
		"proxy/socks-name":           {`200 "hello"; methods 00; command 1 of type 1, "\x7f\x00\x00\x01", 8080; 0 direct`},
		"proxy/socks-address":        {`200 "hello"; methods 00; command 1 of type 3, "192.0.2.1", 8080; 0 direct`},
		"proxy/socks-h":              {"error; 0 direct"},
		"proxy/socks-login":          {`error; methods 0002; 0 direct`},
		"proxy/socks-bound-name":     {`error; methods 00; command 1 of type 3, "origin.test", 8080; 0 direct`},
		"proxy/socks-bound-address6": {`error; methods 00; command 1 of type 3, "origin.test", 8080; 0 direct`},
		"proxy/socks-no-method":      {`200 "hello"; methods 00; 1 direct`},
		"proxy/socks-version":        {`200 "hello"; methods 00; command 1 of type 3, "origin.test", 8080; 0 direct`},
		"proxy/socks-http":           {`200 "hello"; methods 00; 1 direct`},
		"proxy/socks-refused":        {`200 "hello"; methods 00; command 1 of type 3, "origin.test", 8080; 1 direct`},
		"proxy/socks-unreachable":    {`200 "hello"; methods 00; command 1 of type 3, "origin.test", 8080; 1 direct`},
		"proxy/socks-unknown-code":   {`200 "hello"; methods 00; command 1 of type 3, "origin.test", 8080; 0 direct`},
		"proxy/connect-wrong-server": {`200 "hello"; 0 direct`, `200 "hello"; 1 direct`},
		"proxy/connect-created":      {"error; 0 direct", `200 "hello"; 1 direct`},
		"proxy/connect-interim":      {"error; 0 direct", `200 "hello"; 1 direct`},
		"proxy/connect-length":       {"error; 0 direct"},
		"proxy/connect-chunked":      {"error; 0 direct"},
		"proxy/connect-reason":       {"error; 0 direct"},
		"proxy/connect-old":          {"error; 0 direct"},
		"proxy/tunnel-forbidden":     {`200 "hello"; 1 direct`, `403 ""; 0 direct`},
		"proxy/tunnel-password":      {`200 "hello"; 1 direct`, `407 ""; 0 direct`},
		"proxy/tunnel-page":          {`502 "<html>no</html>"; 0 direct`, `200 "hello"; 1 direct`},
		"proxy/tunnel-redirected":    {`302 ""; 0 direct`, "error; 1 direct"},
		"proxy/tunnel-closed":        {`200 "hello"; 1 direct`},
		"proxy/tunnel-reset":         {`200 "hello"; 1 direct`},
		"proxy/tunnel-cut":           {`200 ""; 0 direct`, `200 "hello"; 1 direct`},
		"proxy/tunnel-foreign":       {`200 "hello"; 1 direct`},
		"proxy/tunnel-plain":         {`200 "hello"; 0 direct`},
	}
	maps.Copy(wrong, wrongWay())
	return wrong
}
