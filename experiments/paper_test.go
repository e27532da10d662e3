package experiments

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
)

// paper.md and the results in the README are what the committed results make of them.
func TestPaperIsFresh(t *testing.T) {
	paper, readme, err := Paper("..")
	if err != nil {
		t.Fatalf("%v", err)
	}
	for name, want := range map[string]string{"paper.md": paper, "README.md": readme} {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is stale: run `make paper`", name)
		}
	}
}

// project makes a project folder with results of all models of a tier, on few glyphs.
func project(t *testing.T, tier Tier) string {
	t.Helper()
	tier.Data, tier.Images = []string{"glyphs"}, 200
	tier.Drawing = tiny().Drawing
	for _, models := range [][]cell.Model{tier.Models, tier.Generators} {
		for i := range models {
			models[i].MaxIter = 2
			if models[i].Kind == cell.SGD {
				models[i].MaxIter, models[i].Train = 0, dcgmm.Config{Epochs: 1}
			}
		}
	}
	p := newPlace(t)
	p.reproduce(t, tier)
	root := filepath.Dir(p.Results)
	writeReadme(t, root, "# Project\n\n"+readmeBegin+"\nold\n"+readmeEnd+"\n\nThe end.\n")
	return root
}

func writeReadme(t *testing.T, root, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestPaperTellsWhatTheTablesSay(t *testing.T) {
	if testing.Short() {
		t.Skip("computes the tier smoke")
	}
	root := project(t, quick())
	if err := WritePaper(root); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "paper.md"))
	if err != nil {
		t.Fatal(err)
	}
	paper := string(text)
	for _, want := range []string{"Do not edit", "generated glyphs, not MNIST", "not recovered", "Tier `quick`", "C3 better clusters than flat mixtures", "fewer than 3 seeds", "## glyphs", "**T1. Architectures", "**T2. Clustering", "**T3. Detection", "results/quick/glyphs/F1-training.png", "One seed", "Only 2 of the ten classes"} {
		if !strings.Contains(paper, want) {
			t.Errorf("paper.md does not say %q", want)
		}
	}
	for _, bad := range []string{"<no value>", "NaN", "%!"} {
		if strings.Contains(paper, bad) {
			t.Errorf("paper.md contains %q", bad)
		}
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil || !strings.HasPrefix(string(readme), "# Project\n") || !strings.HasSuffix(string(readme), "The end.\n") || strings.Contains(string(readme), "old") || !strings.Contains(string(readme), "purity") {
		t.Errorf("README.md (%v):\n%s", err, readme)
	}
	_, again, err := Paper(root)
	if err != nil || again != string(readme) {
		t.Errorf("written twice, the README changes (%v)", err)
	}

	writeReadme(t, root, "# No place\n")
	if _, _, err := Paper(root); err == nil || !strings.Contains(err.Error(), "README.md has no place") {
		t.Errorf("README without marks: %v", err)
	}
	// A number changed by hand is found.
	table := filepath.Join(root, "results", "quick", "glyphs", "T2-clustering.json")
	text, err = os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, []byte(strings.Replace(string(text), "0.", "0.9", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Paper(root); err == nil || !strings.Contains(err.Error(), "not those of its manifest") {
		t.Errorf("changed by hand: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "results", "quick", manifestFile), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Paper(root); err == nil || !strings.Contains(err.Error(), "manifest.json is damaged") {
		t.Errorf("damaged manifest: %v", err)
	}
}

// The paper of a tier with costs, ablations, few detectors and several seeds, its models on few images.
func TestPaperOfTheTierFull(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 60 small models")
	}
	tier := full()
	tier.Seeds, tier.LeaveOut = []uint64{1, 2}, []int{4}
	tier.Cost = Cost{EM: []int{4, 49}, SGD: []int{4, 49}, MaxIter: 2, Epochs: 1, LeaveOut: 4, Seeds: tier.Seeds}
	tier.Ablation.Variants, tier.Ablation.Seeds = tier.Ablation.Variants[3:], tier.Seeds
	tier.Ablation.Base.Train, tier.Ablation.Variants[0].Train = dcgmm.Config{Epochs: 1}, dcgmm.Config{Epochs: 1, Gamma: 0.8}
	root := project(t, tier)
	if err := WritePaper(root); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "paper.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"**T1c. Flat mixtures of many sizes", "**T5. What the parts", "results/full/glyphs/F10-cost.png", "C1.8", "faster annealing", "[T2-clustering](results/full/glyphs/T2-clustering.md)"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("paper.md does not say %q", want)
		}
	}
	for _, link := range regexp.MustCompile(`\]\((results/[^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(link[1]))); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
	for _, picture := range regexp.MustCompile(`!\[(.*?)\]`).FindAllStringSubmatch(string(text), -1) {
		if len(picture[1]) < 20 {
			t.Errorf("a figure has only the words %q", picture[1])
		}
	}
}

// A detector whose top layer has collapsed is named with the score that detects; one that is less pure than its rival, but not by half, is not.
func TestBlindTop(t *testing.T) {
	for _, c := range []struct {
		purity, rival float64
		says          bool
	}{{0.111, 0.725, true}, {0.37, 0.725, false}, {0.81, 0.82, false}, {0.9, 0.8, false}} {
		text := blindTop(c.purity, c.rival, "layer 2 min")
		if says := strings.Contains(text, "layer 2 min") && strings.Contains(text, "0.111"); says != c.says || (text != "") != c.says {
			t.Errorf("purity %g against %g: %q", c.purity, c.rival, text)
		}
	}
}

func TestPaperWithoutResults(t *testing.T) {
	if _, _, err := Paper(t.TempDir()); err == nil || !strings.Contains(err.Error(), "run `make reproduce` first") {
		t.Errorf("error %v", err)
	}
}

// The largest tier counts, real data before generated.
func TestBestResults(t *testing.T) {
	results := t.TempDir()
	for _, tier := range []string{"quick-glyphs", "full-glyphs", "quick", "full"} {
		if err := os.MkdirAll(filepath.Join(results, tier), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(results, tier, manifestFile), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if best, err := bestResults(results); err != nil || filepath.Base(best) != tier {
			t.Errorf("with %s: %s, %v", tier, best, err)
		}
	}
}
