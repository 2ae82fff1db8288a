package broker

import (
	"github.com/nats-io/nats-server/v2/server"
)

// Streams, buckets and subjects.
const (
	jobStream    = "JOBS"     // job.POOL.RUN.JOB: work queue, one durable consumer for each pool
	resultStream = "RESULTS"  // result.RUN.JOB: one message each, which nothing replaces
	payloads     = "payloads" // object store, by digest

	jobSubject    = "job."
	resultSubject = "result."

	// Requests to the hub. The last part is the member's name, so that its permissions bind it.
	reportSubject  = "report."
	commitSubject  = "commit."
	payloadSubject = "payload."
	poolSubject    = "pool."
	listSubject    = "machines."
)

// inbox returns the prefix of the subjects on which a member gets answers.
func inbox(name string) string { return "_INBOX_" + name }

// wake returns the subject by which the hub tells a machine of a new pool.
func wake(name string) string { return inbox(name) + ".wake" }

// permissions returns what an agent may do: report, commit and fetch under its own name, take jobs, and nothing else.
func permissions(name string) *server.Permissions {
	return &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{
			reportSubject + name, commitSubject + name, payloadSubject + name,
			"$JS.API.CONSUMER.MSG.NEXT." + jobStream + ".>", "$JS.ACK." + jobStream + ".>",
		}},
		Subscribe: &server.SubjectPermission{Allow: []string{inbox(name) + ".>"}},
	}
}

// coordinatorPermissions returns what a coordinator may do: submit jobs and payloads, and read results and machines. It writes no
// results.
func coordinatorPermissions(name string) *server.Permissions {
	return &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{
			jobSubject + ">", poolSubject + name, listSubject + name, "$O." + payloads + ".>",
			"$JS.API.INFO",
			"$JS.API.STREAM.INFO.OBJ_" + payloads, "$JS.API.STREAM.MSG.GET.OBJ_" + payloads, "$JS.API.DIRECT.GET.OBJ_" + payloads + ".>",

			"$JS.API.CONSUMER.CREATE.OBJ_" + payloads + ".>", "$JS.API.CONSUMER.DELETE.OBJ_" + payloads + ".>", "$JS.ACK.OBJ_" + payloads + ".>",
			"$JS.API.STREAM.INFO." + resultStream, "$JS.API.CONSUMER.CREATE." + resultStream + ".>", "$JS.API.CONSUMER.DELETE." + resultStream + ".>",
			"$JS.API.CONSUMER.MSG.NEXT." + resultStream + ".>", "$JS.API.CONSUMER.INFO." + resultStream + ".>",
			"$JS.ACK." + resultStream + ".>", "$JS.FC.>",
		}},
		Subscribe: &server.SubjectPermission{Allow: []string{inbox(name) + ".>"}},
	}
}
