package broker

import "github.com/nats-io/nats-server/v2/server"

// EngineVersion names the engine and its version.
const EngineVersion = "NATS " + server.VERSION
