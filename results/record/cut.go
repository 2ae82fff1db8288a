package record

// CutVariable names the environment variable by which the payload in a virtual machine whose power will be cut is told what to
// verify and how to write: a Cut as JSON.
const CutVariable = "XCMATRIX_CUT"

// Names of the spec that writes and verifies, and of the observation in which it says how many records are on the disk.
const (
	CutSpec         = "power cut / what was acknowledged is there, and more is written"
	CutAcknowledged = "acknowledged"
)

// Cut says what a disk must hold after the power was cut.
type Cut struct {
	Serial       string `json:"serial"`       // of the disk
	Acknowledged uint64 `json:"acknowledged"` // records that were said to be on the disk
	NoSync       bool   `json:"nosync"`       // the writer forgets fsync: planted
}
