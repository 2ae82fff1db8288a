package broker

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
)

// newKey is a machine's key that is not in the register yet.
type newKey struct {
	pem    string
	stored chan struct{} // closed when the register has it
}

// setUsers sets who may connect.
func (h *Hub) setUsers(o *server.Options) error {
	own, err := public(h.members.Seed)
	if err != nil {
		return err
	}
	o.Nkeys = []*server.NkeyUser{{Nkey: own}}
	for name, m := range h.members.Members {
		switch {
		case m.Revoked:
		case m.Role == fleet.AgentRole:
			o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: m.User, Permissions: permissions(name)})
		default:
			o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: m.User, Permissions: coordinatorPermissions(name)})
		}
	}
	return nil
}

// watchTime is the time between two looks at the register: whoever is enrolled or revoked is so within it.
const watchTime = 200 * time.Millisecond

// watch applies changes of the register, writes new keys into it, and clears the queue of what is done.
func (h *Hub) watch() {
	var last time.Time
	for tick := time.NewTicker(watchTime); ; {
		select {
		case <-h.stop:
			tick.Stop()
			return
		case <-tick.C:
		}
		h.storeKeys()
		h.clearDone()
		info, err := os.Stat(filepath.Join(h.dir.path, registerFile))
		if err != nil || info.ModTime().Equal(last) {
			continue
		}
		if h.reload() == nil {
			last = info.ModTime()
		}
	}
}

// reload reads the register, and has the engine end the connections of those who were revoked.
func (h *Hub) reload() error {
	r, err := h.dir.read()
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	same := maps.EqualFunc(h.members.Members, r.Members, func(a, b *member) bool { return a.User == b.User && a.Role == b.Role && a.Revoked == b.Revoked })
	h.members = r
	if same {
		return nil
	}
	o := h.options.Clone()
	if err := h.setUsers(o); err != nil {
		return err
	}
	return h.server.ReloadOptions(o)
}

// storeKeys writes the keys that machines have shown for the first time into the register, all at once.
func (h *Hub) storeKeys() {
	h.mu.Lock()
	fresh := h.keys
	h.keys = map[string]*newKey{}
	h.mu.Unlock()
	if len(fresh) == 0 {
		return
	}
	r, err := h.dir.change(func(r *register) error {
		for name, key := range fresh {
			if m := r.Members[name]; m != nil && m.Key == "" {
				m.Key = key.pem
			}
		}
		return nil
	})
	if err != nil {
		return // the machines report again
	}
	h.mu.Lock()
	for name := range fresh {
		if m := r.Members[name]; m != nil && h.members.Members[name] != nil {
			h.members.Members[name].Key = m.Key
		}
	}
	h.mu.Unlock()
	for _, key := range fresh {
		close(key.stored)
	}
}

// showKey notes the key that a machine shows for the first time, and waits until the register has it.
func (h *Hub) showKey(ctx context.Context, name, pem string) error {
	h.mu.Lock()
	key := h.keys[name]
	if key == nil {
		key = &newKey{pem, make(chan struct{})}
		h.keys[name] = key
	}
	h.mu.Unlock()
	select {
	case <-key.stored:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
