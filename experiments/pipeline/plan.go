package pipeline

import (
	"fmt"
	"io"
	"strings"

	"deepgmm/experiments/cell"
	"deepgmm/experiments/suite"
)

// Plan says what a tier would compute, how long it is expected to take on two cores like those of the estimate (suite.Cell.Seconds), in all and
// for each of n shards. It looks at no data.
func Plan(t suite.Tier, n int, out io.Writer) error {
	if n < 1 || n > suite.MaxShards {
		return fmt.Errorf("plan: --shards is %d; it must be between 1 and %d", n, suite.MaxShards)
	}
	parts := []string{"all classes", "one class left out", "drawing"}
	count, total := map[string]int{}, map[string]float64{}
	all := 0.
	for _, s := range t.Cells(t.Data) {
		part := partOf(s)
		count[part]++
		total[part] += s.Seconds()
		all += s.Seconds()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tier %s: %d cells, %s expected on 2 cores of 115 GFLOP/s each\n", t.Name, len(t.Cells(t.Data)), seconds(all))
	for _, p := range parts {
		fmt.Fprintf(&b, "  %-20s %4d cells  %s\n", p, count[p], seconds(total[p]))
	}
	if n > 1 {
		fmt.Fprintf(&b, "%d shards\n", n)
		load, cells := make([]float64, n), make([]int, n)
		shares := t.Assign(t.Data, n)
		for _, s := range t.Cells(t.Data) {
			i := shares[s.Place()] - 1
			load[i] += s.Seconds()
			cells[i]++
		}
		for i := range n {
			fmt.Fprintf(&b, "  %-20s %4d cells  %s\n", suite.Shard{Index: i + 1, Count: n}, cells[i], seconds(load[i]))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func partOf(s suite.Cell) string {
	switch {
	case s.Drawing != nil:
		return "drawing"
	case s.LeaveOut != cell.NoClass:
		return "one class left out"
	}
	return "all classes"
}
