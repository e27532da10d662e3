package training

import (
	"context"
	"runtime"

	"deepgmm/dcgmm"
)

// Memory is the memory that a training takes, in MiB. While files are read and scores fitted, up to as much again is
// taken.
type Memory struct {
	Images  float64 // all of them, a byte a value
	Trainer float64 // network and trainer
	Program float64 // the rest
}

// Total is the sum, in MiB.
func (m Memory) Total() float64 { return m.Images + m.Trainer + m.Program }

// programMiB is what the program takes without images and network.
const programMiB = 25

// PredictMemory says what memory a training on so many images takes, without them: that of network and trainer is measured,
// all that is allocated for another network of the architecture, and for a trainer that does one step on images of
// zeros. The errors are those of dcgmm.NewTrainer and of the context.
func PredictMemory(ctx context.Context, like *dcgmm.Network, images int, c dcgmm.Config) (Memory, error) {
	a := like.Arch()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.Epochs = 1
	size := a.Input.Size()
	t, err := New(a.String(), dcgmm.Images{Shape: a.Input, Pix: make([]uint8, c.BatchSize*size)}, dcgmm.Init{}, c)
	if err != nil {
		return Memory{}, err
	}
	if err := t.Run(ctx, nil); err != nil {
		return Memory{}, err
	}
	runtime.ReadMemStats(&after)
	const mib = 1 << 20
	return Memory{Images: float64(images) * float64(size) / mib, Trainer: float64(after.TotalAlloc-before.TotalAlloc) / mib,
		Program: programMiB}, nil
}
