package dcgmm

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"

	"deepgmm/dcgmm/arch"
)

// A checkpoint is, in little-endian order:
//
//	8 bytes  "DCGMMckp"
//	uint32   version
//	uint32   length of the header
//	header   JSON, see checkpointHeader
//	float32… for every layer μ, s, ϖ, F (see GMM), then the classifier's weights and biases, then the scorer's
//	         directions by map and its densities of places, then, of a training with Momentum or Adam, for every layer
//	         the averages m of the gradients by μ, s, ϖ, F, and with Adam v
//	uint32   CRC-32C of everything before it
const (
	checkpointMagic   = "DCGMMckp"
	checkpointVersion = 5
	plainVersion      = 3 // of a checkpoint with nothing that came with later ones, which earlier programs read
	scorerVersion     = 4 // the first with a scorer or another bound of upper layers, and with factors handed up as they are now
	namesVersion      = 5 // the first with names of classes, trainings that may end early, and places
	maxHeader         = 1 << 20
)

// valuesAtOnce is how many values are converted at a time: a layer has up to 2²⁸ means.
const valuesAtOnce = 1 << 16

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type checkpointHeader struct {
	Arch        string
	Input       Shape
	MaxPrecRoot float32
	// UpperPrecRoot is left out where it is MaxPrecRoot.
	UpperPrecRoot float32           `json:",omitempty"`
	Classifier    *classifierHeader `json:",omitempty"`
	ClassNames    [][]byte          `json:",omitempty"` // see classNamesToBytes
	Scorer        *scorerState      `json:",omitempty"`
	Training      *trainingState    `json:",omitempty"`
}

// classifierHeader announces a classifier's weights and biases after the layers.
type classifierHeader struct{ Layer, Classes int }

// trainingState is what a resumed training needs beside the parameters. The
// order of the images is a function of Config.Seed and the epoch, so the step is the state of that generator.
type trainingState struct {
	Config   Config
	Step     int
	WindowAt int // step of the last progress report
	Images   int
	Digest   uint32 // CRC-32C of the pixels
	Anneal   []annealing
	Sums     []float64
	Used     [][]int64
	Taken    [][2]int  `json:",omitempty"` // by layer: steps of its optimizer, and those with factors; of Momentum and Adam
	Wins     [][]int64 `json:",omitempty"` // by layer Sets×K: vectors won in the window under way; with Config.Restart

	Early *earlyState `json:",omitempty"` // of one that may end early
}

// Checkpoint is a network read from a checkpoint, and its training if that can go on.
type Checkpoint struct {
	Network  *Network
	training *trainingState
	ascents  []*ascent // of the training, by layer; nil: SGD
}

// Training returns the configuration and the finished steps of the training that
// the checkpoint carries; ok is false if it carries none.
func (c *Checkpoint) Training() (cfg Config, step int, ok bool) {
	if c.training == nil {
		return Config{}, 0, false
	}
	return c.training.Config, c.training.Step, true
}

// Save writes the network without the state of a training.
func (n *Network) Save(w io.Writer) error { return n.save(w, nil, nil) }

// Save writes the network and everything that is needed to go on to the same bits.
func (t *Trainer) Save(w io.Writer) error {
	s := &trainingState{Config: t.cfg, Step: t.step, WindowAt: t.windowAt, Images: t.count, Digest: t.digest(), Sums: t.sums}
	var averages [][]float32
	s.Config.Workers = 0 // a property of the machine
	if t.early != nil {
		s.Early = &t.early.earlyState
	}
	for _, l := range t.learners {
		s.Anneal = append(s.Anneal, l.ann)
		s.Used = append(s.Used, l.used)
		if l.wonBySet != nil {
			s.Wins = append(s.Wins, l.wonBySet)
		}
		if l.optimizer != nil {
			s.Taken = append(s.Taken, [2]int{l.optimizer.Steps, l.optimizer.LateSteps})
		}
		averages = append(averages, l.optimizer.state()...)
	}
	return t.made().save(w, s, averages)
}

// isNew reports whether there is something that came with the last version.
func (s *trainingState) isNew() bool {
	return s != nil && (s.Early != nil || s.Config.ShuffleWindow != 0 || s.Config.From != "")
}

// digest is that of all images.
func (t *Trainer) digest() uint32 {
	if t.feed != nil {
		return t.feed.digest
	}
	return digest(t.images)
}

func digest(im Images) uint32 { return crc32.Checksum(im.Pix, castagnoli) }

func (n *Network) save(w io.Writer, s *trainingState, averages [][]float32) error {
	h := checkpointHeader{Arch: n.arch.String(), Input: n.arch.Input, MaxPrecRoot: n.maxPrecRoot, Training: s}
	var values [][]float32
	for _, l := range n.layers {
		for _, p := range l.gmm.family.parameters() {
			values = append(values, p.v)
		}
	}
	if c := n.classifier; c != nil {
		h.Classifier = &classifierHeader{c.Layer, c.Classes}
		values = append(values, c.W, c.Bias)
	}
	version := plainVersion
	if bound := float32(n.UpperPrecRoot()); bound != n.maxPrecRoot {
		version, h.UpperPrecRoot = scorerVersion, bound
	}
	if n.arch.HandsUp() {
		version = scorerVersion
	}
	if n.scorer != nil {
		version, h.Scorer = scorerVersion, &n.scorer.scorerState
		for _, w := range n.scorer.Pathway {
			values = append(values, w.directions)
		}
		for i := range n.scorer.Places {
			version = namesVersion
			values = append(values, n.scorer.Places[i].values()...)
		}
	}
	if n.classNames != nil {
		version, h.ClassNames = namesVersion, classNamesToBytes(n.classNames)
	}
	if s.isNew() {
		version = namesVersion
	}
	values = append(values, averages...)
	header, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("checkpoint header: %w", err) // NaN in the annealing state
	}
	crc := crc32.New(castagnoli)
	out := io.MultiWriter(w, crc)
	start := append([]byte(checkpointMagic), make([]byte, 8)...)
	binary.LittleEndian.PutUint32(start[8:], uint32(version))
	binary.LittleEndian.PutUint32(start[12:], uint32(len(header)))
	if _, err := out.Write(append(start, header...)); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for _, v := range values {
		if err := writeValues(out, v); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	if err := binary.Write(w, binary.LittleEndian, crc.Sum32()); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Load reads a checkpoint. The error says whether the file is foreign, from a
// newer version, truncated or damaged; nothing of such a file is used.
func Load(r io.Reader) (*Checkpoint, error) {
	crc := crc32.New(castagnoli)
	in := io.TeeReader(r, crc)
	h, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	parameters, err := readParameters(in, h)
	if err != nil {
		return nil, err
	}
	want := crc.Sum32()
	var got uint32
	if err := binary.Read(r, binary.LittleEndian, &got); err != nil {
		return nil, truncated(err)
	}
	if got != want {
		return nil, errors.New("checkpoint is damaged: its checksum does not match; use another copy or train again")
	}
	if n, _ := io.ReadFull(r, make([]byte, 1)); n != 0 {
		return nil, errors.New("checkpoint is damaged: data after its end; use another copy or train again")
	}
	c, err := restore(h, parameters)
	if err != nil {
		return nil, fmt.Errorf("checkpoint is damaged: %w", err)
	}
	return c, nil
}

// pieces is what was read of a checkpoint. Memory grows with what is there, without copies, and goes as it is read
// again.
type pieces [][]byte

const pieceSize = 4 * valuesAtOnce

func readPieces(r io.Reader, size int64) (p pieces, err error) {
	for ; size > 0; size -= pieceSize {
		piece := make([]byte, min(size, pieceSize))
		if _, err := io.ReadFull(r, piece); err != nil {
			return nil, err
		}
		p = append(p, piece)
	}
	return p, nil
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	first := &(*p)[0]
	n := copy(b, *first)
	if *first = (*first)[n:]; len(*first) == 0 {
		*first, *p = nil, (*p)[1:]
	}
	return n, nil
}

// readParameters reads what the architecture of the header asks for. A damaged header cannot ask for more than is
// there.
func readParameters(r io.Reader, h *checkpointHeader) (pieces, error) {
	a, err := arch.Parse(h.Arch, h.Input)
	if err != nil {
		return nil, fmt.Errorf("checkpoint is damaged: %w", err)
	}
	copies := 1 // of the mixtures' parameters, and averages of as many gradients
	if h.Training != nil {
		copies += h.Training.Config.Optimizer.averages()
	}
	size := 4 * int64(copies) * int64(a.Params())
	if c := h.Classifier; c != nil {
		if c.Layer < 0 || c.Layer >= len(a.Layers) || c.Classes < 2 || c.Classes > maxClasses {
			return nil, fmt.Errorf("checkpoint is damaged: a classifier of %d classes on layer %d of %d", c.Classes, c.Layer+1, len(a.Layers))
		}
		size += 4 * int64(c.Classes) * int64(a.Layers[c.Layer].Handed().Size()+1)
	}
	if h.Scorer != nil {
		if err := h.Scorer.check(a); err != nil {
			return nil, fmt.Errorf("checkpoint is damaged: %w", err)
		}
		for i, D := range pathwayMaps(a) {
			size += 4 * int64(len(h.Scorer.Pathway[i].Variance)) * int64(D)
		}
		for i := range h.Scorer.Places {
			size += 4 * h.Scorer.Places[i].size()
		}
	}
	p, err := readPieces(r, size)
	if err != nil {
		return nil, truncated(err)
	}
	return p, nil
}

// restore makes a network of a header and its parameters.
func restore(h *checkpointHeader, r pieces) (*Checkpoint, error) {
	net, err := New(h.Arch, h.Input, Init{MaxPrecRoot: float64(h.MaxPrecRoot), UpperPrecRoot: float64(h.UpperPrecRoot)})
	if err != nil {
		return nil, err
	}
	for i, l := range net.layers {
		for _, p := range l.gmm.family.parameters() {
			if err := readValues(&r, p.v); err != nil {
				return nil, err
			}
		}
		if err := l.gmm.check(); err != nil {
			return nil, fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	net.Refresh()
	if c := h.Classifier; c != nil {
		net.classifier = &Classifier{Layer: c.Layer, Classes: c.Classes, W: make([]float32, c.Classes*net.layers[c.Layer].Handed().Size()), Bias: make([]float32, c.Classes)}
		for _, v := range [][]float32{net.classifier.W, net.classifier.Bias} {
			if err := readValues(&r, v); err != nil {
				return nil, err
			}
		}
		if err := net.classifier.check(net); err != nil {
			return nil, err
		}
	}
	if err := net.SetClassNames(classNamesOf(h.ClassNames)); err != nil {
		return nil, err
	}
	if err := h.Scorer.restore(net, &r); err != nil {
		return nil, err
	}
	if err := h.Training.check(net); err != nil {
		return nil, err
	}
	ascents, err := h.Training.ascents(net, &r)
	return &Checkpoint{net, h.Training, ascents}, err
}

func writeValues(w io.Writer, v []float32) error {
	text := make([]byte, 4*min(len(v), valuesAtOnce))
	for part := range slices.Chunk(v, valuesAtOnce) {
		n, err := binary.Encode(text, binary.LittleEndian, part)
		if err != nil {
			return err
		}
		if _, err := w.Write(text[:n]); err != nil {
			return err
		}
	}
	return nil
}

// readValues fills v.
func readValues(r io.Reader, v []float32) error {
	text := make([]byte, 4*min(len(v), valuesAtOnce))
	for part := range slices.Chunk(v, valuesAtOnce) {
		if _, err := io.ReadFull(r, text[:4*len(part)]); err != nil {
			return err
		}
		if _, err := binary.Decode(text, binary.LittleEndian, part); err != nil {
			return err
		}
	}
	return nil
}

// ascents reads the averages of gradients of all layers.
func (s *trainingState) ascents(net *Network, r io.Reader) (ascents []*ascent, err error) {
	if s == nil || s.Config.Optimizer.averages() == 0 {
		return nil, nil
	}
	for i, l := range net.layers {
		a := newAscent(l.gmm, &s.Config)
		for _, v := range a.state() {
			if err := readValues(r, v); err != nil {
				return nil, err
			}
		}
		if err := a.check(); err != nil {
			return nil, fmt.Errorf("layer %d: %w", i+1, err)
		}
		a.Steps, a.LateSteps = s.Taken[i][0], s.Taken[i][1]
		ascents = append(ascents, a)
	}
	return ascents, nil
}

// ErrNotCheckpoint is wrapped by errors of Load and Resume for what begins otherwise than a checkpoint.
var ErrNotCheckpoint = errors.New("not a checkpoint of this program: name the file that train wrote")

func readHeader(r io.Reader) (*checkpointHeader, error) {
	start := make([]byte, 16)
	if n, err := io.ReadFull(r, start); err != nil && !bytes.HasPrefix([]byte(checkpointMagic), start[:min(n, 8)]) {
		return nil, ErrNotCheckpoint
	} else if err != nil {
		return nil, truncated(err)
	}
	if string(start[:8]) != checkpointMagic {
		return nil, ErrNotCheckpoint
	}
	// What a version has, later ones have at the same place.
	v := binary.LittleEndian.Uint32(start[8:])
	if v < 1 || v > checkpointVersion {
		return nil, fmt.Errorf("checkpoint has version %d, this program reads versions up to %d: update the program, or train again", v, checkpointVersion)
	}
	size := binary.LittleEndian.Uint32(start[12:])
	if size > maxHeader {
		return nil, fmt.Errorf("checkpoint is damaged: a header of %d bytes", size)
	}
	header := make([]byte, size)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, truncated(err)
	}
	h := new(checkpointHeader)
	d := json.NewDecoder(bytes.NewReader(header))
	d.DisallowUnknownFields()
	if err := d.Decode(h); err != nil {
		return nil, fmt.Errorf("checkpoint is damaged: header: %w", err)
	}
	// The text is parsed again by New, which says what is wrong with it.
	if a, err := arch.Parse(h.Arch, h.Input); err == nil && a.HandsUp() && v < scorerVersion {
		return nil, fmt.Errorf("checkpoint has version %d, in which the word U handed factors up in other units: train again", v)
	}
	return h, nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("checkpoint is truncated: the file ends too early; use another copy or train again")
	}
	return fmt.Errorf("checkpoint: %w", err)
}

func (s *trainingState) check(net *Network) error {
	if s == nil {
		return nil
	}
	layers := net.Layers()
	if err := s.Config.Validate(layers); err != nil {
		return err
	}
	s.Config = s.Config.withDefaults(layers)
	if len(s.Anneal) != layers || len(s.Sums) != layers || len(s.Used) != layers {
		return fmt.Errorf("the state of its training is not for %d layers", layers)
	}
	for i, u := range s.Used {
		if len(u) != net.layers[i].K() {
			return fmt.Errorf("the state of its training has %d components in layer %d, not %d", len(u), i+1, net.layers[i].K())
		}
		if a := s.Anneal[i]; !(a.Tau >= 0) || !(a.Rate > 0) || math.IsInf(a.Tau+a.Rate, 0) || a.Count < 0 || a.Windows < 0 {
			return fmt.Errorf("the annealing state of layer %d is out of range", i+1)
		}
	}
	if err := s.checkOptions(net); err != nil {
		return err
	}
	if err := s.Early.check(layers, s.Step); err != nil {
		return err
	}
	if s.Images < 1 || s.Images > math.MaxInt32 || s.Step < 0 || s.WindowAt < 0 || s.WindowAt > s.Step || s.Config.BatchSize > s.Images ||
		s.Step > s.Config.Epochs*(s.Images/s.Config.BatchSize) {
		return fmt.Errorf("step %d of a training on %d images is out of range", s.Step, s.Images)
	}
	return nil
}

// checkOptions checks what a training has with an optimizer or restarts only.
func (s *trainingState) checkOptions(net *Network) error {
	layers := net.Layers()
	if want := s.Config.Optimizer.averages() > 0; want && len(s.Taken) != layers || !want && len(s.Taken) != 0 {
		return fmt.Errorf("the steps of its optimizer are not for %d layers", layers)
	}
	for i, t := range s.Taken {
		if t[1] < 0 || t[1] > t[0] || t[0] > s.Step {
			return fmt.Errorf("the optimizer of layer %d has taken %d and %d of %d steps", i+1, t[0], t[1], s.Step)
		}
	}
	if want := s.Config.Restart > 0; want && len(s.Wins) != layers || !want && len(s.Wins) != 0 {
		return fmt.Errorf("the vectors won are not for %d layers", layers)
	}
	for i, w := range s.Wins {
		if g := net.layers[i].gmm; len(w) != g.Sets*g.K {
			return fmt.Errorf("layer %d has won vectors of %d components, not %d", i+1, len(w), g.Sets*g.K)
		}
		for _, v := range w {
			if v < 0 {
				return fmt.Errorf("a component of layer %d has won %d vectors", i+1, v)
			}
		}
	}
	return nil
}

// Resume goes on with the training that the checkpoint carries, on the same images and with
// any number of workers, to the same bits as if it had not been interrupted.
func (c *Checkpoint) Resume(images Images, workers int) (*Trainer, error) {
	return c.ResumeFrom(context.Background(), images.Source(), workers)
}

// ResumeFrom is Resume on images of a source, whether the training began on images in memory or of a source: what counts
// is that the pixels are the same ones. If the source was not identified, that is done first. The error may be the
// source's or the context's.
func (c *Checkpoint) ResumeFrom(ctx context.Context, src Source, workers int) (*Trainer, error) {
	s := c.training
	if s == nil {
		return nil, errors.New("the checkpoint carries no training to resume: it was saved from a finished network")
	}
	if err := c.Network.checkSource(src); err != nil {
		return nil, err
	}
	other := fmt.Errorf("these are not the %d images of the interrupted training: resume with the same data, split and selection", s.Images)
	if src.Len() != s.Images {
		return nil, other
	}
	cfg := s.Config
	cfg.Workers = workers
	t, err := NewTrainerFrom(ctx, c.Network, src, cfg)
	if err != nil {
		return nil, err
	}
	if t.digest() != s.Digest {
		return nil, other
	}
	t.step, t.windowAt = s.Step, s.WindowAt
	if s.Early != nil {
		early := *s.Early
		early.Best = slices.Clone(early.Best)
		t.early = &earlyEnd{earlyState: early}
	}
	copy(t.sums, s.Sums)
	for i, l := range t.learners {
		l.ann = s.Anneal[i]
		copy(l.used, s.Used[i])
		if l.wonBySet != nil {
			copy(l.wonBySet, s.Wins[i])
		}
		if l.optimizer != nil {
			l.optimizer.takeOver(c.ascents[i])
		}
	}
	return t, nil
}
