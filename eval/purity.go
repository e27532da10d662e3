package eval

import (
	"fmt"
	"math"
	"slices"
)

// Contingency crosses the true classes of N items with the clusters a model put them in.
type Contingency struct {
	N        int
	Classes  []int   // the class labels that occur, rising
	Clusters []int   // the cluster labels that occur, rising
	Count    [][]int // Count[i][j]: items of class Classes[i] in cluster Clusters[j]
}

// NewContingency counts pairs of labels, which may be any integers. It panics
// if there are none or the slices differ in length.
func NewContingency(classes, clusters []int) *Contingency {
	if len(classes) != len(clusters) || len(classes) == 0 {
		panic(fmt.Sprintf("eval: NewContingency: %d classes and %d clusters, want equal and above 0", len(classes), len(clusters)))
	}
	rows, rowNames := compact(classes)
	cols, colNames := compact(clusters)
	t := &Contingency{N: len(classes), Classes: rowNames, Clusters: colNames, Count: make([][]int, len(rowNames))}
	for i := range t.Count {
		t.Count[i] = make([]int, len(colNames))
	}
	for n, i := range rows {
		t.Count[i][cols[n]]++
	}
	return t
}

// compact renumbers labels 0, 1, … in rising order and returns their old names.
func compact(labels []int) (index, names []int) {
	names = slices.Compact(slices.Sorted(slices.Values(labels)))
	index = make([]int, len(labels))
	for n, l := range labels {
		index[n], _ = slices.BinarySearch(names, l)
	}
	return index, names
}

// sums returns how many items each class and each cluster has.
func (t *Contingency) sums() (rows, cols []int) {
	rows, cols = make([]int, len(t.Classes)), make([]int, len(t.Clusters))
	for i, row := range t.Count {
		for j, n := range row {
			rows[i] += n
			cols[j] += n
		}
	}
	return rows, cols
}

// Purity is the share of items that belong to the most frequent class of their cluster, in (0, 1]. It rises with the
// number of clusters: compare at equal K only.
func (t *Contingency) Purity() float64 {
	hits := 0
	for j := range t.Clusters {
		most := 0
		for i := range t.Classes {
			most = max(most, t.Count[i][j])
		}
		hits += most
	}
	return float64(hits) / float64(t.N)
}

// NMI is the mutual information of classes and clusters over the arithmetic
// mean of their entropies, in [0, 1]; 1 if both are a single group, 0 if one is.
func (t *Contingency) NMI() float64 {
	if len(t.Classes) == 1 && len(t.Clusters) == 1 {
		return 1
	}
	rows, cols := t.sums()
	var mi float64
	for i, row := range t.Count {
		for j, n := range row {
			if n > 0 {
				mi += float64(t.share(n) * (math.Log(t.share(n)) - math.Log(t.share(rows[i])) - math.Log(t.share(cols[j]))))
			}
		}
	}
	if mi <= 0x1p-52 { // independent but for rounding
		return 0
	}
	return min(1, mi/((t.entropy(rows)+t.entropy(cols))/2))
}

func (t *Contingency) share(n int) float64 { return float64(n) / float64(t.N) }

func (t *Contingency) entropy(counts []int) float64 {
	var h float64
	for _, n := range counts {
		h -= float64(t.share(n) * math.Log(t.share(n)))
	}
	return h
}

// ARI is the adjusted Rand index: the share of pairs of items on which classes and clusters agree, rescaled so that
// chance gives 0 and equality 1. It can be negative, to −0.5.
func (t *Contingency) ARI() float64 {
	rows, cols := t.sums()
	var both, inClass, inCluster float64 // pairs that are together
	for i, row := range t.Count {
		for _, n := range row {
			both += float64(pairs(n))
		}
		inClass += float64(pairs(rows[i]))
	}
	for _, n := range cols {
		inCluster += float64(pairs(n))
	}
	if both == inClass && both == inCluster {
		return 1
	}
	chance := inClass * inCluster / pairs(t.N)
	return (both - chance) / (float64((inClass+inCluster)/2) - chance)
}

func pairs(n int) float64 { return float64(n) * float64(n-1) / 2 }

// Accuracy is the share of items whose class is the one matched with their cluster, under the one-to-one matching
// that makes it largest. With more clusters than classes the rest counts as wrong.
func (t *Contingency) Accuracy() float64 {
	cost := make([][]float64, len(t.Classes))
	for i, row := range t.Count {
		cost[i] = make([]float64, len(row))
		for j, n := range row {
			cost[i][j] = -float64(n)
		}
	}
	hits := 0
	for i, j := range Assignment(cost) {
		if j >= 0 {
			hits += t.Count[i][j]
		}
	}
	return float64(hits) / float64(t.N)
}
