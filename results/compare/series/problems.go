package series

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// each is how many problems of one kind are told of one file; a file of rubbish is not worth ten thousand sentences.
const each = 3

// problems collects what is wrong with the input. The rest of it is used.
type problems struct {
	list  []*record.Problem
	count map[string]int // by file and kind
	more  []string       // files and kinds beyond each, in order
}

// add says what is wrong at a line; line 0 is the file as a whole.
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

// refused says why a file is not read at all.
func (p *problems) refused(file string, err error) {
	var why *record.Problem
	if errors.As(err, &why) {
		p.add("open", file, 0, "%[1]s", "%[2]s", why.Sentence.En, why.Sentence.In("zh"))
		return
	}
	p.add("open", file, 0, "cannot be read: %v", "无法读取：%v", withoutPath(err))
}

// all is everything said, with the number of what was left unsaid.
func (p *problems) all() []*record.Problem {
	list := p.list
	for _, key := range p.more {
		file, _, _ := strings.Cut(key, "\x00")
		list = append(list, record.Wrongf(file, "%d more like it", "另有 %d 处同类问题", p.count[key]-each))
	}
	return list
}

func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}
