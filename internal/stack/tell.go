package stack

import (
	"fmt"
	"os"
	"time"
)

// tell prints one plain line of what was done.
func tell(format string, args ...any) { fmt.Fprintf(os.Stderr, "· "+format+"\n", args...) }

// step says what begins, keeps saying that it is still going on, and says how long it took.
func step(name string, do func() error) error {
	fmt.Fprintf(os.Stderr, "· %s …", name)
	began, done := time.Now(), make(chan error, 1)
	go func() { done <- do() }()
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Fprintf(os.Stderr, " %.0f 秒 …", time.Since(began).Seconds())
		case err := <-done:
			if err != nil {
				fmt.Fprintf(os.Stderr, " 没有成功\n")
				return err
			}
			fmt.Fprintf(os.Stderr, " %s\n", seconds(time.Since(began)))
			return nil
		}
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f 秒", d.Seconds()) }
