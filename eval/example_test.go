package eval_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"deepgmm/eval"
)

// rows are two groups of points in the plane.
var rows = eval.Matrix{N: 6, D: 2, X: []float32{0, 0, 0, 0.1, 0.1, 0, 1, 1, 1, 0.9, 0.9, 1}}

func ExampleFitKMeans() {
	m, err := eval.FitKMeans(context.Background(), rows, eval.KMeansConfig{K: 2, NInit: 5}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		log.Fatal(err)
	}
	t := eval.NewContingency([]int{0, 0, 0, 1, 1, 1}, m.Labels)
	fmt.Printf("inertia %.3f, purity %.1f\n", m.Inertia, t.Purity())
	// Output: inertia 0.027, purity 1.0
}

func ExampleFitGMM() {
	g, err := eval.FitGMM(context.Background(), rows, eval.GMMConfig{K: 2, RegCovar: 1e-3}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		log.Fatal(err)
	}
	scores := g.LogProb(nil, eval.Matrix{N: 2, D: 2, X: []float32{0, 0.05, 0.5, 0.5}}, 0)
	fmt.Println("the first is likelier:", scores[0] > scores[1])
	// Output: the first is likelier: true
}

func ExampleContingency() {
	classes := []int{0, 0, 0, 1, 1, 2}
	clusters := []int{5, 5, 7, 7, 7, 7}
	t := eval.NewContingency(classes, clusters)
	fmt.Printf("purity %.3f, NMI %.3f, ARI %.3f, accuracy %.3f\n", t.Purity(), t.NMI(), t.ARI(), t.Accuracy())
	// Output: purity 0.667, NMI 0.386, ARI 0.037, accuracy 0.667
}

func ExampleAUC() {
	known, unknown := []float64{3, 2, 2}, []float64{1, 2}
	auc, err := eval.AUC(known, unknown)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", auc) // four of six pairs won, two tied
	// Output: 0.833
}

func ExampleROC() {
	points, err := eval.ROC([]float64{3, 2}, []float64{1, 2}, true)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range points {
		fmt.Printf("score ≥ %v: %.1f of the outliers, %.1f of the inliers\n", p.Threshold, p.FPR, p.TPR)
	}
	// Output:
	// score ≥ +Inf: 0.0 of the outliers, 0.0 of the inliers
	// score ≥ 3: 0.0 of the outliers, 0.5 of the inliers
	// score ≥ 2: 0.5 of the outliers, 1.0 of the inliers
	// score ≥ 1: 1.0 of the outliers, 1.0 of the inliers
}

func ExampleAssignment() {
	fmt.Println(eval.Assignment([][]float64{{4, 1, 3}, {2, 0, 5}, {3, 2, 2}}))
	// Output: [1 0 2]
}

func ExampleClusterValidity() {
	v, err := eval.ClusterValidity(context.Background(), rows, []int{0, 0, 0, 1, 1, 1}, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Davies–Bouldin %.2f, Dunn %.1f, silhouette %.2f\n", v.DaviesBouldin, v.Dunn, v.Silhouette)
	// Output: Davies–Bouldin 0.10, Dunn 9.0, silhouette 0.91
}

func ExampleBootstrap() {
	i := eval.Bootstrap([]float64{0.81, 0.83, 0.80, 0.84, 0.82}, 10_000, rand.New(rand.NewPCG(1, 2)))
	fmt.Printf("%.3f in [%.2f, %.2f]\n", i.Mean, i.Low, i.High)
	// Output: 0.820 in [0.81, 0.83]
}
