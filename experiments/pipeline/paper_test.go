package pipeline

import (
	"deepgmm/dcgmm"
	"deepgmm/experiments/artefact"
	"deepgmm/experiments/cell"
	"deepgmm/experiments/paper"
	"deepgmm/experiments/suite"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tierNamed is a tier of the program.
func tierNamed(t *testing.T, name string) suite.Tier {
	t.Helper()
	tier, err := suite.TierByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return tier
}

// project makes a project folder with results of all models of a tier, on few glyphs.
func project(t *testing.T, tier suite.Tier) string {
	t.Helper()
	tier.Data, tier.Images = []string{"glyphs"}, 200
	tier.Sampling = tiny().Sampling
	tier.Sampling.Samples, tier.Sampling.Trials, tier.Sampling.Inpaint, tier.Sampling.PerClass = 30, 10, 10, 2
	for _, models := range [][]suite.Model{tier.Models, tier.Generators, tier.Paper.Models} {
		for i := range models {
			models[i].MaxIter = 2
			if models[i].Kind == cell.SGD {
				models[i].MaxIter, models[i].Train = 0, dcgmm.Config{Epochs: 1}
			}
		}
	}
	for i := range tier.Pieces.Rows {
		row := &tier.Pieces.Rows[i]
		row.Train = dcgmm.Config{Epochs: 1}
		row.Drawing.Samples, row.Drawing.Trials, row.Drawing.Iterations = 30, 10, []int{2}
	}
	tier.Pieces.Seeds = tier.Pieces.Seeds[:min(1, len(tier.Pieces.Seeds))]
	p := newPlace(t)
	p.Cache = filepath.Join(shared, "projects") // tiers have models in common
	p.reproduce(t, tier)
	root := filepath.Dir(p.Results)
	writeReadme(t, root, "# Project\n\n"+begin+"\nold\n"+end+"\n\nThe end.\n")
	return root
}

// What the results in the README stand between.
const begin, end = "<!-- results: written by `make paper`, do not edit -->", "<!-- end of results -->"

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
	root := project(t, tierNamed(t, "quick"))
	if err := paper.Write(root); err != nil {
		t.Fatal(err)
	}
	page := pages(t, root)
	for _, want := range []string{"Do not edit", "generated glyphs, not MNIST", "not recovered", "Tier `quick`", "C3 better clusters than flat mixtures", "fewer than 3 seeds", "# glyphs", "paper's model against the paper's rival", "results/quick/F11-forest.png", "F5b-sheet.png", "| C3", "**T1. Architectures", "**T2. Clustering", "**T3. Detection", "results/quick/glyphs/F1-training.png", "One seed", "Only 2 of the ten classes"} {
		if !strings.Contains(page, want) {
			t.Errorf("paper.md does not say %q", want)
		}
	}
	for _, bad := range []string{"<no value>", "NaN", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("paper.md contains %q", bad)
		}
	}
	if short := readPage(t, root, paper.PaperFile); len(short) > 40_000 || strings.Contains(short, "**T3. Detection") {
		t.Errorf("paper.md has %d bytes", len(short))
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil || !strings.HasPrefix(string(readme), "# Project\n") || !strings.HasSuffix(string(readme), "The end.\n") || strings.Contains(string(readme), "old") || !strings.Contains(string(readme), "purity") {
		t.Errorf("README.md (%v):\n%s", err, readme)
	}
	again, err := paper.Render(root)
	if err != nil || again[paper.ReadmeFile] != string(readme) {
		t.Errorf("written twice, the README changes (%v)", err)
	}

	writeReadme(t, root, "# No place\n")
	if _, err := paper.Render(root); err == nil || !strings.Contains(err.Error(), "README.md has no place") {
		t.Errorf("README without marks: %v", err)
	}
	// A number changed by hand is found.
	table := filepath.Join(root, "results", "quick", "glyphs", "T2-clustering.json")
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, []byte(strings.Replace(string(text), "0.", "0.9", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := paper.Render(root); err == nil || !strings.Contains(err.Error(), "not those of its manifest") {
		t.Errorf("changed by hand: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "results", "quick", artefact.ManifestFile), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := paper.Render(root); err == nil || !strings.Contains(err.Error(), "manifest.json is damaged") {
		t.Errorf("damaged manifest: %v", err)
	}
}

// The paper of a tier with costs, ablations, few detectors and several seeds, its models on few images.
func TestPaperOfTheTierFull(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 60 small models")
	}
	tier := tierNamed(t, "full")
	tier.Seeds, tier.LeaveOut = []uint64{1, 2}, []int{4}
	tier.Cost = suite.Cost{EM: []int{4, 49}, SGD: []int{4, 49}, MaxIter: 2, Epochs: 1, LeaveOut: 4, Seeds: tier.Seeds}
	tier.Ablation.Variants, tier.Ablation.Seeds = tier.Ablation.Variants[3:], tier.Seeds
	tier.Ablation.Base.Train, tier.Ablation.Variants[0].Train = dcgmm.Config{Epochs: 1}, dcgmm.Config{Epochs: 1, Gamma: 0.8}
	tier.Generators = slices.Concat(tier.Generators[:4], tier.Generators[6:7]) // flat and deep; the tier quick has them all
	root := project(t, tier)
	if err := paper.Write(root); err != nil {
		t.Fatal(err)
	}
	text := pages(t, root)
	for _, want := range []string{"**T1c. Flat mixtures of many sizes", "**T5. What the parts", "results/full/glyphs/F10-cost.png", "C1.8", "faster annealing", "**T5b. What the parts of drawing do", "F5b-sheet.png", "F4b-histograms.png", "[T2-clustering](../../results/full/glyphs/T2-clustering.md)", "C1 flat mixtures cost more", "×", "F1b-paper.png", "the paper's B, independent"} {
		if !strings.Contains(text, want) {
			t.Errorf("paper.md does not say %q", want)
		}
	}
	checkLinks(t, root)
	for _, picture := range regexp.MustCompile(`!\[(.*?)\]`).FindAllStringSubmatch(text, -1) {
		if len(picture[1]) < 20 {
			t.Errorf("a figure has only the words %q", picture[1])
		}
	}
}

// readPage is the text of a page of a project.
func readPage(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pages are paper.md and its appendix.
func pages(t *testing.T, root string) string {
	t.Helper()
	return readPage(t, root, paper.PaperFile) + readPage(t, root, "docs/appendix/glyphs.md") + readPage(t, root, "docs/appendix/old-verdicts.md")
}

// checkLinks follows the links to results, and those between the pages.
func checkLinks(t *testing.T, root string) {
	t.Helper()
	links := 0
	for _, name := range []string{paper.PaperFile, "docs/appendix/glyphs.md", "docs/appendix/old-verdicts.md"} {
		for _, link := range regexp.MustCompile(`\]\(((?:\.\./\.\./)?(?:results/|paper\.md|docs/appendix/)[^)]*|[a-z]+\.md)\)`).FindAllStringSubmatch(readPage(t, root, name), -1) {
			links++
			if strings.HasPrefix(link[1], "results/tune") {
				continue // of searches
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(name), filepath.FromSlash(link[1]))); err != nil {
				t.Errorf("%s: a link leads nowhere: %v", name, err)
			}
		}
	}
	if links < 40 {
		t.Errorf("%d links", links)
	}
}
