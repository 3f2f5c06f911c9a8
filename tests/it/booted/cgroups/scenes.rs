//! The scenes, one row each.

use super::{Ended, OomKills, Peak, Scene, View};
use crate::harness::call::Text::{Begins, Is, Tells};
use Ended::{Exited, Killed};
use OomKills::{Group, Never, One};
use Peak::{Absent, AtLeast, BeforeTheStart};
use View::{Bound, Host, Nothing, Own, Pod, Writable};

/// More than the container has: tail(1) keeps its last line, and this one never ends.
const MAIN: &str = "exec tail /dev/zero";
const WORKER: &str = "tail /dev/zero; exit 0";

/// Memory of which the last page was wanted.
const ALL_OF_IT: Peak = AtLeast((24 << 20) - (1 << 19));

pub fn scenes() -> Vec<Scene> {
    [out_of_memory(), limits(), killed_from_outside(), codes_and_words(), moved()].concat()
}

/// A container with 24 MiB as an engine makes it, whose main process wants more; the kernel kills that one alone.
fn plain(name: &str) -> Scene {
    Scene {
        name: name.to_owned(),
        pod: "max",
        limit: "24M",
        group: 0,
        view: Own,
        outside: "nobody",
        options: "",
        program: MAIN,
        ended: Exited(137),
        message: Tells(&[
            "killed by SIGKILL, perhaps out of memory: 1 OOM kill (limit 24 MiB, peak 24 MiB)\nprogram: sh\npid: #\n",
            "signal: SIGKILL\nstatus: 137\nreason: oom\noom_kills: 1\n",
            "memory_limit_bytes: 25165824\nmemory_peak_bytes: #\nwall: ",
        ]),
        absent: &["stop_"],
        peak: ALL_OF_IT,
        oom_kills: One,
    }
}

/// The same, where the kernel kills all of it: what was written ahead is the last message.
fn as_a_group(name: &str) -> Scene {
    Scene {
        group: 1,
        ended: Killed,
        message: Begins(
            "all killed at once, pausa too: by SIGKILL from outside, or out of memory (limit 24 MiB)\n\
            program: sh\nstatus: 137\nreason: all_killed\nmemory_limit_bytes: 25165824\n",
        ),
        // No end was seen.
        absent: &["pid", "\nsignal", "exit_code", "oom_kills: ", "stop_", "wall"],
        peak: BeforeTheStart,
        oom_kills: Group,
        ..plain(name)
    }
}

/// A program that runs until somebody does something to it.
fn waiting(name: &str) -> Scene {
    Scene { program: ": >/tmp/ready; exec sleep 600", ended: Killed, oom_kills: Never, ..as_a_group(name) }
}

/// Main process and worker, alone and as a group, in each view of the own cgroup.
fn out_of_memory() -> Vec<Scene> {
    let worker = |name: &str| Scene {
        program: WORKER,
        ended: Exited(0),
        message: Tells(&[
            "exited with 0 by itself\nprogram: sh\npid: #\nexit_code: 0\nstatus: 0\nreason: exit\noom_kills: 1\n",
            "memory_limit_bytes: 25165824\nmemory_peak_bytes: #\nwall: ",
        ]),
        ..plain(name)
    };
    let mut scenes = Vec::new();
    for (view, words) in
        [(Own, "cgroup namespace"), (Host, "the host's cgroups"), (Bound, "its cgroup, no namespace")]
    {
        let name = |what, group| format!("{what} is out of memory, oom.group={group} ({words})");
        scenes.extend([
            Scene { view, ..plain(&name("the main process", 0)) },
            Scene { view, ..as_a_group(&name("the main process", 1)) },
            Scene { view, ..worker(&name("a worker", 0)) },
            Scene { view, program: WORKER, ..as_a_group(&name("a worker", 1)) },
        ]);
    }
    scenes
}

fn limits() -> Vec<Scene> {
    let unknown = |name, view| Scene {
        view,
        message: Tells(&[
            "killed by SIGKILL from an unknown sender\nprogram: sh\n",
            "signal: SIGKILL\nstatus: 137\nreason: killed\nwall: ",
        ]),
        absent: &["oom", "memory_"],
        peak: Absent,
        ..plain(name)
    };
    let quick = |name, program| Scene {
        program,
        ended: Exited(3),
        message: Tells(&[
            "exited with 3 by itself\n",
            "reason: exit\nmemory_limit_bytes: 25165824\nmemory_peak_",
        ]),
        absent: &["oom_kills"],
        peak: AtLeast(4096),
        oom_kills: Never,
        ..plain(name)
    };
    vec![
        Scene {
            peak: AtLeast(8 << 20),
            ..quick("a peak below the limit", "dd if=/dev/zero of=/dev/null bs=8M count=1; exit 3")
        },
        Scene {
            limit: "max",
            message: Tells(&["exited with 3 by itself\n", "reason: exit\nmemory_peak_bytes: #\nwall: "]),
            absent: &["memory_limit", "oom_kills"],
            ..quick("no limit is no field", "exit 3")
        },
        // The kernel looks for the limit that was hit, and kills in the container all the same.
        Scene {
            pod: "24M",
            limit: "max",
            message: Tells(&[
                "killed by SIGKILL, perhaps out of memory: 1 OOM kill (peak 24 MiB)\n",
                "reason: oom\noom_kills: 1\nmemory_peak_bytes: #\n",
            ]),
            absent: &["memory_limit"],
            ..plain("the limit of the pod")
        },
        unknown("no cgroups are mounted", Nothing),
        unknown("cgroups are mounted, and are the pod's", Pod),
        Scene {
            view: Nothing,
            peak: Absent,
            message: Is("all killed at once, pausa too: by SIGKILL from outside, or out of memory\n\
                program: sh\nstatus: 137\nreason: all_killed\n"),
            ..as_a_group("no cgroups are mounted, oom.group=1")
        },
    ]
}

fn killed_from_outside() -> Vec<Scene> {
    let stopped = |name, options, message| Scene {
        outside: "stop_then_kill",
        options,
        program: "trap '' TERM; : >/tmp/ready; while :; do sleep 1; done",
        message,
        absent: &["exit_code", "wall", "stop_before_end", "oom_kills: "],
        peak: AtLeast(4096),
        ..waiting(name)
    };
    vec![
        stopped(
            "a stop that ends in SIGKILL from outside",
            "",
            Tells(&[
                "all killed at once, pausa too: had not ended after SIGTERM from outside\nprogram: sh\npid: #\n",
                "status: 137\nreason: all_killed\nmemory_limit_bytes: 25165824\n",
                "stop_signal: SIGTERM\nstop_at: #-#-#T#:#:#Z\nstop_sent: kill\nstop_from: outside\n",
            ]),
        ),
        stopped(
            "a stop that ends in SIGKILL from outside, as JSON",
            "-F json",
            Tells(&[
                "{\"sentence\":\"all killed at once, pausa too: had not ended after SIGTERM from outside\",\
                \"program\":\"sh\",",
                "\"status\":137,\"reason\":\"all_killed\",",
                "\"stop_signal\":\"SIGTERM\",\"stop_at\":\"#-#-#T#:#:#Z\",\
                \"stop_sent\":\"kill\",\"stop_from\":\"outside\"}\n",
            ]),
        ),
        Scene { outside: "kill_at_once", ..waiting("SIGKILL from outside, and nobody asked before") },
        Scene {
            outside: "kill_at_once",
            limit: "max",
            message: Begins(
                "all killed at once, pausa too: by SIGKILL from outside, or out of memory\nprogram: sh\n",
            ),
            absent: &["memory_limit"],
            ..waiting("SIGKILL from outside, and no limit")
        },
    ]
}

fn codes_and_words() -> Vec<Scene> {
    vec![
        Scene {
            options: "-e oom:88",
            ended: Exited(88),
            message: Tells(&[
                "killed by SIGKILL, perhaps out of memory: ",
                "status: 88\nreason: oom\noom_kills: 1\n",
            ]),
            ..plain("an exit code of its own for out of memory")
        },
        Scene { options: "-e oom:88", ..as_a_group("no exit code is left where all are killed") },
        Scene {
            options: "-F json",
            message: Tells(&[
                "{\"sentence\":\"killed by SIGKILL, perhaps out of memory: 1 OOM kill (limit 24 MiB, peak 24 MiB)\",",
                "\"reason\":\"oom\",\"oom_kills\":1,\"memory_limit_bytes\":25165824,\"memory_peak_bytes\":#,\"wall\":",
            ]),
            ..plain("the main process is out of memory, as JSON")
        },
        Scene {
            options: "-F json",
            message: Tells(&[
                "{\"sentence\":\"all killed at once, pausa too: by SIGKILL from outside, \
                or out of memory (limit 24 MiB)\",",
                "\"status\":137,\"reason\":\"all_killed\",\"oom_kills\":0,\"memory_limit_bytes\":25165824",
            ]),
            ..as_a_group("all are killed, as JSON")
        },
        Scene {
            program: "echo FATAL: no memory >/tmp/message; exec tail /dev/zero",
            message: Tells(&[
                "killed by SIGKILL, perhaps out of memory: ",
                "\nmax_rss_bytes: #\n\nFATAL: no memory\n",
            ]),
            ..plain("the program's words stand behind ours")
        },
        Scene {
            program: "echo FATAL: no memory >/tmp/message; exec tail /dev/zero",
            message: Is("FATAL: no memory\n"),
            peak: Absent,
            ..as_a_group("the program's words stand where all are killed")
        },
    ]
}

/// What a program may do that has the rights: to its cgroup, to those that it makes below, to PID 1.
fn moved() -> Vec<Scene> {
    vec![
        Scene {
            group: 1,
            view: Writable,
            program: "echo 0 >/sys/fs/cgroup/memory.oom.group; tail /dev/zero; exit 0",
            ended: Exited(0),
            message: Tells(&["exited with 0 by itself\n", "reason: exit\noom_kills: 1\n"]),
            ..plain("a program with a writable cgroup turns oom.group off")
        },
        Scene {
            program: "echo 0 >/sys/fs/cgroup/memory.oom.group; tail /dev/zero; exit 0",
            ..as_a_group("a program whose cgroup is read-only does not")
        },
        Scene {
            view: Writable,
            program: "cd /sys/fs/cgroup; mkdir below; echo 0 >below/cgroup.procs; exec tail /dev/zero",
            ..plain("the program has moved to a cgroup below, which has no memory of its own")
        },
        // Only -1000 is spared, and to go there takes CAP_SYS_RESOURCE.
        Scene {
            group: 1,
            options: "-e oom:88",
            program: "echo -1000 >/proc/1/oom_score_adj; exec tail /dev/zero",
            ended: Exited(88),
            message: Tells(&[
                "killed by SIGKILL, perhaps out of memory: # OOM kills (limit 24 MiB, peak 24 MiB)\n",
                "signal: SIGKILL\nstatus: 88\nreason: oom\noom_kills: #\n",
            ]),
            oom_kills: Group,
            ..plain("PID 1 with an oom_score_adj of -1000 outlives its group")
        },
        // No process may be beside cgroups with memory of their own, so the program has moved PID 1 as well.
        Scene {
            view: Writable,
            program: "cd /sys/fs/cgroup; mkdir init below; echo 1 >init/cgroup.procs; echo 0 >below/cgroup.procs; \
                echo +memory >cgroup.subtree_control; echo 12M >below/memory.max; exec tail /dev/zero",
            message: Tells(&[
                "killed by SIGKILL from an unknown sender\n",
                "status: 137\nreason: killed\nmemory_peak_",
            ]),
            absent: &["oom_kills", "memory_limit", "stop_"],
            peak: AtLeast(0),
            ..plain("program and pausa have moved to cgroups below, each with its own memory")
        },
    ]
}
