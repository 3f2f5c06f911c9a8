//! Lives: the loop of pausa against a simulated kernel, deterministic and fast, so that what the real suite tries by
//! example is tried in all orders. Nothing here is a process; `real.rs` alone asks the real kernel, to hold the world
//! against it.
//!
//! One thread sees the world by its calls alone. Whoever tries which events happen before which call has tried every
//! order within that scope, if the world does what Linux does.
//!
//! ```text
//! cargo test --profile lives --test lives                   a million lives, small worlds in all orders
//! LIVES_LONG=1 cargo test --profile lives --test lives      a hundred million, and the mutants
//! LIFE=4711 cargo test --test lives                         one life, told
//! ```

use libtest_mimic::Trial;
use std::process::ExitCode;

mod choices;
mod events;
mod fate;
mod files;
mod groups;
mod jobs;
mod judge;
mod kernel;
mod kills;
mod life;
mod limits;
mod log;
mod marks;
mod mutants;
mod orders;
mod process;
mod real;
mod rights;
mod scenes;
mod search;
mod signals;
mod small;
mod turns;
mod verdict;
mod world;

fn trial(name: String, run: impl FnOnce() -> Result<(), String> + Send + 'static) -> Trial {
    Trial::test(name, move || run().map_err(Into::into))
}

fn main() -> ExitCode {
    if let Ok(life) = std::env::var("LIFE") {
        return match search::replay(&life) {
            Ok(()) => ExitCode::SUCCESS,
            Err(what) => {
                eprintln!("{what}");
                ExitCode::FAILURE
            }
        };
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, number] = &arguments[..]
        && word == "real"
    {
        real::main(number);
    }
    let mut trials = Vec::new();
    let scenes =
        || [scenes::scenes(), groups::scenes(), limits::scenes()].into_iter().flatten().collect::<Vec<_>>();
    for (index, life) in scenes().iter().enumerate() {
        let again = move || scenes().swap_remove(index).run();
        trials.push(trial(format!("life: {}", life.name), again));
    }
    for part in 0..4 {
        trials.push(trial(format!("random lives, part {} of 4", part + 1), move || search::random(part, 4)));
    }
    let events = search::events();
    for small in small::SMALL {
        trials.push(trial(format!("all lives: {}", small.name), move || search::exhaust(small, events)));
    }
    for call in search::calls() {
        trials.push(trial(format!("each call refused: {call:?}"), move || search::refuse(call)));
    }
    for (number, (name, ..)) in real::STORIES.into_iter().enumerate() {
        let story = trial(format!("the real kernel: {name}"), move || real::compare(number));
        trials.push(story.with_ignored_flag(!real::is_root()));
    }
    for mutant in mutants::MUTANTS {
        trials.push(trial(format!("mutant: {}", mutant.name), || mutant.run()));
    }
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit_code()
}
