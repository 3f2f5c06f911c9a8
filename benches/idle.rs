//! Does an idle init wake up?
//!
//! Method: all of them run at once, each as PID 1 of a new PID namespace, holding or with a sleeping child; after they
//! have gone to sleep, one window of time passes for all alike, and the counters in /proc of its two ends are
//! subtracted: context switches from `status`, processor time from `stat` (ticks of 10 ms) and `schedstat` (ns).
//!
//! Limits: one window, so these are counts and not medians. A wake-up that happens less often than once in a window is
//! not seen. Children are not counted, they sleep without a timer.

mod side_by_side;

use side_by_side::field::{holders, supervisors};
use side_by_side::pid1::Pid1;
use side_by_side::{Payload, is_quick, payload, settle, table};
use std::io;
use std::thread::sleep;
use std::time::Duration;

/// What a process has used since it started.
#[derive(Clone, Copy)]
struct Usage {
    switches: f64,
    ticks: f64,
    nanoseconds: f64,
}

fn main() -> io::Result<()> {
    let (holding, supervising) = (holders(), supervisors());
    table::print_head(
        "idle: wake-ups of an init with nothing to do",
        &[&holding.missing[..], &supervising.missing].concat(),
    );
    let window = Duration::from_secs(if is_quick() { 2 } else { 10 });
    let child = payload(Payload::Stay);
    let command = [child.as_os_str()];

    let mut running: Vec<(String, Pid1)> = Vec::new();
    for init in &holding.inits {
        running.push((format!("{}, holding", init.name), Pid1::start(init, &[])?));
    }
    for init in &supervising.inits {
        running.push((format!("{}, supervising", init.name), Pid1::start_with_child(init, &command)?));
    }
    settle();
    let before = usage_of_all(&running)?;
    sleep(window);
    let after = usage_of_all(&running)?;

    let rows: Vec<[String; 4]> = running
        .iter()
        .zip(before.iter().zip(&after))
        .map(|((name, _), (before, after))| {
            let switches = after.switches - before.switches;
            let ticks = after.ticks - before.ticks;
            let microseconds = (after.nanoseconds - before.nanoseconds) / 1e3;
            [name.clone(), format!("{switches}"), format!("{ticks}"), format!("{microseconds:.0}")]
        })
        .collect();
    println!("Over {} s. There is no ratio to 0.\n", window.as_secs());
    table::print(["init", "context switches", "utime + stime, ticks", "on a core, us"], &rows);
    let ours = rows.iter().filter(|row| row[0].starts_with("pausa"));
    let is_still = ours.clone().all(|row| row[1..].iter().all(|cell| cell == "0"));
    let seen: Vec<&str> = ours.map(|row| row[1].as_str()).collect();
    table::print_goal(
        "no wake-up and no processor time for ours",
        &format!("{} switches", seen.join(" and ")),
        is_still,
    );
    Ok(())
}

fn usage_of_all(running: &[(String, Pid1)]) -> io::Result<Vec<Usage>> {
    running.iter().map(|(_, init)| usage(init)).collect()
}

fn usage(init: &Pid1) -> io::Result<Usage> {
    let switches = init.number("status", "voluntary_ctxt_switches")?
        + init.number("status", "nonvoluntary_ctxt_switches")?;
    // The name in parentheses may hold blanks; utime and stime are the 12th and 13th field after it (proc_pid_stat(5)).
    let stat = init.proc("stat")?;
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    let nanoseconds =
        init.proc("schedstat")?.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or_default();
    Ok(Usage { switches, ticks, nanoseconds })
}
