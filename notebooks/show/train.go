package show

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"deepgmm"
	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
	"deepgmm/experiments/training"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/kernel"
	"deepgmm/internal/progress"
)

// Train trains a network with a live display of its progress, and leaves a line and a picture of the training: loss and
// annealing over the epochs. When the kernel is interrupted, the training is kept, and the next run of the cell goes on
// with it, to the same bits.
//
// With an empty Out the network is kept in Cache under a name made of everything it depends on (architecture, images,
// settings, code): the next run of the cell, and other cells and notebooks, take it from there in no time. With Out the
// checkpoint goes to that file, and one that Train left there is replaced; a file of anybody else stays and is an error.
func Train(job training.Job) (*dcgmm.Network, error) {
	cached := job.Out == ""
	if cached {
		job.Out = filepath.Join(Cache(), key(job)+".dcgmm")
		c, err := training.Load(job.Out)
		if err == nil {
			if history, err := readHistory(job.Out); err == nil {
				lasting(NewProgress(job.Arch), job, c.Network, history, "from the cache")
				return c.Network, nil
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w; remove it to train again", err)
		}
	} else if _, err := os.Lstat(job.Out); err == nil {
		if _, err := readHistory(job.Out); err != nil {
			return nil, fmt.Errorf("%s is there already and was not trained here: choose another Out, or move it elsewhere", job.Out)
		}
	}
	return train(job)
}

// train runs the job with a live display.
func train(job training.Job) (*dcgmm.Network, error) {
	live := NewProgress(job.Arch)
	job.Replace = true // a cell that is run again trains again
	var history []dcgmm.Progress
	first := 0
	job.Resumed = func(t *dcgmm.Trainer) {
		first = t.Step()
		live.from = float64(first) / float64(t.Steps())
		if old, err := readHistory(job.Out); err == nil { // without it the beginning of the curve is missing, no more
			history = slices.DeleteFunc(old, func(p dcgmm.Progress) bool { return p.Step > first })
		}
		for _, p := range history {
			addPoint(live, p)
		}
	}
	net, err := job.Run(Context(), func(p dcgmm.Progress) error {
		history = append(history, p)
		addPoint(live, p)
		live.Set(float64(p.Step)/float64(p.Steps), fmt.Sprintf("epoch %.1f, step %d of %d", p.Epoch, p.Step, p.Steps))
		return nil
	})
	if err == nil || errors.Is(err, context.Canceled) {
		if save := writeHistory(job.Out, history); save != nil {
			return nil, errors.Join(err, save)
		}
	}
	if err != nil {
		live.Close("")
		return nil, err
	}
	lasting(live, job, net, history, "trained in "+progress.Duration(time.Since(live.start)))
	return net, nil
}

// addPoint adds a training's state to the live diagram.
func addPoint(live *Progress, p dcgmm.Progress) {
	for i, l := range p.Layers {
		if l.Learning {
			live.Add(fmt.Sprintf("loss of layer %d, %s", i+1, l.Name), float64(p.Step)/float64(p.Steps), l.Loss)
		}
	}
}

// lasting leaves what a reader of the notebook sees without running it.
func lasting(live *Progress, job training.Job, net *dcgmm.Network, history []dcgmm.Progress, timing string) {
	lastingLine(live, job, history[len(history)-1], timing)
	Lines("Training of "+job.Arch, trainingPanels(net, history)...)
}

// lastingLine says what was trained; last is the state at the end.
func lastingLine(live *Progress, job training.Job, last dcgmm.Progress, timing string) {
	live.close(fmt.Sprintf("<b>%s</b>: %d images, %.0f epochs, %d steps", html.EscapeString(job.Arch), job.Images.Len(), last.Epoch, last.Steps), timing)
}

// trainingPanels are diagrams of loss and annealing of every layer.
func trainingPanels(net *dcgmm.Network, history []dcgmm.Progress) []report.Panel {
	loss := report.Panel{Title: "loss", X: "epoch", Y: "log-likelihood per dimension (nats)"}
	tau := report.Panel{Title: "annealing", X: "epoch", Y: "width τ (grid nodes)", LogY: true}
	for i, layer := range net.Arch().Layers {
		l, t := report.Line{Name: fmt.Sprintf("layer %d: %s", i+1, layer.Name())}, report.Line{Name: fmt.Sprintf("layer %d", i+1)}
		for _, p := range history {
			if s := p.Layers[i]; s.Learning {
				l.X, l.Y = append(l.X, p.Epoch), append(l.Y, s.Loss/float64(layer.D()))
				t.X, t.Y = append(t.X, p.Epoch), append(t.Y, s.Tau)
			}
		}
		loss.Lines, tau.Lines = append(loss.Lines, l), append(tau.Lines, t)
	}
	return []report.Panel{loss, tau}
}

// key names everything that a trained network depends on.
func key(job training.Job) string {
	job.Config.Workers = 0
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%+v\n%+v\n%v\n%s\nportable kernels: %t\n", job.Arch, job.Init, job.Config, job.Images.Shape, deepgmm.Source, kernel.CPU() == "portable")
	h.Write(job.Images.Pix)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func historyPath(out string) string { return out + ".history.json" }

func readHistory(out string) ([]dcgmm.Progress, error) {
	text, err := os.ReadFile(historyPath(out))
	if err != nil {
		return nil, err
	}
	var history []dcgmm.Progress
	if err := json.Unmarshal(text, &history); err != nil || len(history) == 0 {
		return nil, fmt.Errorf("%s is damaged: %v", historyPath(out), err)
	}
	return history, nil
}

func writeHistory(out string, history []dcgmm.Progress) error {
	return atomicfile.Write(historyPath(out), func(w io.Writer) error { return json.NewEncoder(w).Encode(history) })
}
