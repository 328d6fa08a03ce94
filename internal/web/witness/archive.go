package witness

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/archive"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// archivePage is what was packed of a village's papers.
type archivePage struct {
	kit.StaffPage
	Packs  []archive.Pack
	Makes  bool
	Town   bool   // the township looks
	Base   string // address of the list
	Query  string
	Period string
	Errors kit.Errors
}

// ArchiveList lists the packs.
func (r *Room) ArchiveList(c echo.Context) error { return r.archives(c, nil) }

func (r *Room) archives(c echo.Context, problem error) (err error) {
	p := archivePage{StaffPage: r.Staff(c, "archive", "档案"), Makes: r.May(c, authz.ArchiveMake), Base: "/archive", Period: c.FormValue("period"), Query: visit.Text(c, "q"),
		Errors: kit.ErrorsOf(problem)}
	p.Path = "/archive"
	want, bad := archive.Parse(p.Query)
	if p.Query != "" && bad != nil {
		want = -1
	}
	if p.Packs, err = r.Archive.List(c.Request().Context(), visit.Who(c), want); err != nil {
		return err
	}
	return visit.Render(c, refused(problem), archiveList(p))
}

// ArchiveAsk has a pack made.
func (r *Room) ArchiveAsk(c echo.Context) error {
	p, err := archive.Parse(visit.Text(c, "period"))
	if err == nil {
		_, err = r.Archive.Ask(c.Request().Context(), visit.Who(c), p)
	}
	switch {
	case visit.Correctable(err):
		return r.archives(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/archive", "正在制作档案，做好了就能下载")
}

// ArchiveShow is the progress of one making, as a page or a piece of one.
func (r *Room) ArchiveShow(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	pack, err := r.Archive.Show(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	if visit.Fragment(c) || c.Request().Header.Get("X-Poll") != "" {
		return visit.Render(c, http.StatusOK, packProgress(pack, "/archive"))
	}
	return visit.Render(c, http.StatusOK, archiveShow(archivePage{StaffPage: r.Staff(c, "archive", pack.Period.Chinese()+"档案"), Packs: []archive.Pack{pack}, Base: "/archive"}))
}

// ArchiveTake hands a pack out.
func (r *Room) ArchiveTake(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	who := visit.Who(c)
	pack, body, err := r.Archive.Take(c.Request().Context(), who, id)
	if err != nil {
		return err
	}
	defer body.Close()
	v, err := r.Villages.Find(c.Request().Context(), who.Village)
	if err != nil {
		return err
	}
	shell.SaveAs(c, "attachment", pack.Name(v.Name))
	return c.Stream(http.StatusOK, "application/zip", body)
}

// ArchiveExport is the list as a sheet.
func (r *Room) ArchiveExport(c echo.Context) error {
	packs, err := r.Archive.List(c.Request().Context(), visit.Who(c), 0)
	if err != nil {
		return err
	}
	rows := make([][]any, len(packs))
	for i, p := range packs {
		rows[i] = []any{p.Period.Chinese(), stateOf(p), momentOf(p.MadeAt), p.Files, p.Bytes, fmt.Sprintf("%x", p.Digest), p.AskedName}
	}
	return shell.SendSheet(c, "档案清单", "档案", []sheetfile.Head{{Title: "时段"}, {Title: "状态"}, {Title: "做好时间", Width: 22}, {Title: "文件数"}, {Title: "字节"}, {Title: "指纹", Width: 66}, {Title: "谁要做的"}}, rows)
}

// TownArchive lists a village's packs for the bureau.
func (r *Room) TownArchive(c echo.Context) error {
	v, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	at, err := r.Villages.Find(c.Request().Context(), v)
	if err != nil {
		return fault.ErrNotFound
	}
	p := archivePage{StaffPage: r.Staff(c, "town", at.Name+"档案"), Town: true, Base: fmt.Sprintf("/town/villages/%d/archive", v)}
	if p.Packs, err = r.Archive.Supervised(c.Request().Context(), visit.Who(c), v); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, archiveList(p))
}

// TownArchiveTake hands a village's pack to the bureau.
func (r *Room) TownArchiveTake(c echo.Context) error {
	v, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "pack")
	if err != nil {
		return err
	}
	pack, body, err := r.Archive.TakeAbove(c.Request().Context(), visit.Who(c), v, id)
	if err != nil {
		return err
	}
	defer body.Close()
	at, err := r.Villages.Find(c.Request().Context(), v)
	if err != nil {
		return err
	}
	shell.SaveAs(c, "attachment", pack.Name(at.Name))
	return c.Stream(http.StatusOK, "application/zip", body)
}
