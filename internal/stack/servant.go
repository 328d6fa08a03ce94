package stack

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// servant is as whom PostgreSQL runs, which refuses to be root: nobody special when this process is not
// root either.
func servant() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32)
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

// as makes a command run as somebody, in a folder that he can be in.
func as(who *syscall.Credential, dir string, cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = dir
	if who != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	}
	return cmd
}

func give(path string, who *syscall.Credential) error {
	if who == nil {
		return nil
	}
	return os.Chown(path, int(who.Uid), int(who.Gid))
}

// walkable says whether somebody can reach dir through all folders above it.
func walkable(dir string, who *syscall.Credential) bool {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return false
		}
		owner := info.Sys().(*syscall.Stat_t)
		need := os.FileMode(0o001)
		switch {
		case owner.Uid == who.Uid:
			need = 0o100
		case owner.Gid == who.Gid:
			need = 0o010
		}
		if info.Mode()&need == 0 {
			return false
		}
		if at == filepath.Dir(at) {
			return true
		}
	}
}
