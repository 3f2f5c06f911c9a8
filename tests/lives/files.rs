//! The files of the world that pausa may read.

use crate::process::Process;
use crate::world::Truth;
use pausa::model::errno::Errno;

impl Truth {
    /// A message is written, or not.
    pub fn take_message(&mut self, bytes: &[u8], refusal: Option<Errno>) -> Result<(), Errno> {
        self.judge_message(bytes);
        if refusal.is_none() {
            self.paper = bytes.to_vec();
        }
        refusal.map_or(Ok(()), Err)
    }

    /// What a file has, if it is there.
    pub fn file(&self, path: &[u8]) -> Option<String> {
        if path.starts_with(b"/proc/") && self.has_proc {
            let number = pausa::bytes::split(&path[6..], b'/').next().and_then(pausa::bytes::decimal);
            let pid = number.and_then(|number| i32::try_from(number).ok()).unwrap_or(0);
            if path == b"/proc/self/stat\0" {
                Some(format!("{} (pausa) R", self.own))
            } else {
                self.get(pid).map(|&Process { uid, .. }| {
                    let is_comm = path.ends_with(b"/comm\0");
                    if is_comm { format!("p{pid}\n") } else { format!("Uid:\t{uid}\t{uid}\n") }
                })
            }
        } else if path == b"/sys/fs/cgroup/cgroup.procs\0" {
            Some(format!("{}\n", self.own))
        } else if path.starts_with(b"/sys/fs/cgroup/memory.events") {
            Some(format!("oom 0\noom_kill {}\n", self.oom_kills))
        } else {
            None
        }
    }
}
