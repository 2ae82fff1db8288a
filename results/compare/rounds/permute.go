package rounds

// Permute shifts both sides to the same level and distributes their medians to the two sides at random, by shuffle.
func Permute(a, b *Side, shuffle func(n int, swap func(i, k int))) {
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

// FlipPairs shifts both sides to the same level and exchanges the rounds of each pair for which coin(2) returns 1.
func FlipPairs(a, b *Side, coin func(int) int) {
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
