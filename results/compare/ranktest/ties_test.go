package ranktest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// whole is P(2U <= v) for each v, by Klotz's recurrence over the whole pattern of ties, without cutting, mirroring or
// packing: ways[k][v] for k values of the first sample and twice their U.
func whole(n1, n2 int, groups []int) []float64 {
	ways := make([][]float64, n1+1)
	for k := range ways {
		ways[k] = make([]float64, 2*k*(n1+n2-k)+1)
	}
	ways[0][0] = 1
	before := 0
	for _, g := range groups {
		for k := min(n1, before+g); k > 0; k-- {
			for j := 1; j <= min(g, k); j++ {
				if others := before - (k - j); others >= 0 {
					for v, n := range ways[k-j][:2*(k-j)*others+1] {
						ways[k][v+j*(2*others+g-j)] += choose[g][j] * n
					}
				}
			}
		}
		before += g
	}
	p, sum := ways[n1], 0.0
	for v, n := range p {
		sum += n
		p[v] = sum / choose[n1+n2][n1]
	}
	return p
}

// tieGroups are groups of random sizes up to most, together n.
func tieGroups(r *rand.Rand, n, most int) (groups []int) {
	for n > 0 {
		g := min(n, 1+r.IntN(most))
		groups = append(groups, g)
		n -= g
	}
	r.Shuffle(len(groups), func(i, k int) { groups[i], groups[k] = groups[k], groups[i] })
	return groups
}

// However the ties lie, cutting the pattern in two must count what walking it does: to the last digit, for all counts are
// whole numbers.
func TestSameAsWalkingTheWholePattern(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var tester Tester
	narrow, wide, across := 0, 0, 0
	check := func(n1, n2 int, groups []int) {
		t.Helper()
		tester.groups = groups
		want := whole(n1, n2, groups)
		for _, twoU := range []int{0, 1, n1 * n2 / 2, n1*n2*2/3 + r.IntN(1+n1*n2/3), 2*n1*n2 - 1, 2 * n1 * n2} {
			if got := tester.tied(twoU, n1, n2); got != want[twoU] {
				t.Fatalf("%d and %d values in groups %v: P(2U <= %d) = %v, want %v", n1, n2, groups, twoU, got, want[twoU])
			}
		}
		low, high := tester.cut(n1, n2)
		if low.inner > 0 {
			across++
		}
		if _, ok := countWays(&tester.narrow, addNarrow, low, high, n1*n2, n1); ok {
			narrow++
		} else {
			wide++
		}
	}
	for range 200 {
		n1, n2 := 1+r.IntN(25), 1+r.IntN(25)
		check(n1, n2, tieGroups(r, n1+n2, 1+r.IntN(n1+n2)))
		check(20, 20, tieGroups(r, 40, 3))
	}
	for _, groups := range [][]int{{25, 25}, {1, 48, 1}, {49, 1}, {1, 49}, {24, 2, 24}, {16, 18, 16}, {15, 19, 16}, {10, 10, 10, 10, 10},
		slices.Repeat([]int{1}, 50), slices.Repeat([]int{2}, 25), slices.Concat([]int{19}, slices.Repeat([]int{1}, 31))} {
		check(25, 25, groups)
	}
	if narrow < 100 || wide < 20 || across < 100 {
		t.Errorf("%d patterns in 16 bits, %d in 32, %d with a group across the middle: too few of one", narrow, wide, across)
	}
}

// What is kept must not depend on what was asked before, nor grow without bound.
func TestHalvesAreReused(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	var used Tester
	for i := range 3 * maxHalves {
		groups := tieGroups(r, 24, 4)
		var fresh Tester
		used.groups, fresh.groups = groups, groups
		if got, want := used.tied(60, 12, 12), fresh.tied(60, 12, 12); got != want {
			t.Fatalf("the %d-th test, groups %v: %v, want %v", i, groups, got, want)
		}
	}
	if n := len(used.narrow.now) + len(used.narrow.old); n > 2*maxHalves {
		t.Errorf("%d halves are kept", n)
	}
}

// The counts of a pattern and of its mirror image are kept once.
func TestMirroredPatternsShare(t *testing.T) {
	var tester Tester
	for _, groups := range [][]int{{1, 2, 3, 1, 3, 2, 1, 3, 4}, {4, 3, 1, 2, 3, 1, 3, 2, 1}} {
		tester.groups = groups
		if got, want := tester.tied(41, 10, 10), whole(10, 10, groups)[41]; got != want {
			t.Errorf("%v: %v, want %v", groups, got, want)
		}
	}
	if n := len(tester.narrow.now); n != 2 {
		t.Errorf("%d halves are kept, want 2: %v", n, fmt.Sprint(tester.narrow.now))
	}
}
