package configs

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"deepgmm/dcgmm"
	"deepgmm/experiments/cell"
)

// examples are valid configs of every kind.
func examples() []Config {
	network := cell.Model{Kind: cell.SGD, Arch: "F8/4 G9 M F3 A16:2", Init: dcgmm.Init{MaxPrecRoot: 8}, Train: dcgmm.Config{Epochs: 3, Rate: 0.02, Wait: []float64{0, 0.1}}}
	return []Config{
		{Data: "mnist", Task: Clustering, Family: Deep, Model: network, Search: Search{ID: "ab12", Seed: 3, Candidates: 7, Metric: "purity", Value: 0.75, Source: "ff"}},
		{Data: "fashion-mnist", Task: Outliers, Family: Deep, Model: network, Readout: "layer 1"},
		{Data: "mnist", Task: Drawing, Family: Deep, Model: network, Sharpening: Sharpening{Target: 2, Iterations: 30}},
		{Data: "mnist", Task: Drawing, Family: SGD, Model: cell.Model{Kind: cell.SGD, Arch: "F28 G49"}},
		{Data: "mnist", Task: Clustering, Family: EM, Model: cell.Model{Kind: cell.EM, K: 49, NInit: 2, RegCovar: 0.01}},
		{Data: "mnist", Task: Outliers, Family: KMeans, Model: cell.Model{Kind: cell.KMeans, K: 49}, Readout: "top"},
		{Label: "mine-2", Task: Clustering, Family: Deep, Model: network},
		{Data: "mnist", Task: Drawing, Family: PCA, Model: cell.Model{Kind: cell.PCA, K: 49, Dims: 50, Floor: 0.03}},
	}
}

func TestTextReadsBack(t *testing.T) {
	for _, want := range examples() {
		text, err := want.Text()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", want.Name(), err, text)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", text, got, want)
		}
		if regexp.MustCompile(`: (0|""|null|\{\}),?\n`).Match(text) {
			t.Errorf("zero values in\n%s", text)
		}
	}
}

// Every change of a valid file is refused, and the error names what is wrong.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		example        int
		old, new, want string
	}{
		{0, `"Epochs": 3`, `"Epoches": 3`, "Epoches"},
		{0, `"Data": "mnist",`, ``, "Data"},
		{0, `"Data": "mnist",`, `"Data": "mnist", "Label": "mine",`, "Label"},
		{6, `"mine-2"`, `"../mine"`, "Label"},
		{0, `"Search"`, `"Quest"`, "Quest"},
		{0, `"Epochs": 3`, `"Epochs": -3`, "Epochs"},
		{0, `"Arch":`, `"arch":`, `"arch"; it is written "Arch"`},
		{0, `"Arch":`, `"arch": "F28 G49", "Arch":`, `"arch"; it is written "Arch"`},
		{0, `"Arch":`, `"Arch": "F28 G49", "Arch":`, `"Arch" comes twice`},
		{0, `"Task":`, `"Task": "drawing", "Task":`, `"Task" comes twice`},
		{0, `"Rate": 0.02`, `"Rate": 11`, "Rate"},
		{0, `"Epochs": 3`, `"Epochs": 3, "Seed": 1`, "Seed"},
		{0, `"MaxPrecRoot": 8`, `"MaxPrecRoot": -8`, "MaxPrecRoot"},
		{0, `F8/4 G9 M F3 A16:2`, `F8/4 G9 M F9 A16:2`, "F9"},
		{0, `F8/4 G9 M F3 A16:2`, `F28 G49`, "family deep"},
		{0, `F8/4 G9 M F3 A16:2`, `F8/4 G9 M F2 G16`, "no single cluster"},
		{0, `"clustering"`, `"cluttering"`, "cluttering"},
		{0, `"deep"`, `"shallow"`, "shallow"},
		{0, `"deep"`, `"em"`, "Model.Kind"},
		{0, `"mnist"`, `"../mnist"`, "Data"},
		{0, `"clustering"`, `"outliers"`, "Readout"},
		{1, `"Readout": "layer 1",`, ``, "Readout"},
		{2, `"Target": 2`, `"Target": 3`, "Target"},
		{2, `"Iterations": 30`, `"Iterations": 0`, "Iterations"},
		{4, `"RegCovar": 0.01`, `"RegCovar": -1`, "RegCovar"},
		{4, `"NInit": 2`, `"NInit": 2, "Arch": "F28 G49"`, "Arch"},
		{5, `"K": 49`, `"K": 0`, "K is 0"},
		{5, `"K": 49`, `"K": 49, "Floor": 0.1`, "Model.Floor 0.1; they are for the family pca"},
		{0, `"Arch":`, `"Dims": 50, "Arch":`, "Dims and Floor are not for the family deep"},
		{7, `"Dims": 50`, `"Dims": 784`, "must be below 784"},
		{7, `"Dims": 50`, `"Dims": -5`, "Dims -5"},
		{7, `"Floor": 0.03`, `"Floor": 3`, "Floor is 3"},
		{7, `"Floor": 0.03`, `"RegCovar": 0.03`, "it is for the family em"},
		{5, `"K": 49`, `"K": 49, "RegCovar": 1`, "RegCovar"},
	} {
		text, err := examples()[c.example].Text()
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(text), c.old, c.new, 1)
		if changed == string(text) {
			t.Fatalf("example %d has no %q:\n%s", c.example, c.old, text)
		}
		if _, err := Parse([]byte(changed)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q instead of %q: error %v, want one with %q", c.new, c.old, err, c.want)
		}
	}
	text, _ := examples()[0].Text()
	if _, err := Parse(append(text, '{')); err == nil || !strings.Contains(err.Error(), "after the closing brace") {
		t.Errorf("two objects: %v", err)
	}
}

func TestRead(t *testing.T) {
	want := examples()[0]
	text, err := want.Text()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.json")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := os.WriteFile(path, text[:40], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("damaged file: %v", err)
	}
	if err := os.WriteFile(path, append(text, make([]byte, maxFile)...), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a long file: %v", err)
	}
	if device := filepath.Join(t.TempDir(), "zero.json"); os.Symlink(os.DevNull, device) == nil {
		if _, err := Read(device); err == nil || !strings.Contains(err.Error(), device) {
			t.Errorf("a device: %v", err)
		}
	}
	for _, name := range []string{"mnist-clustering-none", "../configs/configs", "", "/"} {
		if _, err := Read(name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// What is part of the program is valid, its names are those of its files, and its text is what Text writes.
func TestAll(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		want, err := c.Text()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(c.Name() + ".json"); err != nil || string(got) != string(want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.Name(), err, got, want)
		}
	}
	if c, err := Find(Authors); err != nil || c.Model.Init != (dcgmm.Init{}) {
		t.Errorf("%+v, %v", c, err)
	}
}

// Nothing that Parse accepts is invalid, it reads back as the same config, and its keys stand for themselves: written
// in another case the text is refused.
func FuzzParse(f *testing.F) {
	for _, c := range examples() {
		text, err := c.Text()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"Data": "mnist"} {}`))
	large := regexp.MustCompile(`[0-9]{4}`) // networks that take gigabytes
	f.Fuzz(func(t *testing.T, text []byte) {
		if large.Match(text) {
			return
		}
		c, err := Parse(text)
		if err != nil {
			return
		}
		again, err := c.Text()
		if err != nil {
			t.Fatal(err)
		}
		twin, err := Parse(again)
		if err != nil {
			t.Fatalf("%q was accepted, its text is not: %v\n%s", text, err, again)
		}
		if once, err := twin.Text(); err != nil || string(once) != string(again) {
			t.Fatalf("%s reads back as %s, %v", again, once, err)
		}
		if c.Validate() != nil {
			t.Fatalf("%q was accepted, but is invalid: %v", text, c.Validate())
		}
		for _, key := range []string{"Task", "Family", "Model", "Kind"} {
			other := strings.Replace(string(again), `"`+key+`":`, `"`+strings.ToLower(key)+`":`, 1)
			if _, err := Parse([]byte(other)); err == nil {
				t.Fatalf("accepted in other letters:\n%s", other)
			}
		}
	})
}

// A config of the family plain has the paper's operations and training alone, and is read by the top layer.
func TestPlainConfigs(t *testing.T) {
	valid := func() Config {
		return Config{Data: "mnist", Task: Outliers, Family: Plain, Readout: cell.MainScore,
			Model: cell.Model{Kind: cell.SGD, Arch: "F8/2 I49 M F6 G49", Train: dcgmm.Config{Epochs: PaperEpochs, Gamma: 0.8, Wait: []float64{0, 0.1}}}}
	}
	if err := valid().Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Config){
		"factors":       func(c *Config) { c.Model.Arch = "F8/2 A49:2 M F6 G49" },
		"tempering":     func(c *Config) { c.Model.Arch = "F8/2 G49 T8 M F6 G49" },
		"smoothing":     func(c *Config) { c.Model.Arch = "F8/2 G49 S1 M F6 G49" },
		"Adam":          func(c *Config) { c.Model.Train.Optimizer = dcgmm.Adam },
		"fixed":         func(c *Config) { c.Model.Train.Schedule = dcgmm.Fixed },
		"restarts":      func(c *Config) { c.Model.Train.Restart = 0.1 },
		"final weights": func(c *Config) { c.Model.Train.FinalWeights = true },
		"one layer":     func(c *Config) { c.Model.Arch, c.Model.Train.Wait = "F28 G49", nil },
		"another score": func(c *Config) { c.Readout = "sum" },
	} {
		c := valid()
		if spoil(&c); c.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, p := range PaperArchs() {
		if m := (cell.Model{Kind: cell.SGD, Arch: p.Arch}); !IsPlain(m) || ArchOf(m).Top().K() != 49 || ArchOf(m).Top().P() != 1 {
			t.Errorf("%s: %s", p.Letter, p.Arch)
		}
	}
}
