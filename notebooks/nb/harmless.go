package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reading is what cells may take from package os: nothing that writes, renames or removes.
var reading = []string{"Args", "DirEntry", "DirFS", "Environ", "ErrNotExist", "Exit", "FileInfo", "Getenv", "Getwd", "LookupEnv", "Lstat", "Open", "PathListSeparator",
	"PathSeparator", "ReadDir", "ReadFile", "Stat", "Stderr", "Stdout"}

// writers are names of this project that write where their arguments say.
var writers = []string{"artefact.WriteJSON", "paper.Write", "paper.WritePage", "pipeline.Merge", "pipeline.Reproduce", "cell.Store"}

// outOfReach are packages that can write anything.
var outOfReach = []string{"C", "io/ioutil", "os/exec", "plugin", "syscall", "unsafe", "golang.org/x/sys/unix"}

// harmless says where a notebook could remove or overwrite what it did not make. Files are written by show.Fill, in a folder of its own, and
// models below show.Cache, which is marked as the notebooks'; scripts outside of show.Fill only read.
func harmless(nb *notebook) error {
	h := &harm{imports: map[string]string{}, own: map[string]bool{}}
	var all []error
	for i, c := range nb.Cells {
		if c.Type != "code" {
			continue
		}
		h.found = nil
		h.cell(c.Source)
		for _, err := range h.found {
			all = append(all, fmt.Errorf("cell %d (%s): %w", i+1, firstWords(c.Source), err))
		}
	}
	return errors.Join(all...)
}

// harm looks through the cells of a notebook, in their order.
type harm struct {
	imports map[string]string // paths, by the names that cells use
	own     map[string]bool   // functions and variables that are paths below show.Cache
	found   []error
}

func (h *harm) add(format string, args ...any) {
	h.found = append(h.found, fmt.Errorf(format, args...))
}

func (h *harm) cell(source text) {
	p := split(source)
	for _, m := range p.magics {
		h.magic(m)
	}
	for _, s := range p.scripts {
		h.script(s, false)
	}
	for _, code := range []string{"package p\n" + p.declarations, "package p\nfunc _() {\n" + p.body + "\n}"} {
		f, err := parser.ParseFile(token.NewFileSet(), "cell", code, parser.SkipObjectResolution)
		if err != nil {
			h.add("it is not read as Go, and so not known to be harmless: %w", err)
			continue
		}
		h.file(f)
	}
}

// magic allows the commands of GoNB but those that write files or run other languages.
func (h *harm) magic(line string) {
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if slices.Contains([]string{"%%writefile", "%%script", "%%gx", "%capture", "%track"}, word) {
		h.add("%s can overwrite any file; use show.Fill", word)
	}
}

func (h *harm) file(f *ast.File) {
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has seen to it
		}
		if slices.Contains(outOfReach, name) {
			h.add("it imports %s, which can overwrite any file; use show.Fill and show.Shell", name)
		}
		as := path.Base(name)
		if spec.Name != nil {
			as = spec.Name.Name
		}
		if as == "." {
			h.add("it imports %s without a name, so that calls do not say where they come from", name)
		}
		h.imports[as] = name
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			h.learnFunc(n)
		case *ast.AssignStmt:
			h.learn(n.Lhs, n.Rhs)
		case *ast.SelectorExpr:
			h.selector(n)
		case *ast.CallExpr:
			h.call(n)
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Out" && !h.below(n.Value) {
				h.add("Out is not below show.Cache")
			}
		}
		return true
	})
}

// name is package and name of a selector such as os.Remove, whatever the import is called; goimports adds imports of the standard library.
func (h *harm) name(s *ast.SelectorExpr) string {
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return "." + s.Sel.Name
	}
	if p, ok := h.imports[x.Name]; ok {
		return path.Base(p) + "." + s.Sel.Name
	}
	return x.Name + "." + s.Sel.Name
}

func (h *harm) selector(s *ast.SelectorExpr) {
	name := h.name(s)
	pack, what, _ := strings.Cut(name, ".")
	switch {
	case pack == "os" && !slices.Contains(reading, what), slices.Contains([]string{"exec", "ioutil", "syscall", "unsafe", "plugin", "unix"}, pack):
		h.add("%s can remove or overwrite files that are not the notebook's; use show.Fill", name)
	case slices.Contains(writers, name), what == "Write":
		h.add("%s writes where it is told; use package show", name)
	}
}

func (h *harm) call(c *ast.CallExpr) {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	switch name := h.name(s); {
	case name == "training.Save":
		if len(c.Args) > 0 && !h.below(c.Args[0]) {
			h.add("training.Save writes to a path that is not below show.Cache")
		}
	case s.Sel.Name == "Shell":
		for _, arg := range c.Args {
			ast.Inspect(arg, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					script, _ := strconv.Unquote(lit.Value)
					h.script(script, name != "show.Shell")
				}
				return true
			})
		}
	}
}

// learn keeps the variables that are paths below show.Cache.
func (h *harm) learn(names, values []ast.Expr) {
	for i, n := range names {
		if id, ok := n.(*ast.Ident); ok {
			h.own[id.Name] = len(names) == len(values) && h.below(values[i])
		}
	}
}

// learnFunc keeps the functions that do nothing but return a path below show.Cache.
func (h *harm) learnFunc(f *ast.FuncDecl) {
	if f.Body == nil || len(f.Body.List) != 1 {
		h.own[f.Name.Name] = false
		return
	}
	r, ok := f.Body.List[0].(*ast.ReturnStmt)
	h.own[f.Name.Name] = ok && len(r.Results) == 1 && h.below(r.Results[0])
}

// below reports whether an expression is a path within show.Cache: it, or what is known to be below it, joined to or followed by names
// that do not lead out.
func (h *harm) below(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return h.own[e.Name]
	case *ast.BinaryExpr:
		return e.Op == token.ADD && h.below(e.X) && inward(e.Y)
	case *ast.CallExpr:
		switch f := e.Fun.(type) {
		case *ast.Ident:
			return h.own[f.Name] && !slices.ContainsFunc(e.Args, func(a ast.Expr) bool { return !inward(a) })
		case *ast.SelectorExpr:
			if h.name(f) == "show.Cache" {
				return true
			}
			return h.name(f) == "filepath.Join" && len(e.Args) > 0 && h.below(e.Args[0]) && !slices.ContainsFunc(e.Args[1:], func(a ast.Expr) bool { return !inward(a) })
		}
	}
	return false
}

// inward is a text without "..", or the name of a parameter or variable.
func inward(e ast.Expr) bool {
	if lit, ok := e.(*ast.BasicLit); ok {
		return !strings.Contains(lit.Value, "..")
	}
	_, ok := e.(*ast.Ident)
	return ok
}

// Words of shell scripts: commands that remove or overwrite, options by which programs write files, and redirections.
var (
	scriptWord  = regexp.MustCompile(`[^\s;|&(){}"'` + "`" + `]+`)
	redirection = regexp.MustCompile(`>{1,2}\s*([^\s;|&(){}]+|&\S+)`)
	destructive = []string{"rm", "rmdir", "mv", "cp", "dd", "ln", "tee", "unlink", "truncate", "shred", "install", "rsync", "chmod", "chown", "touch", "sed", "git", "make", "python", "python3", "perl"}
	writing     = []string{"-o", "--out", "--force", "--results", "-delete", "-exec", "reproduce", "paper", "tune"}
)

// script says what a shell script could remove or overwrite. Inside of show.Fill it may write, under names that do not lead out.
func (h *harm) script(s string, inside bool) {
	for _, word := range scriptWord.FindAllString(s, -1) {
		option, _, _ := strings.Cut(word, "=")
		switch {
		case slices.Contains(destructive, path.Base(word)):
			h.add("the script's %s can remove or overwrite files that are not the notebook's; use show.Fill", word)
		case !inside && slices.Contains(writing, option):
			h.add("the script's %s writes files outside of show.Fill", word)
		}
	}
	for _, m := range redirection.FindAllStringSubmatch(s, -1) {
		to := strings.Trim(m[1], `"'`)
		if to == "/dev/null" || strings.HasPrefix(to, "&") || inside && !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "$") && !strings.HasPrefix(to, "~") && !strings.Contains(to, "..") {
			continue
		}
		h.add("the script writes to %s", to)
	}
}
