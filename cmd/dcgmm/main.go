// Command dcgmm trains and judges deep convolutional Gaussian mixture models, and draws images from them.
//
//	dcgmm reproduce    compute the tables and figures of a tier
//	dcgmm tune         search for hyper-parameters on validation images
//	dcgmm merge        bring the cells of a tier together that several machines computed
//	dcgmm slurm        print a script that spreads a tier over a Slurm cluster
//	dcgmm diff         compare two result folders
//	dcgmm paper        write paper.md and the results in README.md from the tables
//	dcgmm train        train a model on a data set or on a folder of pictures
//	dcgmm eval         judge a trained model
//	dcgmm info         describe a trained model
//	dcgmm classify     train a classifier on top of a model, or tell the classes of images
//	dcgmm sample       draw new images
//	dcgmm vary         draw variants of images
//	dcgmm inpaint      fill in missing pixels
//	dcgmm sharpen      make images more likely
//	dcgmm bench        measure the speed on this machine
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx := untilSignal(context.Background())
	os.Exit(exitCode(ctx, run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr))
}

// untilSignal ends with the first signal that asks the program to end. A second Ctrl-C kills.
func untilSignal(ctx context.Context) context.Context {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	// A closing terminal may hang up twice, and then whatever is printed to it or to a pipe breaks: that must not kill
	// what is saving its work. Under nohup the hang-up stays ignored.
	lasting := []os.Signal{syscall.SIGPIPE}
	if !signal.Ignored(syscall.SIGHUP) {
		lasting = append(lasting, syscall.SIGHUP)
	}
	ctx, _ = signal.NotifyContext(ctx, lasting...)
	context.AfterFunc(ctx, stop)
	return ctx
}

// run is the whole program.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{Use: "dcgmm", Short: "Deep convolutional Gaussian mixture models of images",
		SilenceUsage: true, SilenceErrors: true, PersistentPreRunE: checkBounds}
	root.SetFlagErrorFunc(explainFlag)
	root.AddCommand(reproduceCommand(), tuneCommand(), mergeCommand(), slurmCommand(), diffCommand(), paperCommand(), trainCommand(), evalCommand(), infoCommand(),
		classifyCommand(), sampleCommand(), varyCommand(), inpaintCommand(), sharpenCommand(), benchCommand())
	return root
}

// exitCode prints an error in one line: 130 after Ctrl-C or another signal, as in shells, else 1. Of a reader of the output that has
// gone away, such as head, there is nothing to say.
func exitCode(ctx context.Context, err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	if !errors.Is(err, syscall.EPIPE) {
		fmt.Fprintf(stderr, "dcgmm: %s\n", plain(err))
	}
	if ctx.Err() != nil {
		return 130
	}
	return 1
}
