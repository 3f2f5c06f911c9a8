//! A place apart for an engine: mount, network and PID namespaces and a directory of its own, all gone at the end.
//!
//! What runs inside sees none of the machine's engines, since /run and /dev/shm are empty there, and the machine
//! sees none of it. Whatever escapes an engine, a shim or a monitor, ends with the namespace's PID 1, and that ends
//! when the pipe to this process closes: also if the harness is killed.

use crate::harness::process::Process;
use crate::harness::subject;
use crate::holder::Holder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Enclosure {
    // Ends before its directory goes.
    holder: Holder,
    directory: Scratch,
}

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Enclosure {
    /// Starts with `body`, a shell script in the directory; when all is over, `farewell` is run.
    ///
    /// # Errors
    /// What the tools said, if this process may not make namespaces or `body` fails.
    pub fn start(name: &str, body: &str, farewell: &str) -> Result<Self, String> {
        let directory = subject::directory().join(name);
        fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
        let log = directory.join("log");
        // stdout is for the one word: what `body` leaves running must not hold it.
        let script = format!(
            "set -e
             mount -t tmpfs none /run
             mount -t tmpfs none /dev/shm
             chmod 1777 /dev/shm
             exec 3>&1 >&2
             {body}
             echo enclosed >&3
             exec 3>&-
             read -r word || true
             {farewell}"
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]);
        unshare.args(["sh", "-c", &script]).current_dir(&directory);
        match Holder::start(&mut unshare, "enclosed", 1, &log) {
            Ok(holder) => Ok(Self { holder, directory: Scratch(directory) }),
            Err(_) => {
                let why = fs::read_to_string(log).unwrap_or_default();
                Err(format!("no place for an engine of our own, which takes root: {}", why.trim()))
            }
        }
    }

    /// The words before a command that is to run inside. It ends when the first of its processes is ended.
    pub fn enter(&self) -> Vec<String> {
        let words =
            format!("nsenter --target {} --mount --net --pid setpriv --pdeathsig KILL", self.holder.pid);
        words.split(' ').map(str::to_owned).collect()
    }

    /// A file as those inside see it, such as one of their /proc; empty where there is none.
    pub fn read(&self, path: &str) -> String {
        let words = self.enter();
        let output = Command::new(&words[0]).args(&words[1..]).args(["cat", path]).output();
        String::from_utf8_lossy(&output.expect("run nsenter(1)").stdout).into_owned()
    }

    pub fn directory(&self) -> &Path {
        &self.directory.0
    }

    /// All that was written on stderr by what was started with it.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.0.join("log")).unwrap_or_default()).into_owned()
    }

    /// Whether anything but PID 1 lives inside.
    pub fn is_inhabited(&self) -> bool {
        !Process::descendants_of(self.holder.pid).is_empty()
    }
}

/// A control group for the containers of one engine, by its path below every hierarchy's root; removed at the end.
///
/// A killed run leaves an empty one.
pub struct ControlGroup(String);

impl ControlGroup {
    pub fn named(name: &str) -> Self {
        Self(format!("pausa-it-{}-{name}", std::process::id()))
    }

    pub fn path(&self) -> String {
        format!("/{}", self.0)
    }

    pub fn option(&self) -> String {
        format!("--cgroup-parent={}", self.path())
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // One hierarchy at the root with version 2 of cgroups(7), one in each directory with version 1.
        let root = Path::new("/sys/fs/cgroup");
        let below = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
        for hierarchy in below.chain([root.to_owned()]) {
            remove_groups(&hierarchy.join(&self.0));
        }
    }
}

/// rmdir(2) takes a group with all its files, once no process and no group is in it.
fn remove_groups(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_groups(&entry.path());
        }
    }
    let _ = fs::remove_dir(group);
}
