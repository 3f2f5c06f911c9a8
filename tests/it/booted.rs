//! Ours as PID 1 of a whole machine of another architecture: Debian's kernel for it, in qemu-system.
//!
//! qemu-user has this machine's kernel do the syscalls, and has no child that shares memory. Here it is the
//! architecture's own one that lays out the stack, lets a child share memory, builds and takes down signal frames, and
//! fills siginfo and rusage. When PID 1 ends, the kernel panics and says with what, so the console tells the exit
//! status as well. What it boots, `fixtures/kernels` fetches.
//!
//! This machine's own architecture is booted for `cgroups`: its kernel may have version 1 of those, and containers have
//! version 2.

mod cgroups;
mod initramfs;

use crate::harness::call::Text;
use crate::harness::call::Text::Tells;
use crate::harness::left_out::{self, without};
use crate::harness::subject::{directory, foreign, ours, target};
use libtest_mimic::{Completion, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Seconds for one boot, which takes two to four on an idle processor.
const LIMIT: &str = "240";

/// What qemu calls an architecture, its board, and the console there.
const MACHINES: [(&str, &str, &[&str], &str); 6] = [
    ("x86_64", "x86_64", &["-machine", "q35"], "ttyS0"),
    ("aarch64", "aarch64", &["-machine", "virt", "-cpu", "cortex-a57"], "ttyAMA0"),
    ("arm", "arm", &["-machine", "virt", "-cpu", "cortex-a15"], "ttyAMA0"),
    ("riscv64", "riscv64", &["-machine", "virt"], "ttyS0"),
    // Its small firmware: the large one takes longer than the kernel.
    ("ppc64le", "ppc64", &["-machine", "pseries,x-vof=on"], "hvc0"),
    ("s390x", "s390x", &["-machine", "s390-ccw-virtio"], "ttysclp0"),
];

#[derive(Debug)]
struct Row {
    name: &'static str,
    /// What the kernel starts.
    init: &'static str,
    /// As the kernel reads them: parted at blanks, quoted by `"`, and no second `--`.
    arguments: &'static str,
    console: Text,
    /// With which PID 1 ends.
    code: i32,
}

const ROWS: &[Row] = &[
    Row {
        name: "a child shares memory: it tells why it could not run",
        init: "/bin/sh",
        // Without /proc, no line goes to a terminal.
        arguments: "-c \"mount -t proc proc /proc; exec /pausa -vv -m/tmp/message /nope\"",
        console: Tells(&[
            "pausa: cannot run '/nope': No such file or directory\n",
            "pausa: child # ended; exit status 127\n",
            "reason: not_run\nerror: No such file or directory\n",
        ]),
        code: 127,
    },
    Row {
        name: "arguments and environment come through, and pausa supervises pausa",
        init: "/pausa",
        arguments: "-e 3:7 /pausa -e 4:3 /bin/sh -c \"echo $0 $1 $MACHINE; exit 4\" one two",
        console: Tells(&["one two booted\n"]),
        code: 7,
    },
    Row {
        name: "a signal is forwarded, and the message says from whom it came",
        init: "/pausa",
        arguments: "-v -m/tmp/message /bin/sh -c \"mount -t proc proc /proc; kill 1; while :; do :; done\"",
        console: Tells(&[
            "pausa: received SIGTERM, sent SIGTERM to #\n",
            "signal: SIGTERM\n",
            "status: 143\n",
            "stop_signal: SIGTERM\n",
            // Only the pid in the signal's siginfo leads to that name.
            "stop_from: inside\nstop_pid: #\nstop_uid: 0\nstop_command: sh\n",
            "signals_forwarded: 1\n",
        ]),
        code: 143,
    },
    Row {
        name: "an ignored stop signal ends in SIGKILL when the grace period expires",
        init: "/pausa",
        arguments: "-v -k 100ms /bin/sh -c \"mount -t proc proc /proc; trap '' TERM; kill 1; while :; do :; done\"",
        console: Tells(&[
            "pausa: grace period expired: killing all remaining processes\n",
            "killed by SIGKILL",
        ]),
        code: 137,
    },
    Row {
        name: "a hold returns from its handler for each orphan, and ends by SIGTERM",
        init: "/bin/sh",
        // The shell is PID 1 until the hold is.
        arguments: "-c \"/bin/orphans TERM & exec /pausa -v\"",
        console: Tells(&[
            "pausa: reaped #: exited with 0\n",
            "alone\n",
            "Shutting down, got signal: Terminated\n",
        ]),
        code: 0,
    },
    Row {
        name: "pause returns from its handlers, too, and ends by SIGINT",
        init: "/bin/sh",
        arguments: "-c \"/bin/orphans INT & exec /pause\"",
        console: Tells(&["alone\n", "Shutting down, got signal: Interrupt\n"]),
        code: 0,
    },
];

/// What runs beside a hold.
const ORPHANS: &[u8] = include_bytes!("../fixtures/orphans.sh");

/// No row for this machine's own architecture, whose kernel all other trials run on.
pub fn trials() -> Vec<Trial> {
    let Some(architecture) = foreign() else { return cgroups::trials() };
    let trial = |row: &'static Row| {
        Trial::ignorable_test(format!("booted: {} ({architecture})", row.name), move || {
            row.check(architecture)
        })
    };
    ROWS.iter().map(trial).collect()
}

impl Row {
    fn check(&self, architecture: &str) -> Result<Completion, Failed> {
        let machine = match Machine::of(architecture) {
            Ok(machine) => machine,
            // Debian has them since release 13: on 12 there is nothing to fetch, and nobody to blame.
            Err(why) if architecture == "riscv64" && !kernels().join(architecture).exists() => {
                return Ok(left_out::for_good(&why));
            }
            Err(why) => return without(&why),
        };
        // What comes before `--` is the kernel's, which makes a variable of what it does not know.
        let words = format!("quiet MACHINE=booted rdinit={} -- {}", self.init, self.arguments);
        let heard = machine.boot(root(&machine.busybox), &words);
        self.console.check("the console", &heard, self.init);
        assert_eq!(exit_code(&heard), Some(self.code << 8), "{heard}");
        Ok(Completion::Completed)
    }
}

/// What boots an architecture on this machine.
struct Machine {
    qemu: String,
    board: &'static [&'static str],
    console: &'static str,
    kernel: PathBuf,
    busybox: PathBuf,
}

impl Machine {
    /// Or what is missing for it.
    fn of(architecture: &str) -> Result<Self, String> {
        let known = MACHINES.into_iter().find(|(known, ..)| *known == architecture);
        let (_, qemu, board, console) =
            known.ok_or_else(|| format!("no board is known for {architecture}"))?;
        let [kernel, busybox] = ["kernel", "busybox"].map(|name| kernels().join(architecture).join(name));
        if !kernel.exists() || !busybox.exists() {
            return Err(format!(
                "no kernel or no busybox: tests/fixtures/kernels {architecture} fetches them"
            ));
        }
        let qemu = format!("qemu-system-{qemu}");
        match Command::new(&qemu).arg("-version").stdout(Stdio::null()).status() {
            Ok(_) => Ok(Self { qemu, board, console, kernel, busybox }),
            Err(_) => Err(format!("no {qemu}")),
        }
    }

    /// Boots a root with these words for the kernel, and returns what came from the console until the end.
    fn boot(&self, root: &Path, words: &str) -> String {
        // After a panic the kernel has the machine start anew, which `-no-reboot` makes an end.
        let words = format!("console={} panic=-1 {words}", self.console);
        let output = Command::new("timeout")
            .args(["--foreground", "--kill-after=5", LIMIT, &self.qemu])
            .args(self.board)
            .args(["-nodefaults", "-nographic", "-serial", "stdio", "-no-reboot", "-m", "512"])
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(root)
            .args(["-append", &words])
            .stdin(Stdio::null())
            .output()
            .expect("run timeout(1) and qemu");
        // A console ends its lines as a terminal does. Behind it, what qemu itself has to complain about.
        let heard = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&heard).replace('\r', "")
    }
}

/// The wait status of PID 1 in the kernel's last words.
fn exit_code(heard: &str) -> Option<i32> {
    let (_, code) = heard.split_once("Attempted to kill init! exitcode=0x")?;
    i32::from_str_radix(code.get(..8)?, 16).ok()
}

/// Where `fixtures/kernels` puts them.
fn kernels() -> PathBuf {
    target().join("kernels")
}

/// The root of every boot of a row, in a file.
fn root(busybox: &Path) -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        archive("initramfs", busybox, &["sh", "grep", "mount", "wc"], &[("orphans", ORPHANS)])
    })
}

/// A root in a file of this name.
fn archive(name: &str, busybox: &Path, applets: &[&str], programs: &[initramfs::Program]) -> PathBuf {
    let [pausa, busybox] = [&ours(), busybox].map(|path| std::fs::read(path).expect("read a program"));
    let path = directory().join(name);
    std::fs::write(&path, initramfs::of(&pausa, &busybox, applets, programs)).expect("write the archive");
    path
}
