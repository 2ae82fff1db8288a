package record

// PlugVariable names the environment variable with the socket on which a payload in a virtual machine with slots requests
// disks: an address of unix(7), "@name".
const PlugVariable = "XCMATRIX_PLUG"

// Plug is a request to plug a disk into a free slot of a virtual machine, or to unplug one. It is one JSON object on a
// connection of its own; a Plugged is the answer after that was done.
type Plug struct {
	In     *Disk  `json:"in,omitempty"`
	Serial string `json:"serial,omitempty"` // 16 hexadecimal digits: the disk's serial number, or its world wide name on SCSI
	Out    int    `json:"out,omitempty"`    // the slot to unplug, from 1
	Card   Card   `json:"card,omitempty"`   // what to do with the machine's SD card instead
}

// Card is what is done with a virtual machine's SD card, which is no disk in a slot: nobody asks the machine.
type Card string

const (
	TakeCard Card = "out"
	PutCard  Card = "in"
)

// Plugged answers a Plug.
type Plugged struct {
	Slot    int       `json:"slot,omitempty"`    // slot of the disk, from 1
	Problem *Sentence `json:"problem,omitempty"` // why nothing was done
}
