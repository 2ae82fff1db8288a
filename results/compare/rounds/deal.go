package rounds

// Deal puts both sides on one level and deals their medians to them anew.
func Deal(a, b *Side, shuffle func(n int, swap func(i, k int))) {
	all := make([]float64, 0, len(a.Logs)+len(b.Logs))
	for _, s := range [...]*Side{a, b} {
		middle := logMiddle(s)
		for _, v := range s.Logs {
			all = append(all, v-middle)
		}
	}
	shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	a.set(all[:len(a.Logs)])
	b.set(all[len(a.Logs):])
}

// Turn puts pairs of rounds on one level and turns each of them around or not: coin returns a number below 2.
func Turn(a, b *Side, coin func(int) int) {
	middle := logMiddle(b) - logMiddle(a)
	for i := range a.Logs {
		b.Logs[i] -= middle
		if coin(2) == 1 {
			a.Logs[i], b.Logs[i] = b.Logs[i], a.Logs[i]
		}
	}
	a.set(a.Logs)
	b.set(b.Logs)
}
