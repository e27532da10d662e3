package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"deepgmm/dataset"
	"deepgmm/experiments/report"
)

// byCluster are the members of each cluster, in the order of the set. It panics unless there is a cluster for each image.
func byCluster(set *dataset.Set, cluster []int) map[int][]int {
	if len(cluster) != set.N {
		panic(fmt.Sprintf("show: clusters: %d clusters for %d images", len(cluster), set.N))
	}
	members := map[int][]int{}
	for i, k := range cluster {
		members[k] = append(members[k], i)
	}
	return members
}

// Clusters shows the first images of the largest clusters, each with its number, its size and the classes of its images,
// if the set has labels. cluster has one number for each image, as Evaluation.Cluster does; at most n clusters and
// perCluster images of each are shown. It panics unless there is a cluster for each image.
func Clusters(set *dataset.Set, cluster []int, n, perCluster int) []report.Sheet {
	members := byCluster(set, cluster)
	order := slices.SortedFunc(maps.Keys(members), func(a, b int) int {
		return cmp.Or(cmp.Compare(len(members[b]), len(members[a])), cmp.Compare(a, b))
	})
	var sheets []report.Sheet
	for _, k := range order[:min(n, len(order))] {
		all := members[k]
		caption := fmt.Sprintf("cluster %d, %d images", k, len(all))
		sheets = append(sheets, SetSheet(caption, 10, set.Subset(all[:min(perCluster, len(all))])))
	}
	return sheets
}

// ClustersByPurity lists the clusters with at least least members, first the one with the largest share of its most
// frequent class; of equal ones the larger first, then the lower number. cluster has one for each image of the set,
// which must have labels.
func ClustersByPurity(set *dataset.Set, cluster []int, least int) []int {
	members := byCluster(set, cluster)
	purity := map[int]float64{}
	for k, all := range members {
		if len(all) >= least {
			_, purity[k] = mainClass(set, all)
		}
	}
	return slices.SortedFunc(maps.Keys(purity), func(a, b int) int {
		return cmp.Or(cmp.Compare(purity[b], purity[a]), cmp.Compare(len(members[b]), len(members[a])), cmp.Compare(a, b))
	})
}

// Members shows n members of each of some clusters, evenly spread over the order of the set, one sheet for each with
// classes below the images; the caption has the number of the cluster, its size and the share of its most frequent
// class. Clusters without members are left out.
func Members(set *dataset.Set, cluster []int, n int, clusters ...int) []report.Sheet {
	members := byCluster(set, cluster)
	var sheets []report.Sheet
	for _, k := range clusters {
		all := members[k]
		if len(all) == 0 {
			continue
		}
		class, purity := mainClass(set, all)
		caption := fmt.Sprintf("cluster %d: %d images, %.0f %% of class %s", k, len(all), 100*purity, ClassName(set, class))
		sheets = append(sheets, SetSheet(caption, min(n, 6), set.Subset(spread(all, n))))
	}
	return sheets
}

// mainClass is the most frequent class of some images, of equals the least, and its share of them. It panics without
// labels.
func mainClass(set *dataset.Set, images []int) (class int, purity float64) {
	if len(set.Labels) != set.N {
		panic(fmt.Sprintf("show: clusters: %d labels for %d images", len(set.Labels), set.N))
	}
	classes := make([]int, len(images))
	for i, at := range images {
		classes[i] = int(set.Labels[at])
	}
	class = MostFrequent(classes)
	return class, share(classes, func(c int) bool { return c == class })
}

// MostFrequent is the class that comes most often, of equals the least; −1 if there are none.
func MostFrequent(classes []int) int {
	counts, best := map[int]int{-1: 0}, -1
	for _, c := range classes {
		counts[c]++
	}
	for c, n := range counts {
		if n > counts[best] || n == counts[best] && n > 0 && c < best {
			best = c
		}
	}
	return best
}

// spread are n of all, evenly spaced.
func spread(all []int, n int) []int {
	var some []int
	for i := range min(n, len(all)) {
		some = append(some, all[i*len(all)/min(n, len(all))])
	}
	return some
}
