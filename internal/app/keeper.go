package app

import (
	"context"
	"errors"

	"cunfen/internal/pg"
	"cunfen/internal/tenure"
)

var errKeeper = errors.New("请设 CUNFEN_DB_KEEPER：cunfen_keeper 的连接，只给导出、删除、装入整村用：命令行，要在平台页上办的再给后台任务进程；网页进程不要设")

// Keeper opens what carries whole villages, by the keeper's own login. The caller closes it.
func (a *App) Keeper(ctx context.Context) (k *tenure.Keeper, done func(), err error) {
	if a.Config.DBKeeper.Reveal() == "" {
		return nil, nil, errKeeper
	}
	db, err := pg.Open(ctx, pg.DSNs{Village: a.Config.DBKeeper.Reveal(), Bureau: a.Config.DBBureau.Reveal(), Export: a.Config.DBExport.Reveal()})
	if err != nil {
		return nil, nil, err
	}
	db.Now = a.DB.Now
	return &tenure.Keeper{Service: a.Site.Tenure, DB: db}, db.Close, nil
}
