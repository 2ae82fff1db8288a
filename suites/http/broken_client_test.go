package http

// wrongClient are outcomes of HTTP/1.1 clients that do not keep to a rule.
var wrongClient = map[string][]string{
	"client/empty-reason":   {"error", `200 "hello"; "200 OK"`},
	"client/foreign-reason": {"error", `200 "hello"; "200 ??"`},
}
