package workload

import (
	"encoding/binary"
	"strconv"
	"sync"
)

// session is what a service keeps of a user: a list of small objects.
type session struct {
	id     int
	events *event
	names  map[string]*event
}

// event is a small object with a pointer, as most objects of a service are.
type event struct {
	next  *event
	value int
	text  string
}

const (
	sessionCount  = 4000
	sessionEvents = 80
	sessionNames  = 12
)

// requests is the service: sessions in shards, as the service's workers must not wait for each other.
type requests struct {
	shards [64]struct {
		mu       sync.Mutex
		sessions map[int]*session
	}
	mapped []byte // of the workload mmap; nil for request
}

func startRequests() program { return newRequests() }

func newRequests() *requests {
	r := &requests{}
	for i := range r.shards {
		r.shards[i].sessions = map[int]*session{}
	}
	for id := range sessionCount {
		r.shards[id%len(r.shards)].sessions[id] = newSession(id)
	}
	return r
}

func newSession(id int) *session {
	s := &session{id: id, names: make(map[string]*event, sessionNames)}
	for i := range sessionEvents {
		s.events = &event{next: s.events, value: id + i, text: strconv.Itoa(1000000 + id*sessionEvents + i)}
		if i < sessionNames {
			s.names[s.events.text] = s.events
		}
	}
	return s
}

// operation is one request: a message is decoded, every fourth replaces its session, and an answer is encoded.
func (r *requests) operation(worker, n int) int {
	id := (n*31 + worker*977) % sessionCount
	fields := decode(id, 40)
	shard := &r.shards[id%len(r.shards)]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	s := shard.sessions[id]
	if s == nil || s.id != id {
		return 1
	}
	if n%4 == 0 {
		shard.sessions[id] = newSession(id)
	}
	sum := 0
	for e := s.events; e != nil; e = e.next {
		sum += e.value
	}
	answer := make([]byte, 0, 2048)
	for f := fields; f != nil; f = f.next {
		answer = append(answer, f.text...)
	}
	answer = binary.LittleEndian.AppendUint64(answer, uint64(sum))
	if len(answer) < 8 || sum != sessionEvents*id+sessionEvents*(sessionEvents-1)/2 {
		return 1
	}
	return 0
}

// decode makes the fields of a message.
func decode(seed, n int) (fields *event) {
	for i := range n {
		fields = &event{next: fields, value: i, text: strconv.Itoa(1000000 + seed + i)}
	}
	return fields
}

func (r *requests) stop() (lost int) {
	found := 0
	for i := range r.shards {
		for id, s := range r.shards[i].sessions {
			events := 0
			for e := s.events; e != nil; e = e.next {
				events++
			}
			if s.id == id && events == sessionEvents {
				found++
			}
		}
	}
	return sessionCount - found + r.unmap()
}
