package abi

// An action is what a function holds registers over: a system call with three arguments, or, if it has no number, a loop of
// some rounds, in which signals of others and switches of the processor come.
type action struct {
	number, first, second, third uintptr
	rounds                       uintptr
}

// caughtSignal is what the signal handler catch has received, and how it is told what to do.
type caughtSignal struct {
	count   uint64
	stack   uint64 // the stack pointer at the start of the handler
	nest    uint64 // how often the handler sends a signal again, by the call below
	number  uint64
	first   uint64
	second  uint64
	third   uint64
	wide    uint64 // bits of the widest vector registers that the handler destroys
	depth   uint64 //lint:ignore U1000 handlers that run within each other now: the handler alone counts them
	deepest uint64 // and at most
	control uint64 // what the handler sets the floating-point control register to
	farAt   uint64 // where the handler reads a word of ucontext_t that lies behind context; 0 for none
	far     uint64 // that word
	_       [24]byte
	info    [128]byte // siginfo_t
	context [512]byte // the first bytes of ucontext_t
}

// caught is where the handler writes.
var caught caughtSignal

//lint:ignore U1000 catchAddress returns its address
func catch()
func catchAddress() uintptr
func holdAddress() uintptr
func holdGeneral(in, out *uint64, act *action)
func hold128(in, out *uint64, act *action)
func holdControl(in, out *uint64, act *action)
func readControl() uint64
func readCounter() uint64

// vectors is a class of vector registers.
type vectors struct {
	bits, registers int
	here            bool // the processor has them
	hold            func(in, out *uint64, act *action)
}

// A chipABI is what the specs of registers and signal frames have to know of an architecture.
type chipABI struct {
	overCalls, overTime []int  // numbers of general registers that are held over a system call, and over time
	name                string // of general registers: name and number
	pc                  int    // offset of the program counter in ucontext_t
	mask                int    // that of the signal mask, which may lie behind what the handler copies
	register            func(i int) int
	vectors             []vectors
	towardZero          uint64 // the floating-point control register that rounds toward zero
	control             uint64 // its value at the start of a thread
	controlMask         uint64 // without flags of what has happened
	pushed              uint64 // bytes on the stack at the start of a handler
}
