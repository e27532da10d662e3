package eval

import (
	"fmt"
	"math"
	"slices"
)

// Assignment solves the rectangular assignment problem: it gives every row of the n×m cost matrix a column of its
// own, or for n > m every column a row, with the least total cost. It returns each row's column, −1 for none. Equal
// costs are settled the same way every time.
//
// It is the Hungarian method: rows enter one at a time by a shortest augmenting path over the costs reduced by row
// and column potentials, which keeps every reduced cost ≥ 0 and that of matched pairs 0 (Jonker & Volgenant 1987);
// O(min² · max). It panics if rows differ in length or a cost is NaN or infinite.
func Assignment(cost [][]float64) []int {
	n, m := len(cost), 0
	if n > 0 {
		m = len(cost[0])
	}
	scale := 1.0
	for _, row := range cost {
		if len(row) != m {
			panic(fmt.Sprintf("eval: Assignment: rows of %d and %d costs", m, len(row)))
		}
		for _, c := range row {
			if c-c != 0 {
				panic(fmt.Sprintf("eval: Assignment: a cost is %v", c))
			}
			if math.Abs(c) > 1e280 { // sums of costs must not overflow
				scale = 0x1p-100
			}
		}
	}
	if n <= m {
		return match(n, m, func(i, j int) float64 { return cost[i][j] * scale })
	}
	columns := slices.Repeat([]int{-1}, n)
	for j, i := range match(m, n, func(j, i int) float64 { return cost[i][j] * scale }) {
		columns[i] = j
	}
	return columns
}

// match gives each of n rows one of m ≥ n columns.
func match(n, m int, cost func(i, j int) float64) []int {
	u, v := make([]float64, n), make([]float64, m+1) // potentials
	rowOf := slices.Repeat([]int{-1}, m+1)           // of a column, −1: free; the last column is where a row enters
	via, dist, final := make([]int, m), make([]float64, m), make([]bool, m)
	for row := range n {
		rowOf[m] = row
		for j := range m {
			dist[j], final[j] = math.Inf(1), false
		}
		tree, at := []int{m}, m // columns whose shortest path (Dijkstra) is final, and the last of them
		for length := 0.0; ; tree = append(tree, at) {
			i, next := rowOf[at], -1
			for j := range m {
				if final[j] {
					continue
				}
				if d := length + cost(i, j) - u[i] - v[j]; d < dist[j] {
					dist[j], via[j] = d, at
				}
				if next < 0 || dist[j] < dist[next] {
					next = j
				}
			}
			at, length = next, dist[next]
			if rowOf[at] < 0 {
				reprice(u, v, rowOf, dist, tree, length)
				break
			}
			final[at] = true
		}
		for at != m { // along the path
			rowOf[at], at = rowOf[via[at]], via[at]
		}
	}
	columns := make([]int, n)
	for j, i := range rowOf[:m] {
		if i >= 0 {
			columns[i] = j
		}
	}
	return columns
}

// reprice restores the potentials' properties after a path of this length.
func reprice(u, v []float64, rowOf []int, dist []float64, tree []int, length float64) {
	u[rowOf[tree[0]]] += length
	for _, j := range tree[1:] {
		u[rowOf[j]] += length - dist[j]
		v[j] -= length - dist[j]
	}
}
