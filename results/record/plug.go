package record

// PlugVariable names the environment variable with the socket on which a payload in a virtual machine with slots asks for
// disks: an address of unix(7), "@name".
const PlugVariable = "XCMATRIX_PLUG"

// Plug asks whoever runs a virtual machine for a disk in a free slot, or for one out of its slot. It is one JSON object on
// a connection of its own; a Plugged comes back when that has been done.
type Plug struct {
	In  *Disk `json:"in,omitempty"`
	Out int   `json:"out,omitempty"` // the slot, from 1
}

// Plugged answers a Plug.
type Plugged struct {
	Slot    int       `json:"slot,omitempty"`    // from 1: where the disk is, or was
	Problem *Sentence `json:"problem,omitempty"` // why nothing was done
}
