//go:build !unix

package atomicfile

// noFollow is nothing where a link is opened by what it points to: who can make one in the folder of results can change
// the results, too.
const noFollow = 0
