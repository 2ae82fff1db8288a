package uring

// The structures below are those of linux/io_uring.h; they are the same on all architectures.

const (
	offsetRequests = 0 // IORING_OFF_SQ_RING, IORING_OFF_CQ_RING and IORING_OFF_SQES
	offsetAnswers  = 0x8000000
	offsetEntries  = 0x10000000

	flagGetEvents = 1      // IORING_ENTER_GETEVENTS
	flagLink      = 1 << 2 // IOSQE_IO_LINK
)

// parameters is struct io_uring_params.
type parameters struct {
	Entries, AnswerEntries, Flags, ThreadCPU, ThreadIdle, Features, Workers uint32
	_                                                                       [3]uint32
	Requests                                                                requestOffsets
	Answers                                                                 answerOffsets
}

// requestOffsets is struct io_sqring_offsets.
type requestOffsets struct {
	Head, Tail, Mask, Entries, Flags, Dropped, Array uint32
	_                                                uint32
	_                                                uint64
}

// answerOffsets is struct io_cqring_offsets.
type answerOffsets struct {
	Head, Tail, Mask, Entries, Overflow, List, Flags uint32
	_                                                uint32
	_                                                uint64
}

// entry is struct io_uring_sqe.
type entry struct {
	Op       Op
	Flags    uint8
	Priority uint16
	FD       int32
	At       uint64
	Address  uint64
	Length   uint32
	OpFlags  uint32
	Tag      uint64
	_        [3]uint64
}

// answer is struct io_uring_cqe.
type answer struct {
	Tag    uint64
	Result int32
	Flags  uint32
}
