package load

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel end the process should this one be killed.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
