package series

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// each is the number of problems of one kind that are reported for one file. The others are counted.
const each = 3

// problems collects the problems of the input. The rest of the input is used.
type problems struct {
	list  []*record.Problem
	count map[string]int // by file and kind
	more  []string       // files and kinds with more than each problems, in order
}

// add adds a problem at a line; line 0 is the file as a whole.
func (p *problems) add(kind, file string, line int, en, zh string, args ...any) {
	key := file + "\x00" + kind
	if p.count == nil {
		p.count = map[string]int{}
	}
	p.count[key]++
	switch {
	case p.count[key] <= each:
		p.list = append(p.list, record.Wrongf(place(file, line), en, zh, args...))
	case p.count[key] == each+1:
		p.more = append(p.more, key)
	}
}

// refused adds the problem that a file is not read at all.
func (p *problems) refused(file string, err error) {
	var why *record.Problem
	if errors.As(err, &why) {
		p.add("open", file, 0, "%[1]s", "%[2]s", why.Sentence.En, why.Sentence.In("zh"))
		return
	}
	p.add("open", file, 0, "cannot be read: %v", "无法读取：%v", withoutPath(err))
}

// all returns the problems, and for each kind beyond the limit how many more there are.
func (p *problems) all() []*record.Problem {
	list := p.list
	for _, key := range p.more {
		file, _, _ := strings.Cut(key, "\x00")
		list = append(list, record.Wrongf(file, "%d more like it", "另有 %d 处同类问题", p.count[key]-each))
	}
	return list
}

// place returns "file:line", or the file for line 0.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}
