package noise

import (
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// crowd is how many tasks for each processor make a machine too busy for a limit of time to tell anything. What a run starts
// by itself stays below: it has one cell for each processor.
const crowd = 4

// Crowded says how busy this machine was in the last minute, if it was too busy for a limit of time to tell anything; nil
// otherwise.
func Crowded() *record.Sentence { return crowded(line("/proc/loadavg"), len(allowed())) }

func crowded(loadavg string, processors int) *record.Sentence {
	first, _, _ := strings.Cut(loadavg, " ")
	tasks, err := strconv.ParseFloat(first, 64)
	if err != nil || tasks < float64(crowd*max(1, processors)) {
		return nil
	}
	s := record.Sayf("the machine was too busy to tell: %s tasks wanted its %d processors", "机器过于繁忙，无法判断：%s 个任务争用 %d 个处理器", first, processors)
	return &s
}
