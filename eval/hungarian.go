package eval

import (
	"fmt"
	"math"
)

// Assignment solves the rectangular assignment problem: it gives every row of
// the n×m cost matrix a column of its own, or for n > m every column a row,
// with the least total cost. It returns each row's column, −1 for none. Equal
// costs are settled the same way every time.
//
// It is the Hungarian method: rows enter one at a time by a shortest augmenting
// path over the costs reduced by row and column potentials, which keeps every
// reduced cost ≥ 0 and that of matched pairs 0 (Jonker & Volgenant 1987);
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
		return newMatching(n, m, func(i, j int) float64 { return cost[i][j] * scale }).solve()
	}
	columns := make([]int, n)
	for i := range columns {
		columns[i] = -1
	}
	for j, i := range newMatching(m, n, func(j, i int) float64 { return cost[i][j] * scale }).solve() {
		columns[i] = j
	}
	return columns
}

// matching is a partial assignment of n rows to m ≥ n columns with its potentials.
type matching struct {
	n, m       int
	cost       func(i, j int) float64
	u, v       []float64 // potentials of rows and columns
	rowOf      []int     // of a column, −1: free
	columnOf   []int     // of a row
	dist       []float64 // reduced length of the shortest path to a column
	via        []int     // the row before the column on that path
	tree, todo []int     // columns whose shortest path is final, and is not
}

func newMatching(n, m int, cost func(i, j int) float64) *matching {
	a := &matching{
		n: n, m: m, cost: cost,
		u: make([]float64, n), v: make([]float64, m), rowOf: make([]int, m), columnOf: make([]int, n),
		dist: make([]float64, m), via: make([]int, m),
	}
	for j := range a.rowOf {
		a.rowOf[j] = -1
	}
	return a
}

func (a *matching) solve() []int {
	for i := range a.n {
		a.augment(i, a.search(i))
	}
	return a.columnOf
}

// search grows a tree of shortest paths from row root (Dijkstra) until it
// reaches a free column, which it returns.
func (a *matching) search(root int) int {
	a.tree, a.todo = a.tree[:0], a.todo[:0]
	for j := range a.m {
		a.dist[j] = math.Inf(1)
		a.todo = append(a.todo, j)
	}
	i, length := root, 0.0
	for {
		next := 0
		for t, j := range a.todo {
			if d := length + a.cost(i, j) - a.u[i] - a.v[j]; d < a.dist[j] {
				a.dist[j], a.via[j] = d, i
			}
			if a.dist[j] < a.dist[a.todo[next]] {
				next = t
			}
		}
		j := a.todo[next]
		length = a.dist[j]
		if a.rowOf[j] < 0 {
			a.reprice(root, length)
			return j
		}
		a.tree = append(a.tree, j)
		a.todo = append(a.todo[:next], a.todo[next+1:]...)
		i = a.rowOf[j]
	}
}

// reprice restores the potentials' properties after a path of this length.
func (a *matching) reprice(root int, length float64) {
	a.u[root] += length
	for _, j := range a.tree {
		a.u[a.rowOf[j]] += length - a.dist[j]
		a.v[j] -= length - a.dist[j]
	}
}

// augment matches along the path that ends in the free column j.
func (a *matching) augment(root, j int) {
	for {
		i := a.via[j]
		a.rowOf[j] = i
		a.columnOf[i], j = j, a.columnOf[i]
		if i == root {
			return
		}
	}
}
