package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"deepgmm/dataset"
	"deepgmm/experiments/report"
)

// ClustersByPurity lists the clusters with at least least members, first the one with the largest share of its most frequent class;
// of equal ones the larger first, then the lower number. cluster has one for each image of the set, which must have labels.
func ClustersByPurity(set *dataset.Set, cluster []int, least int) []int {
	counts := classCounts(set, cluster)
	var order []int
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if size(counts[k]) >= max(1, least) {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(clusterPurity(counts[b]), clusterPurity(counts[a])), cmp.Compare(size(counts[b]), size(counts[a])))
	})
	return order
}

// Members shows n members of each of some clusters, evenly spread over the order of the set, one sheet for each with classes below the images;
// the caption has the number of the cluster, its size and the share of its most frequent class. Clusters without members are left out.
func Members(set *dataset.Set, cluster []int, n int, clusters ...int) []report.Sheet {
	counts := classCounts(set, cluster)
	var sheets []report.Sheet
	for _, k := range clusters {
		if counts[k] == nil {
			continue
		}
		var members []int
		for i, c := range cluster {
			if c == k {
				members = append(members, i)
			}
		}
		most := slices.Index(counts[k], slices.Max(counts[k]))
		sheets = append(sheets, SetSheet(fmt.Sprintf("cluster %d: %d images, %.0f %% of class %s", k, len(members), 100*clusterPurity(counts[k]), ClassName(set, most)), min(n, 6), set.Subset(spread(members, n))))
	}
	return sheets
}

// spread are n of all, evenly spaced.
func spread(all []int, n int) []int {
	var some []int
	for i := range min(n, len(all)) {
		some = append(some, all[i*len(all)/min(n, len(all))])
	}
	return some
}

// classCounts are the numbers of members of each class, by cluster. It panics unless there is a cluster and a label for each image.
func classCounts(set *dataset.Set, cluster []int) map[int][]int {
	if len(cluster) != set.N || len(set.Labels) != set.N {
		panic(fmt.Sprintf("show: clusters: %d images, %d labels, %d clusters", set.N, len(set.Labels), len(cluster)))
	}
	counts := map[int][]int{}
	for i, k := range cluster {
		if counts[k] == nil {
			counts[k] = make([]int, set.Classes)
		}
		counts[k][set.Labels[i]]++
	}
	return counts
}

func size(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func clusterPurity(counts []int) float64 { return float64(slices.Max(counts)) / float64(size(counts)) }
