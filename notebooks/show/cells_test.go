package show

import (
	"slices"
	"strings"
	"testing"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
)

func TestCellsComeFromTheCache(t *testing.T) {
	t.Setenv("DCGMM_NOTEBOOK_CACHE", t.TempDir())
	data := dataset.Glyphs(200, 20, 60, 1)
	model := cell.Model{Name: "deep", Kind: cell.SGD, Arch: "F8/4 G4 F6 G4", Init: dcgmm.Init{MaxPrecRoot: 8}, Train: dcgmm.Config{Epochs: 1}}
	specs := []cell.Spec{
		{Data: data.Name, LeaveOut: cell.NoClass, On: cell.Test, Seed: 1, Model: model},
		{Data: data.Name, LeaveOut: 3, On: cell.Test, Seed: 1, Model: model},
		{Data: data.Name, LeaveOut: cell.NoClass, On: cell.Test, Seed: 1, Model: cell.Model{Name: "k-means", Kind: cell.KMeans, K: 4}},
	}
	if _, err := CellNetwork(data, specs[0]); err == nil || !strings.Contains(err.Error(), "run the cell above") {
		t.Errorf("a network that is not there: %v", err)
	}
	first, err := Cells(data, specs...)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Cells(data, specs...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range specs {
		if first[i].Seconds != again[i].Seconds || first[i].Spec.String() != specs[i].String() {
			t.Errorf("%s was computed again, or is %s", specs[i], again[i].Spec)
		}
	}
	net, err := CellNetwork(data, specs[1])
	if err != nil || net.Arch().String() != model.Arch {
		t.Errorf("the network: %v", err)
	}
	if got := ClusterTable("", first...).Rows; len(got) != 3 {
		t.Errorf("%d rows of clusters", len(got))
	}
	if got := OutlierTable("", "layer 1", data.Test, first...).Rows; len(got) != 1 {
		t.Errorf("%d rows of outliers: only the deep model has two layers", len(got))
	}
}

// outlierResult has an AUC and a curve.
func outlierResult(model string, without int, auc float64) *cell.Result {
	return &cell.Result{Spec: cell.Spec{LeaveOut: without, Model: cell.Model{Name: model}},
		Outliers: []cell.Outlier{{Score: cell.MainScore, AUC: auc, ROC: []cell.ROC{{FPR: 0, TPR: 0}, {FPR: 0.5, TPR: auc}, {FPR: 1, TPR: 1}}}}}
}

func TestOutlierTable(t *testing.T) {
	set := &dataset.Set{ClassNames: []string{"cat", "dog", "eel"}}
	results := []*cell.Result{outlierResult("flat", 2, 0.6), outlierResult("deep", 2, 0.8), outlierResult("flat", 0, 0.5), outlierResult("deep", 0, 0.9), outlierResult("half", 0, 0.4)}
	table := OutlierTable("AUC", cell.MainScore, set, results...)
	if len(table.Rows) != 2 {
		t.Fatalf("%d rows: a model without a result for each class must be left out", len(table.Rows))
	}
	for column, want := range map[string]float64{"AUC without eel": 0.8, "AUC without cat": 0.9, "AUC, mean of 2": 0.85} {
		v, ok := table.Lookup("deep", column)
		if got, _ := v.Float(); !ok || got < want-1e-12 || got > want+1e-12 {
			t.Errorf("%s: %v, want %v", column, got, want)
		}
	}
	panels := ROC(set, results...)
	if len(panels) != 2 || panels[0].Title != "trained without eel" || len(panels[0].Lines) != 2 || len(panels[1].Lines) != 3 {
		t.Fatalf("diagrams: %+v", panels)
	}
	if l := panels[0].Lines[1]; l.Name != "deep, AUC 0.800" || !slices.Equal(l.X, []float64{0, 0.5, 1}) || !slices.Equal(l.Y, []float64{0, 0.8, 1}) {
		t.Errorf("curve %+v", l)
	}
}

func TestClustersByPurity(t *testing.T) {
	set := &dataset.Set{N: 8, H: 1, W: 1, C: 1, Pix: make([]uint8, 8), Classes: 2, Labels: []uint8{0, 0, 0, 1, 1, 1, 0, 1}}
	cluster := []int{5, 5, 5, 5, 2, 2, 9, 9}
	if got := ClustersByPurity(set, cluster, 1); !slices.Equal(got, []int{2, 5, 9}) {
		t.Errorf("order %v", got)
	}
	if got := ClustersByPurity(set, cluster, 3); !slices.Equal(got, []int{5}) {
		t.Errorf("of at least 3: %v", got)
	}
	sheets := Members(set, cluster, 3, 5, 7, 2)
	if len(sheets) != 2 || sheets[0].Caption != "cluster 5: 4 images, 75 % of class 0" || len(sheets[0].Captions) != 3 || len(sheets[1].Captions) != 2 {
		t.Errorf("sheets %+v", sheets)
	}
	if got := spread([]int{10, 11, 12, 13, 14, 15, 16}, 3); !slices.Equal(got, []int{10, 12, 14}) {
		t.Errorf("three of seven: %v", got)
	}
}
