// reader judges what the ledger programs write with Go's own checksum-database packages, sumdb/note and sumdb/tlog,
// and writes the same for the ledger programs to judge. Whatever it prints it has counted; it stops at the first fault.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const usage = `usage: reader open VKEY NOTE                 opens a signed checkpoint
       reader proofs VKEY LINES DIR          checks DIR/*.proof, DIR/*.checkpoint
       reader damage VKEY LINES PROOF DIR    damages each byte of a proof, and leaves what is refused in DIR
       reader tiles VKEY LINES DIR           reads DIR as c2sp.org/tlog-tiles has it
       reader write NAME LINES DIR SIZE...   signs checkpoints of these sizes and writes every proof among them
       reader sign NAME FILE OTHER...        signs a text, with keys of those other names too`

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "reader:", err)
		os.Exit(1)
	}
}

func fail(format string, a ...interface{}) {
	fatal(fmt.Errorf(format, a...))
}

func slurp(path string) []byte {
	b, err := os.ReadFile(path)
	fatal(err)
	return b
}

func spit(path string, b []byte) {
	fatal(os.WriteFile(path, b, 0644))
}

// --- a ledger as a log: its stored lines, without their LF, are the records ---

type log struct {
	lines  [][]byte
	hashes []tlog.Hash // by stored hash index
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		if i >= int64(len(l.hashes)) {
			return nil, errors.New("the lines do not reach so far")
		}
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func readLog(path string) *log {
	f, err := os.Open(path)
	fatal(err)
	defer f.Close()
	l := &log{}
	for r := bufio.NewReaderSize(f, 1<<20); ; {
		line, err := r.ReadBytes('\n')
		if len(line) == 0 {
			break
		}
		fatal(err) // a last line without LF
		line = line[:len(line)-1]
		more, err := tlog.StoredHashes(int64(len(l.lines)), line, l)
		fatal(err)
		l.hashes = append(l.hashes, more...)
		l.lines = append(l.lines, line)
	}
	return l
}

func (l *log) tree(size int64) tlog.Tree {
	h, err := tlog.TreeHash(size, l)
	fatal(err)
	return tlog.Tree{N: size, Hash: h}
}

// What entries say of the tree before them: SEGMENT_SEALED its size and root, SEGMENT_START its complete subtrees too.
func (l *log) segments() (n int) {
	text := func(h tlog.Hash) string { return fmt.Sprintf("sha256:%x", h[:]) }
	for seq, line := range l.lines {
		var e struct {
			Event    string   `json:"event_type"`
			Size     int64    `json:"tree_size"`
			First    int64    `json:"first_seq"`
			Root     string   `json:"root_hash"`
			Frontier []string `json:"frontier"`
		}
		fatal(json.Unmarshal(line, &e))
		if e.Event != "SEGMENT_SEALED" && e.Event != "SEGMENT_START" {
			continue
		}
		n++
		if e.Event == "SEGMENT_START" {
			e.Size = e.First
		}
		if e.Size != int64(seq) || e.Root != text(l.tree(e.Size).Hash) {
			fail("seq %d: the tree before it is another one", seq)
		}
		at, want := int64(0), []string{}
		for level := 62; level >= 0 && e.Event == "SEGMENT_START"; level-- {
			if e.Size>>uint(level)&1 == 1 {
				h, err := l.ReadHashes([]int64{tlog.StoredHashIndex(level, at>>uint(level))})
				fatal(err)
				want = append(want, text(h[0]))
				at += 1 << uint(level)
			}
		}
		if strings.Join(want, " ") != strings.Join(e.Frontier, " ") {
			fail("seq %d: its subtrees are others", seq)
		}
	}
	return n
}

// --- checkpoints ---

func verifiers(vkey string) note.Verifiers {
	v, err := note.NewVerifier(strings.TrimSuffix(vkey, "\n"))
	fatal(err)
	return note.VerifierList(v)
}

// The tree that a signed checkpoint speaks of. Of c2sp.org/tlog-checkpoint tlog knows its own origin only; the form is
// the same, and ParseTree is strict about the rest.
func openTree(msg []byte, known note.Verifiers) (tlog.Tree, string, error) {
	n, err := note.Open(msg, known)
	if err != nil {
		return tlog.Tree{}, "", err
	}
	i := strings.Index(n.Text, "\n")
	if i < 1 || n.Sigs[0].Name != n.Text[:i] {
		return tlog.Tree{}, "", errors.New("the origin is not the name of the key")
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree" + n.Text[i:]))
	return tree, n.Text[:i], err
}

// --- proofs as text: of inclusion (c2sp.org/tlog-proof), of consistency (an add-checkpoint request of tlog-witness) ---

type proof struct {
	consistency bool
	n           int64
	hashes      []tlog.Hash
	note        []byte
}

func parseProof(b []byte) (p proof, err error) {
	const header = "c2sp.org/tlog-proof@v1\n"
	word := "old "
	p.consistency = !bytes.HasPrefix(b, []byte(header))
	if !p.consistency {
		b, word = b[len(header):], "index "
	}
	parts := bytes.SplitN(b, []byte("\n\n"), 2)
	if len(parts) != 2 || !bytes.HasPrefix(b, []byte(word)) {
		return p, errors.New("not a proof")
	}
	lines := strings.Split(string(parts[0][len(word):]), "\n")
	if p.n, err = strconv.ParseInt(lines[0], 10, 64); err != nil || lines[0] != fmt.Sprint(p.n) || p.n < 0 {
		return p, errors.New("not a number: " + lines[0])
	}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return p, err
		}
		p.hashes = append(p.hashes, h)
	}
	p.note = parts[1]
	return p, nil
}

func (p proof) text() []byte {
	var b bytes.Buffer
	if p.consistency {
		fmt.Fprintf(&b, "old %d\n", p.n)
	} else {
		fmt.Fprintf(&b, "c2sp.org/tlog-proof@v1\nindex %d\n", p.n)
	}
	for _, h := range p.hashes {
		fmt.Fprintln(&b, h)
	}
	b.WriteByte('\n')
	b.Write(p.note)
	return b.Bytes()
}

// Does it hold? `old` gives the root of an older size.
func (p proof) check(l *log, known note.Verifiers, old func(int64) (tlog.Hash, error)) (tlog.Tree, error) {
	tree, _, err := openTree(p.note, known)
	if err != nil {
		return tree, err
	}
	if p.consistency {
		h, err := old(p.n)
		if err != nil {
			return tree, err
		}
		return tree, tlog.CheckTree(p.hashes, tree.N, tree.Hash, p.n, h)
	}
	if p.n >= int64(len(l.lines)) {
		return tree, errors.New("no such line")
	}
	return tree, tlog.CheckRecord(p.hashes, tree.N, tree.Hash, p.n, tlog.RecordHash(l.lines[p.n]))
}

func (l *log) prove(consistency bool, n, size int64) []tlog.Hash {
	if consistency {
		h, err := tlog.ProveTree(size, n, l)
		fatal(err)
		return h
	}
	h, err := tlog.ProveRecord(size, n, l)
	fatal(err)
	return h
}

// --- the commands ---

func open(vkey, path string) {
	tree, origin, err := openTree(slurp(path), verifiers(vkey))
	fatal(err)
	fmt.Printf("%s %d sha256:%x\n", origin, tree.N, tree.Hash[:])
}

func glob(dir, pattern string) []string {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	fatal(err)
	return found
}

func proofs(vkey, linesPath, dir string) {
	known, l := verifiers(vkey), readLog(linesPath)
	roots := make(map[int64]tlog.Hash)
	for _, path := range glob(dir, "*.checkpoint") {
		tree, _, err := openTree(slurp(path), known)
		fatal(err)
		if tree != l.tree(tree.N) {
			fail("%s: the root of %d lines is another one", path, tree.N)
		}
		roots[tree.N] = tree.Hash
	}
	old := func(n int64) (tlog.Hash, error) {
		h, ok := roots[n]
		if !ok {
			return h, errors.New("no such checkpoint")
		}
		return h, nil
	}
	type pair struct {
		consistency bool
		n, size     int64
	}
	seen, count := make(map[pair]bool), make(map[bool]int)
	for _, path := range glob(dir, "*.proof") {
		p, err := parseProof(slurp(path))
		if err != nil {
			fail("%s: %v", path, err)
		}
		tree, err := p.check(l, known, old)
		if err != nil {
			fail("%s: %v", path, err)
		}
		if want := l.prove(p.consistency, p.n, tree.N); len(want)+len(p.hashes) > 0 && !reflect.DeepEqual(want, p.hashes) {
			fail("%s: tlog proves it otherwise", path)
		}
		if key := (pair{p.consistency, p.n, tree.N}); !seen[key] {
			seen[key] = true
			count[p.consistency]++
		}
	}
	fmt.Printf("%d lines, %d segment entries, %d checkpoints, %d inclusions, %d consistencies\n",
		len(l.lines), l.segments(), len(roots), count[false], count[true])
}

func damage(vkey, linesPath, path, dir string) {
	known, l, whole := verifiers(vkey), readLog(linesPath), slurp(path)
	none := func(int64) (tlog.Hash, error) { return tlog.Hash{}, errors.New("no proof of inclusion") }
	good, err := parseProof(whole)
	fatal(err)
	_, err = good.check(l, known, none)
	fatal(err)
	plain := func(p proof) string { // what the bytes say, however base64 is spelled
		n, err := note.Open(p.note, known)
		fatal(err)
		sig, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
		fatal(err)
		return fmt.Sprint(p.n, p.hashes, n.Text, n.Sigs[0].Name, sig, len(n.UnverifiedSigs))
	}
	refused, same := 0, 0
	for i := range whole {
		for mask := byte(1); mask != 0; mask <<= 1 {
			bad := append([]byte(nil), whole...)
			bad[i] ^= mask
			p, err := parseProof(bad)
			if err == nil {
				_, err = p.check(l, known, none)
			}
			if err == nil && plain(p) != plain(good) {
				fail("byte %d is now %q, and nobody minds", i, bad[i])
			}
			if err == nil {
				same++
				continue
			}
			refused++
			if mask == 1 {
				spit(filepath.Join(dir, fmt.Sprintf("%04d", i)), bad)
			}
		}
	}
	if same > 2*(len(good.hashes)+3) { // the bits of base64 that mean nothing
		fail("%d damages were not seen", same)
	}
	fmt.Printf("%d bytes, refused\n", (refused+same)/8)
}

// --- tiles ---

// Where tlog-tiles has what tlog calls tile/8/L/N (tile/L/N) and tile/8/data/N (tile/entries/N).
func tilePath(dir string, t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), "tile/8/")
	if t.L == -1 {
		path = strings.Replace(path, "data/", "entries/", 1)
	}
	return filepath.Join(dir, "tile", path)
}

type tileReader struct {
	dir   string
	saved map[tlog.Tile]bool
}

func (r *tileReader) Height() int { return 8 }
func (r *tileReader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		b, err := os.ReadFile(tilePath(r.dir, t))
		if err != nil {
			return nil, err
		}
		data = append(data, b)
	}
	return data, nil
}
func (r *tileReader) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for _, t := range tiles {
		r.saved[t] = true
	}
}

// The entries of a bundle, each behind its length.
func readBundle(dir string, t tlog.Tile) (entries [][]byte) {
	b := slurp(tilePath(dir, t))
	for len(b) > 0 {
		n := 0
		if len(b) >= 2 {
			n = 2 + int(b[0])<<8 + int(b[1])
		}
		if n == 0 || n > len(b) {
			fail("%s is cut", tilePath(dir, t))
		}
		entries = append(entries, b[2:n])
		b = b[n:]
	}
	if len(entries) != t.W {
		fail("%s holds %d entries", tilePath(dir, t), len(entries))
	}
	return entries
}

// Every leaf hash through tlog's own authenticating reader, and every entry of every bundle against its leaf hash.
func authenticate(tree tlog.Tree, l *log, dir string) (tiles, bundles int) {
	r := &tileReader{dir, make(map[tlog.Tile]bool)}
	hr := tlog.TileHashReader(tree, r)
	for at := int64(0); at < tree.N; at += 256 {
		t := tlog.Tile{H: 8, L: -1, N: at / 256, W: 256}
		if tree.N-at < 256 {
			t.W = int(tree.N - at)
		}
		var indexes []int64
		for i := 0; i < t.W; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, at+int64(i)))
		}
		hashes, err := hr.ReadHashes(indexes)
		fatal(err)
		for i, e := range readBundle(dir, t) {
			if tlog.RecordHash(e) != hashes[i] || !bytes.Equal(e, l.lines[at+int64(i)]) {
				fail("entry %d is another one", at+int64(i))
			}
		}
		bundles++
	}
	all, err := tlog.TreeHash(tree.N, hr)
	fatal(err)
	if all != tree.Hash {
		fail("the tiles have another root")
	}
	return len(r.saved), bundles
}

// Every file that is there, also of older sizes, is the tile that its path says, of these lines.
func everyTile(l *log, dir string) (n int) {
	top := filepath.Join(dir, "tile")
	fatal(filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.Replace(strings.TrimPrefix(path, top+"/"), "entries/", "data/", 1)
		t, err := tlog.ParseTilePath("tile/8/" + name)
		if err != nil {
			return err
		}
		n++
		if t.L == -1 {
			for i, e := range readBundle(dir, t) {
				if !bytes.Equal(e, l.lines[t.N*256+int64(i)]) {
					return fmt.Errorf("%s: entry %d is another one", path, i)
				}
			}
			return nil
		}
		want, err := tlog.ReadTileData(t, l)
		if err == nil && !bytes.Equal(want, slurp(path)) {
			err = fmt.Errorf("%s is another one", path)
		}
		return err
	}))
	return n
}

func tiles(vkey, linesPath, dir string) {
	known, l := verifiers(vkey), readLog(linesPath)
	tree, _, err := openTree(slurp(filepath.Join(dir, "checkpoint")), known)
	fatal(err)
	n, bundles := authenticate(tree, l, dir)
	fmt.Printf("%d leaves, %d tiles, %d bundles, %d files\n", tree.N, n, bundles, everyTile(l, dir))
}

// --- the reverse ---

func newSigner(name string) (note.Signer, string) {
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	fatal(err)
	s, err := note.NewSigner(skey)
	fatal(err)
	return s, vkey
}

// A signature by one key that says it is by another.
type liar struct{ note.Signer }

func (l liar) Sign(msg []byte) ([]byte, error) {
	s, _ := newSigner(l.Name())
	return s.Sign(msg)
}

func sign(text string, signers ...note.Signer) []byte {
	b, err := note.Sign(&note.Note{Text: text}, signers...)
	fatal(err)
	return b
}

func write(name, linesPath, dir string, sizes []string) {
	l := readLog(linesPath)
	s, vkey := newSigner(name)
	other, _ := newSigner("stranger.example/other")
	namesake, _ := newSigner(name)
	spit(filepath.Join(dir, "vkey"), []byte(vkey+"\n"))
	var trees []tlog.Tree
	for i, text := range sizes {
		size, err := strconv.ParseInt(text, 10, 64)
		fatal(err)
		tree := l.tree(size)
		trees = append(trees, tree)
		body := fmt.Sprintf("%s\n%d\n%s\n", name, size, tree.Hash)
		msg := sign(body, s)
		switch i % 4 { // what must be ignored: extension lines, signatures by keys that are not known
		case 1:
			msg = sign(body+"an extension line\n", s)
		case 2:
			msg = sign(body, other, s, namesake)
		case 3:
			msg = sign(body, namesake, s, other)
		}
		spit(filepath.Join(dir, text+".checkpoint"), msg)
		spit(filepath.Join(dir, text+".unsigned"), sign(body, namesake, other))
		spit(filepath.Join(dir, text+".forged"), sign(body, other, liar{s}))
		for n := int64(0); n < size; n++ {
			p := proof{false, n, l.prove(false, n, size), msg}
			spit(filepath.Join(dir, fmt.Sprintf("i-%d-%d.proof", n, size)), p.text())
		}
		for _, old := range trees {
			p := proof{true, old.N, l.prove(true, old.N, size), msg}
			spit(filepath.Join(dir, fmt.Sprintf("c-%d-%d.proof", old.N, size)), p.text())
		}
	}
}

// Writes FILE.note and FILE.vkey, and reads the note back.
func signText(name, path string, others []string) {
	s, vkey := newSigner(name)
	signers := []note.Signer{}
	for _, o := range others {
		other, _ := newSigner(o)
		signers = append(signers, other)
	}
	msg := sign(string(slurp(path)), append(signers, s)...)
	_, _, err := openTree(msg, verifiers(vkey))
	fatal(err)
	spit(path+".note", msg)
	spit(path+".vkey", []byte(vkey+"\n"))
}

func main() {
	a := os.Args[1:]
	switch {
	case len(a) == 3 && a[0] == "open":
		open(a[1], a[2])
	case len(a) == 4 && a[0] == "proofs":
		proofs(a[1], a[2], a[3])
	case len(a) == 5 && a[0] == "damage":
		damage(a[1], a[2], a[3], a[4])
	case len(a) == 4 && a[0] == "tiles":
		tiles(a[1], a[2], a[3])
	case len(a) > 4 && a[0] == "write":
		write(a[1], a[2], a[3], a[4:])
	case len(a) > 2 && a[0] == "sign":
		signText(a[1], a[2], a[3:])
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
}
