// Command dcgmm trains and evaluates deep convolutional Gaussian mixture models, and samples images from them. Without
// arguments it lists its commands.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"deepgmm/experiments/pipeline"
	"deepgmm/internal/escape"
	"deepgmm/internal/progress"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	ctx := untilSignal(context.Background())
	os.Exit(exitCode(ctx, run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr))
}

// garbagePercent is how much garbage there may be beside what is in use. Most of that is images and allocates nothing
// more while a network is trained, so little garbage costs no time, and Go's 100 % would double the peak of memory.
const garbagePercent = 25

// untilSignal ends with the first signal that asks the program to end. A second Ctrl-C kills.
func untilSignal(ctx context.Context) context.Context {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	// A closing terminal may hang up twice, and then whatever is printed to it or to a pipe breaks: that must not kill
	// what is saving its work. Under nohup the hang-up stays ignored.
	if !signal.Ignored(syscall.SIGHUP) {
		ctx, _ = signal.NotifyContext(ctx, syscall.SIGHUP)
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // nobody listens: the writer gets an error
	context.AfterFunc(ctx, stop)
	return ctx
}

// run is the whole program. What cannot be printed is an error, and if no command took it for one, at the end. But that
// nobody reads any more, as after head, is none: files are written before words are printed, so the status is that of
// the work, whether the reader was quicker or not.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root, out := rootCommand(), &noting{w: stdout}
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(onward(stderr))
	if progress.OnTerminal(stdout) { // which others want to know
		root.SetOut(stdout)
	}
	if progress.OnTerminal(stderr) {
		root.SetErr(stderr)
	}
	err := root.ExecuteContext(ctx)
	if errors.Is(out.err, syscall.EPIPE) && (err == nil || errors.Is(err, syscall.EPIPE)) {
		return context.Cause(ctx)
	}
	return cmp.Or(err, out.err)
}

// onward is w for work that goes on when nobody reads any more.
func onward(w io.Writer) io.Writer {
	return writer(func(p []byte) (int, error) {
		n, err := w.Write(p)
		if errors.Is(err, syscall.EPIPE) {
			return len(p), nil
		}
		return n, err
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func rootCommand() *cobra.Command {
	root := &cobra.Command{Use: "dcgmm", Short: "Deep convolutional Gaussian mixture models of images",
		Version: version(), SilenceUsage: true, SilenceErrors: true, PersistentPreRunE: func(c *cobra.Command, args []string) error {
			return cmp.Or(checkBounds(c, args), checkInputs(c, args))
		}}
	root.SetVersionTemplate("dcgmm: {{.Version}}\n")
	root.SetFlagErrorFunc(explainFlag)
	root.SetHelpCommand(&cobra.Command{Use: "help [COMMAND]", Short: "Explain a command", RunE: func(_ *cobra.Command, args []string) error {
		c, _, err := root.Find(args)
		if err != nil {
			return fmt.Errorf("%w; `dcgmm help` lists the commands", err)
		}
		c.InitDefaultHelpFlag()
		return c.Help()
	}})
	root.AddCommand(reproduceCommand(), tuneCommand(), mergeCommand(), slurmCommand(), diffCommand(), packCommand(), verifyCommand(), paperCommand(), trainCommand(), evalCommand(), scoreCommand(), reportCommand(), infoCommand(),
		classifyCommand(), sampleCommand(), varyCommand(), inpaintCommand(), sharpenCommand(), benchCommand())
	return root
}

// takes refuses other numbers of arguments than n, and says what they are.
func takes(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("there are %d arguments; give %s: dcgmm %s", len(args), what, c.Use)
		}
		return nil
	}
}

// exitCode prints an error in one line: 130 after Ctrl-C or another signal, as in shells, else 1.
func exitCode(ctx context.Context, err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "dcgmm: %s\n", plain(err))
	if ctx.Err() != nil {
		return 130
	}
	return 1
}

// plain is the text of an error on one line, with nothing in it that a terminal obeys: names of files and of data are
// the world's. Cobra's suggestions, on lines of their own, join the line; only a list of missing cells, of names of
// this program, has lines.
func plain(err error) string {
	text := err.Error()
	if errors.Is(err, pipeline.ErrMissing) {
		lines := strings.Split(text, "\n")
		for i := range lines {
			lines[i] = escape.Line(lines[i])
		}
		return strings.Join(lines, "\n")
	}
	if before, after, ok := strings.Cut(text, "\n\nDid you mean this?\n"); ok {
		text = before + "; did you mean " + strings.Join(strings.Fields(after), " or ") + "?"
	}
	return escape.Short(text)
}

// nameFor is a name as w may have it: bytes as they are in a file or a pipe, which programs read, and no more than
// words on a terminal.
func nameFor(w io.Writer, name string) string {
	if progress.OnTerminal(w) {
		return escape.Line(name)
	}
	return name
}

// say prints one line of words and names, as plain does.
func say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintln(w, escape.Line(fmt.Sprintf(format, args...)))
	return err
}
