package main

import (
	"cmp"
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

// harmless says where a notebook could remove or overwrite what it did not make. Files are written by show.Fill, in a
// folder of its own, and models below show.Cache, which is marked as the notebooks'; scripts outside of show.Fill only
// read.
func harmless(nb *notebook) error {
	h := &harm{imports: map[string]string{}, own: map[string]bool{}}
	return nb.eachCode(func(c *cell) error {
		h.found = nil
		h.cell(c.Source)
		return errors.Join(h.found...)
	})
}

// harm looks through the cells of a notebook, in their order.
type harm struct {
	imports map[string]string // packages, by the names that cells use
	own     map[string]bool   // functions and variables that are paths below show.Cache
	found   []error
}

func (h *harm) add(format string, args ...any) {
	h.found = append(h.found, fmt.Errorf(format, args...))
}

func (h *harm) cell(source text) {
	p := split(source)
	for _, m := range p.magics { // those of GoNB are allowed that neither write files nor run other languages
		word, _, _ := strings.Cut(strings.TrimSpace(m), " ")
		if slices.Contains([]string{"%%writefile", "%%script", "%%gx", "%capture", "%track"}, word) {
			h.add("%s can overwrite any file; use show.Fill", word)
		}
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
		h.imports[as] = path.Base(name)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl: // one that does nothing but return a path is as good as the path
			h.own[n.Name.Name] = false
			if n.Body != nil && len(n.Body.List) == 1 {
				if r, ok := n.Body.List[0].(*ast.ReturnStmt); ok {
					h.learn([]ast.Expr{n.Name}, r.Results)
				}
			}
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

// name is package and name of a selector such as os.Remove, whatever the import is called; goimports adds imports of the
// standard library.
func (h *harm) name(s *ast.SelectorExpr) string {
	pack := ""
	if x, ok := s.X.(*ast.Ident); ok {
		pack = cmp.Or(h.imports[x.Name], x.Name)
	}
	return pack + "." + s.Sel.Name
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
	name := h.name(s)
	if name == "training.Save" && len(c.Args) > 0 && !h.below(c.Args[0]) {
		h.add("training.Save writes to a path that is not below show.Cache")
	}
	if s.Sel.Name == "Shell" {
		ast.Inspect(c, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				script, _ := strconv.Unquote(lit.Value)
				h.script(script, name != "show.Shell")
			}
			return true
		})
	}
}

// learn keeps the names that are paths below show.Cache.
func (h *harm) learn(names, values []ast.Expr) {
	for i, n := range names {
		if id, ok := n.(*ast.Ident); ok {
			h.own[id.Name] = len(names) == len(values) && h.below(values[i])
		}
	}
}

// below reports whether an expression is a path within show.Cache: it, or what is known to be below it, joined to or
// followed by names that do not lead out.
func (h *harm) below(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return h.own[e.Name]
	case *ast.BinaryExpr:
		return e.Op == token.ADD && h.below(e.X) && inward(e.Y)
	case *ast.CallExpr:
		switch f := e.Fun.(type) {
		case *ast.Ident:
			return h.own[f.Name] && inward(e.Args...)
		case *ast.SelectorExpr:
			name := h.name(f)
			return name == "show.Cache" || name == "filepath.Join" && len(e.Args) > 0 && h.below(e.Args[0]) && inward(e.Args[1:]...)
		}
	}
	return false
}

// inward reports whether all are texts without "..", or names of parameters or variables.
func inward(all ...ast.Expr) bool {
	return !slices.ContainsFunc(all, func(e ast.Expr) bool {
		lit, text := e.(*ast.BasicLit)
		_, name := e.(*ast.Ident)
		return !name && (!text || strings.Contains(lit.Value, ".."))
	})
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
		local := !strings.ContainsAny(to[:min(1, len(to))], "/$~") && !strings.Contains(to, "..")
		if to != "/dev/null" && !strings.HasPrefix(to, "&") && !(inside && local) {
			h.add("the script writes to %s", to)
		}
	}
}
