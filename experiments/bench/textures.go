package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"deepgmm/dataset"
	"deepgmm/experiments/report"
	"deepgmm/experiments/textures"
)

// Textures says how scores of defects are compared, on pictures that are drawn.
type Textures struct {
	Options
	Command func(ctx context.Context, args []string, out, log io.Writer) error // the command line of dcgmm
	Folder  string                                                             // of pictures and models, new; empty: a temporary one
	Seed    uint64                                                             // of the pictures

	Names              []string // of the textures; nil: all
	Trained, Good, Bad int      // tiles of each; 0: 400, 100 and 100
	Train              []string // more flags of the training
}

// texture is what is known of one in the end: scores of its test tiles, those with defects behind the good ones, by
// what gave them.
type texture struct {
	name   string
	scores []column
	best   column // of the model's scores in hindsight, that with the highest AUC; without values
	auc    float64
}

// column is scores by one way to score.
type column struct {
	name   string
	values []float64
}

// RunTextures draws textures, trains a model of each with dcgmm train and its defaults, and writes the AUCs of its
// recommended score beside those of the rivals of scikit-learn on the same files: by texture (B5) and by kind of defect
// (B6).
func RunTextures(ctx context.Context, o Textures) error {
	if o.Names == nil {
		o.Names = textures.Names()
	}
	for _, name := range o.Names {
		if !slices.Contains(textures.Names(), name) {
			return fmt.Errorf("bench: there is no texture %q; choose from %s", name, strings.Join(textures.Names(), ", "))
		}
	}
	o.Trained, o.Good, o.Bad = cmp.Or(o.Trained, 400), cmp.Or(o.Good, 100), cmp.Or(o.Bad, 100)
	if o.Folder == "" {
		dir, err := os.MkdirTemp("", "deepgmm-textures-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) // in the system's folder for temporary files
		o.Folder = dir
	} else if err := os.Mkdir(o.Folder, 0o777); err != nil {
		return fmt.Errorf("%w; give a new folder for pictures and models", err)
	}
	m := begin(o.Python != "")
	var all []texture
	for _, name := range o.Names {
		t, err := o.texture(ctx, name)
		if err != nil {
			return fmt.Errorf("bench: %s: %w", name, err)
		}
		all = append(all, t)
	}
	for _, table := range []func([]texture) (report.Table, error){o.byTexture, o.byDefect} {
		t, err := table(all)
		if err != nil {
			return err
		}
		if err := t.Write(o.Results); err != nil {
			return err
		}
		fmt.Fprintf(o.Out, "%s\n", t.Markdown())
	}
	return m.write(filepath.Join(o.Results, "textures-manifest.json"))
}

// texture draws one, trains and scores it.
func (o *Textures) texture(ctx context.Context, name string) (t texture, err error) {
	fmt.Fprintf(o.Log, "B5: %s\n", name)
	t.name = name
	dir := filepath.Join(o.Folder, name)
	train, test, model := filepath.Join(dir, "train"), filepath.Join(dir, "test"), filepath.Join(dir, "model.dcgmm")
	if err := o.draw(name, train, test); err != nil {
		return t, err
	}
	args := append([]string{"train", "--images", train, "--size", fmt.Sprintf("%dx%d", textures.Side, textures.Side), "--out", model}, o.Train...)
	if _, err := o.command(ctx, args...); err != nil {
		return t, err
	}
	if err := o.evaluated(ctx, &t, model, test); err != nil {
		return t, err
	}
	ours, err := o.scored(ctx, model, test)
	if err != nil {
		return t, err
	}
	t.scores = []column{ours}
	if o.Python == "" {
		return t, nil
	}
	rivals, err := o.rivals(ctx, textures.Channels(name), train, test)
	t.scores = append(t.scores, rivals...)
	return t, err
}

// Folders of test tiles, in the order in which they are read.
const goodFolder, badFolder = "1-good", "2-defect"

func (o *Textures) draw(name, train, test string) error {
	kinds := textures.Defects()
	for _, f := range []struct {
		dir  string
		set  *dataset.Set
		name func(i int) string
	}{
		{train, textures.Good(name, o.Trained, o.Seed, textures.Training), func(int) string { return "tile" }},
		{filepath.Join(test, goodFolder), textures.Good(name, o.Good, o.Seed, textures.Testing), func(int) string { return "good" }},
		{filepath.Join(test, badFolder), textures.Defective(name, o.Bad, o.Seed), func(i int) string { return kinds[i%len(kinds)] }},
	} {
		err := textures.WriteFolder(f.dir, f.set, func(i int) string { return fmt.Sprintf("%04d-%s", i, f.name(i)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// command runs dcgmm and returns what it prints.
func (o *Textures) command(ctx context.Context, args ...string) ([]byte, error) {
	var out bytes.Buffer
	err := o.Command(ctx, args, &out, o.Log)
	return out.Bytes(), err
}

// evaluated finds the best score in hindsight.
func (o *Textures) evaluated(ctx context.Context, t *texture, model, test string) error {
	text, err := o.command(ctx, "eval", model, "--images", test, "--outlier", badFolder, "--json", "-")
	if err != nil {
		return err
	}
	var said struct {
		Scores []struct {
			Name string
			AUC  float64
		}
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return err
	}
	for _, s := range said.Scores {
		if s.AUC > t.auc {
			t.best.name, t.auc = s.Name, s.AUC
		}
	}
	return nil
}

// scored are the recommended scores.
func (o *Textures) scored(ctx context.Context, model, test string) (column, error) {
	text, err := o.command(ctx, "score", model, "--images", test, "--json", "-")
	if err != nil {
		return column{}, err
	}
	var said struct {
		Score  string
		Images []struct{ Score float64 }
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return column{}, err
	}
	c := column{name: said.Score}
	for _, i := range said.Images {
		c.values = append(c.values, i.Score)
	}
	if len(c.values) != o.Good+o.Bad {
		return c, fmt.Errorf("%d scores of %d pictures", len(c.values), o.Good+o.Bad)
	}
	return c, nil
}

// sklearn are the rivals, in the order of their results.
var sklearn = []string{"diagonal GMM", "on both sides", "PCA", "on both sides", "isolation forest", "on both sides"}

// rivals are scores by scikit-learn, which is given the pixels of the same files.
func (o *Textures) rivals(ctx context.Context, channels int, train, test string) ([]column, error) {
	t := newTask()
	for name, dir := range map[string]string{"train": train, "test": test} {
		s, err := dataset.ReadFolderContext(ctx, dir, textures.Side, textures.Side, channels)
		if err != nil {
			return nil, err
		}
		t.put(name, "u8", s.Pix, s.N, s.H*s.W*s.C)
	}
	b := &bench{o.Options}
	p, err := b.startPeer(ctx, "sklearn-outliers", t, 1)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if _, err := p.run(1); err != nil {
		return nil, err
	}
	n := o.Good + o.Bad
	v, err := p.result(len(sklearn) * n)
	if err != nil {
		return nil, err
	}
	var all []column
	for i, name := range sklearn {
		c := column{name: name}
		for _, x := range v[i*n:][:n] {
			c.values = append(c.values, float64(x))
		}
		all = append(all, c)
	}
	return all, nil
}
