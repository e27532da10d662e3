package dcgmm

import "context"

// feed reads the images of a training's batches from a source: those of the next step while the present one is
// computed, and the source is told of those after it.
type feed struct {
	src     Source
	digest  uint32
	batch   []int32 // 0…B−1: the places of a batch's images among those in memory
	pix     []uint8 // of the next batch
	indices []int   // in it
	soon    []int   // in the one after it
	step    int     // whose batch that is; −1: none
	done    chan error
	under   bool // whether it is being read

	ctx    context.Context // of Run
	cancel context.CancelFunc
}

func newFeed(src *identified, c *Config) *feed {
	f := &feed{src: src.Source, digest: src.digest, batch: make([]int32, c.BatchSize), pix: make([]uint8, c.BatchSize*shapeOf(src).Size()),
		indices: make([]int, c.BatchSize), soon: make([]int, c.BatchSize), step: -1, done: make(chan error, 1)}
	for i := range f.batch {
		f.batch[i] = int32(i)
	}
	return f
}

// start prepares for the steps of a Run. stop ends what is being read.
func (f *feed) start(ctx context.Context) {
	if f != nil {
		f.ctx, f.cancel = context.WithCancel(ctx)
	}
}

func (f *feed) stop() {
	if f == nil {
		return
	}
	f.cancel()
	if f.under {
		_ = f.wait() // of a batch that nobody needs any more
	}
	f.step = -1
}

// begin reads a batch.
func (f *feed) begin(step int, batch []int32) {
	for at, i := range batch {
		f.indices[at] = int(i)
	}
	f.step, f.under = step, true
	go func() { f.done <- read(f.ctx, f.src, f.pix, f.indices) }()
}

func (f *feed) wait() error {
	f.under = false
	return <-f.done
}

// announce tells the source of a batch.
func (f *feed) announce(batch []int32) {
	p, ok := f.src.(Prefetcher)
	if !ok {
		return
	}
	for at, i := range batch {
		f.soon[at] = int(i)
	}
	p.Prefetch(f.soon)
}

// fetch makes the images of the step's batch those in memory, and begins to read the next one.
func (t *Trainer) fetch() error {
	f := t.feed
	if f == nil {
		return nil
	}
	if f.step != t.step {
		f.begin(t.step, t.phases.batch)
	}
	if err := f.wait(); err != nil {
		f.step = -1
		return sourceError(err)
	}
	t.images.Pix, f.pix = f.pix, t.images.Pix
	t.phases.batch, f.step = f.batch, -1
	next := (t.step + 1) % t.perEpoch()
	if next == 0 || t.step+1 >= t.Steps() {
		return nil // the order of the next pass is drawn when it begins
	}
	B := t.cfg.BatchSize
	f.begin(t.step+1, t.order[next*B:][:B])
	if next+1 < t.perEpoch() {
		f.announce(t.order[(next+1)*B:][:B])
	}
	return nil
}
