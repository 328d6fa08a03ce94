// Package papertest reads printed papers as people and their phones do.
package papertest

import (
	"fmt"
	"image"
	_ "image/png" // as the pages are rendered
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Codes renders every page of a document and reads the QR codes on it: a page has so many pieces, across and down,
// with a code each or none, as a scanner is held before one at a time. Where CUNFEN_SHOTS is set the pages are
// kept there under the name.
func Codes(t testing.TB, name string, pdf []byte, across, down int) (pages [][]string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	for _, dpi := range []string{"200", "300"} { // a scanner looks again, too
		if pages, err = scan(t, filepath.Join(dir, name), dpi, across, down); err == nil {
			return pages
		}
	}
	t.Fatal(err)
	return nil
}

func scan(t testing.TB, path, dpi string, across, down int) (pages [][]string, err error) {
	t.Helper()
	if out, err := exec.Command("pdftoppm", "-r", dpi, "-png", path+".pdf", path+"-"+dpi).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm (poppler-utils): %v: %s", err, out)
	}
	all, err := filepath.Glob(path + "-" + dpi + "*.png")
	if err != nil || len(all) == 0 {
		t.Fatalf("%s has no pages: %v", path, err)
	}
	sort.Strings(all)
	for _, page := range all {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if keep := os.Getenv("CUNFEN_SHOTS"); keep != "" {
			if err := os.WriteFile(filepath.Join(keep, filepath.Base(page)), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		codes, err := read(page, across, down)
		if err != nil {
			return nil, err
		}
		pages = append(pages, codes)
	}
	return pages, nil
}

func read(path string, across, down int) (codes []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, err
	}
	page, ok := img.(interface {
		SubImage(image.Rectangle) image.Image
	})
	if !ok {
		return nil, fmt.Errorf("%s: %T has no pieces", path, img)
	}
	w, h := img.Bounds().Dx()/across, img.Bounds().Dy()/down
	for n := range across * down {
		at := image.Rect(0, 0, w, h).Add(image.Pt(n%across*w, n/across*h))
		bits, err := gozxing.NewBinaryBitmapFromImage(page.SubImage(at))
		if err != nil {
			return nil, err
		}
		got, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
		switch err.(type) {
		case nil:
			codes = append(codes, got.GetText())
		case gozxing.NotFoundException:
		default:
			return nil, fmt.Errorf("%s, piece %d: %w", path, n+1, err)
		}
	}
	return codes, nil
}
