package show

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"

	"deepgmm"
	"deepgmm/dcgmm"
	"deepgmm/experiments/report"
	"deepgmm/experiments/training"
	"deepgmm/internal/atomicfile"
	"deepgmm/internal/kernel"
	"deepgmm/internal/progress"
)

// Job is what Train does; notebooks that need no more of package training need not import it.
type Job = training.Job

// Train trains a network with a live display of its progress, and leaves a line and a picture of the training: objective
// and annealing over the epochs. When the kernel is interrupted, the training is kept, and the next run of the cell goes on
// with it, to the same bits.
//
// With an empty Out the network is kept in Cache under a name made of everything it depends on (architecture, images,
// settings, code): the next run of the cell, and other cells and notebooks, take it from there in no time. With Out the
// checkpoint goes to that file, and one that Train left there is replaced; a file of anybody else stays and is an
// error.
func Train(job training.Job) (*dcgmm.Network, error) {
	if job.Out == "" {
		job.Out = filepath.Join(Cache(), key(job)+".dcgmm")
		return kept(job)
	}
	if _, err := os.Lstat(job.Out); err == nil {
		if _, err := readHistory(job.Out); err != nil {
			return nil, fmt.Errorf("%s is there already and was not trained here: choose another Out, or move it elsewhere", job.Out)
		}
	}
	return train(job)
}

// otherEvery is how often a cell looks whether another notebook has finished the same training.
const otherEvery = 300 * time.Millisecond

// kept takes the network from the cache, or trains it. If another notebook does so at the moment, it waits.
func kept(job training.Job) (*dcgmm.Network, error) {
	var waiting *Progress
	for {
		c, err := training.Load(job.Out)
		if err == nil {
			if history, err := readHistory(job.Out); err == nil {
				NewProgress(job.Arch).trained(job, history[len(history)-1], "from the cache")
				Lines("Training of "+job.Arch, trainingPanels(c.Network, history)...)
				return c.Network, nil
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w; remove it to train again", err)
		}
		net, err := train(job)
		if !errors.Is(err, atomicfile.ErrLocked) {
			return net, err
		}
		if waiting == nil {
			waiting = NewProgress(job.Arch)
			defer waiting.Close("")
		}
		waiting.Set(0, "another notebook trains the same network; waiting for it")
		select {
		case <-Context().Done():
			return nil, fmt.Errorf("while another notebook trains the same network: %w", Context().Err())
		case <-time.After(otherEvery):
		}
	}
}

// train runs the job with a live display.
func train(job training.Job) (*dcgmm.Network, error) {
	live := NewProgress(job.Arch)
	job.Replace = true // a cell that is run again trains again
	var history []dcgmm.Progress
	job.Resumed = func(t *dcgmm.Trainer) {
		first := t.Step()
		live.from = float64(first) / float64(t.Steps())
		if old, err := readHistory(job.Out); err == nil { // without it the beginning of the curve is missing, no more
			history = slices.DeleteFunc(old, func(p dcgmm.Progress) bool { return p.Step > first })
		}
		for _, p := range history {
			live.addObjectives(p)
		}
	}
	net, err := job.Run(Context(), func(p dcgmm.Progress) error {
		history = append(history, p)
		live.training(p)
		return nil
	})
	if err == nil || errors.Is(err, context.Canceled) {
		err = errors.Join(err, atomicfile.Write(historyPath(job.Out), func(w io.Writer) error { return json.NewEncoder(w).Encode(history) }))
	}
	if err != nil {
		live.Close("")
		return nil, err
	}
	live.trained(job, history[len(history)-1], "")
	Lines("Training of "+job.Arch, trainingPanels(net, history)...)
	return net, nil
}

// training shows the state of a training: its share, τ and the components in use of every layer, and the objectives as a
// diagram.
func (p *Progress) training(t dcgmm.Progress) {
	p.addObjectives(t)
	p.Set(float64(t.Step)/float64(t.Steps), trainingNote(t))
}

func trainingNote(t dcgmm.Progress) string {
	note := fmt.Sprintf("epoch %.1f, step %d of %d", t.Epoch, t.Step, t.Steps)
	for i, l := range t.Layers {
		if l.Learning {
			note += fmt.Sprintf(" · layer %d: τ %.2f, %.0f %% of components in use", i+1, l.Tau, 100*l.Used)
		}
	}
	return note
}

func (p *Progress) addObjectives(t dcgmm.Progress) {
	for i, l := range t.Layers {
		if l.Learning {
			p.Add(fmt.Sprintf("objective of layer %d, %s", i+1, l.Name), float64(t.Step)/float64(t.Steps), l.Objective)
		}
	}
}

// trained leaves a line that says what was trained; last is the state at the end, timing by default the time that it
// took.
func (p *Progress) trained(job training.Job, last dcgmm.Progress, timing string) {
	words := fmt.Sprintf("<b>%s</b>: %d images, %.0f epochs, %d steps", html.EscapeString(job.Arch), job.Images.Len(), last.Epoch, last.Steps)
	p.close(words, cmp.Or(timing, "trained in "+progress.Duration(time.Since(p.start))))
}

// trainingPanels are diagrams of objective and annealing of every layer.
func trainingPanels(net *dcgmm.Network, history []dcgmm.Progress) []report.Panel {
	objective := report.Panel{Title: "objective", X: "epoch", Y: "log-likelihood per dimension (nats)"}
	tau := report.Panel{Title: "annealing", X: "epoch", Y: "width τ (grid nodes)", LogY: true}
	for i, layer := range net.Arch().Layers {
		l, t := report.Line{Name: fmt.Sprintf("layer %d: %s", i+1, layer.Name())}, report.Line{Name: fmt.Sprintf("layer %d", i+1)}
		for _, p := range history {
			if s := p.Layers[i]; s.Learning {
				l.X, l.Y = append(l.X, p.Epoch), append(l.Y, s.Objective/float64(layer.D()))
				t.X, t.Y = append(t.X, p.Epoch), append(t.Y, s.Tau)
			}
		}
		objective.Lines, tau.Lines = append(objective.Lines, l), append(tau.Lines, t)
	}
	return []report.Panel{objective, tau}
}

// key names everything that a trained network depends on.
func key(job training.Job) string {
	job.Config.Workers = 0
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%+v\n%+v\n%v\n%s\nportable kernels: %t\n", job.Arch, job.Init, job.Config, job.Images.Shape, deepgmm.TrainingSource, kernel.CPU() == "portable")
	h.Write(job.Images.Pix)
	return fmt.Sprintf("%x", h.Sum(nil))[:16]
}

func historyPath(out string) string { return out + ".history.json" }

func readHistory(out string) (history []dcgmm.Progress, err error) {
	text, err := os.ReadFile(historyPath(out))
	if err == nil && (json.Unmarshal(text, &history) != nil || len(history) == 0) {
		err = fmt.Errorf("%s is damaged", historyPath(out))
	}
	return history, err
}

// Moment is a network on its way through a training.
type Moment struct {
	Network *dcgmm.Network
	State   dcgmm.Progress // as it was reported: epoch, and objective and τ of every layer; empty at the start
}

// String says which moment it is: epoch, and τ of the first layer.
func (m Moment) String() string {
	if m.State.Step == 0 {
		return "start"
	}
	return fmt.Sprintf("epoch %.1f, τ = %.2f", m.State.Epoch, m.State.Layers[0].Tau)
}

// Moments trains a network with a live display, leaves a line, and returns the network as it was at some moments: at
// the first report after each share of the steps, in [0, 1] and rising; 0 is the start. Nothing is kept: it is for
// trainings of seconds. The error is the context's, or the training's. It panics if the shares do not rise.
func Moments(job training.Job, shares ...float64) (moments []Moment, err error) {
	for i, s := range shares {
		if s < 0 || s > 1 || i > 0 && s <= shares[i-1] {
			panic(fmt.Sprintf("show: Moments: shares %v do not rise in [0, 1]", shares))
		}
	}
	net, err := dcgmm.New(job.Arch, job.Images.Shape, job.Init)
	if err != nil {
		return nil, err
	}
	t, err := dcgmm.NewTrainer(net, job.Images, job.Config)
	if err != nil {
		return nil, err
	}
	live, last := NewProgress(job.Arch), dcgmm.Progress{Steps: t.Steps()}
	take := func(p dcgmm.Progress) error {
		last = p
		rest := sort.Search(len(shares), func(i int) bool { return float64(p.Step) < shares[i]*float64(p.Steps) })
		if rest == 0 {
			return nil
		}
		shares = shares[rest:]
		var file bytes.Buffer
		if err := net.Save(&file); err != nil {
			return err
		}
		c, err := dcgmm.Load(&file)
		if err == nil {
			moments = append(moments, Moment{c.Network, p})
		}
		return err
	}
	if err = take(last); err == nil {
		err = t.Run(Context(), func(p dcgmm.Progress) error {
			live.training(p)
			return take(p)
		})
	}
	if err != nil {
		live.Close("")
		return nil, err
	}
	live.trained(job, last, "")
	return moments, nil
}
