package noise

import (
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxTasksPerCPU is the load per processor above which a deadline says nothing about the code. A run itself causes less load: it
// runs one cell per processor.
const maxTasksPerCPU = 4

// Crowded returns a sentence with the load of the last minute if the machine was so busy that a deadline says nothing about the
// code; nil if it was not.
func Crowded() *record.Sentence { return crowded(firstLine("/proc/loadavg"), len(allowed())) }

func crowded(loadavg string, processors int) *record.Sentence {
	first, _, _ := strings.Cut(loadavg, " ")
	tasks, err := strconv.ParseFloat(first, 64)
	if err != nil || tasks < float64(maxTasksPerCPU*max(1, processors)) {
		return nil
	}
	s := record.Sayf("the machine was too busy to tell: %s tasks wanted its %d processors", "机器过于繁忙，无法判断：%s 个任务争用 %d 个处理器", first, processors)
	return &s
}
