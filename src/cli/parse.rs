//! From arguments and environment to a `Config`: what each option does. Pure.
//!
//! This is the one place that knows both the personalities and the `Config`. The order is: options of
//! `PAUSA_OPTIONS`, options of the command line, variables of the personality, command. A later one wins.

use core::ffi::CStr;

use crate::args::{Args, Env};
use crate::bytes::{integer, split, word_index};
use crate::cli::config::{Config, Hold, Holds, Place, Task};
use crate::cli::getopt::{Found, Getopt, Order, Words};
use crate::cli::grammar::{Entry, OptionName};
use crate::cli::personality::Personality;
use crate::message::catalog::Printed;
use crate::message::event::{Event, Level};
use crate::message::termination::Format;
use crate::message::text::text;
use crate::model::signal::{Signal, SignalSet};
use crate::policy::forward::Target;
use crate::time::duration;

/// Options of ours for every personality but pause: for images and engines whose command line cannot be changed.
pub const OUR_VARIABLE: &[u8] = b"PAUSA_OPTIONS";

/// Where Kubernetes looks, if the pod does not say otherwise.
const MESSAGE: &[u8] = b"/dev/termination-log";

/// What the options have asked for that is not part of a `Config`.
#[derive(Default)]
struct Wishes {
    /// An option asks us to hold.
    holds: bool,
    /// The name of the first option that only a command can use.
    for_command: Option<&'static [u8]>,
}

/// All that `args` and `env` say, in the form of the personality that the first of `args` names. The variable of
/// ours is taken out of `env`: it is not for the child.
#[must_use]
pub fn parse<'a>(mut args: Args<'a>, env: &mut Env<'a>) -> Config<'a> {
    let name = args.next().map_or(&b""[..], CStr::to_bytes);
    let personality = Personality::from_argv0(name);
    let mut config = personality.config(name);
    read_all(args, env, personality, &mut config);
    config
}

/// Adds what they say to what `personality` wishes.
// In `parse`, which would have two ends, it would fill in a copy: 96 bytes.
#[inline(never)]
fn read_all<'a>(mut args: Args<'a>, env: &mut Env<'a>, personality: &Personality, config: &mut Config<'a>) {
    let mut wishes = Wishes::default();
    if let Some(words) = env.get(OUR_VARIABLE).filter(|_| personality.takes_our_variable) {
        let ours = Personality::ours();
        let mut options = Getopt::new(Words::Text(words), ours.grammar, Order::Exact);
        read(&mut options, ours, config, &mut wishes);
        env.remove(OUR_VARIABLE);
        if let Task::Install(_) = config.task {
            // Who sets the variable for a program must not write files in its place.
            config.task = Task::Complain(Event::UnknownLong { name: b"install" });
        }
        if matches!(config.task, Task::Complain(_)) {
            // The options are ours, and so are contract and texts of the complaint.
            (config.contract, config.catalog) = (&ours.contract, &ours.catalog);
            config.mistaken_in = text!("PAUSA_OPTIONS: ");
            return;
        }
        // The variable may be set for many containers, some of which hold and cannot use all of its options.
        wishes.for_command = None;
    }
    if args.is_only(b"--version") && personality.order != Order::Anywhere {
        config.task = Task::Print(Printed::Version);
    }
    let order = match personality.order {
        // GNU's permuting, unless the environment forbids it.
        Order::Permutes if env.get(b"POSIXLY_CORRECT").is_some() => Order::Abbreviates,
        order => order,
    };
    let mut options = Getopt::new(Words::Args(&mut args), personality.grammar, order);
    read(&mut options, personality, config, &mut wishes);
    for entry in personality.variables.entries() {
        let counts = |value: &&[u8]| entry.letter().is_none_or(|wanted| *value == [wanted]);
        if let Some(value) = env.get(entry.name()).filter(counts) {
            apply(entry, value, personality, config, &mut wishes);
            config.is_verbose_by_variable |= entry.option == OptionName::Verbose;
            config.is_single_child_by_variable |= entry.option == OptionName::SingleChild;
        }
    }
    if config.place == Place::OwnSession {
        // The child is then in an orphaned group, which the kernel does not stop by these signals.
        for signal in SignalSet::TERMINAL_STOPS {
            config.rewrites.set_by_default(signal, Signal::STOP);
        }
    }
    if matches!(config.task, Task::Undecided) {
        config.may_be_message_path =
            args.last_read().is_some_and(|word| word_index(b"-m --message", b' ', word).is_some());
        config.task = task(config, args, &wishes);
    }
}

/// What to do when all options have been read, and none of them is a task by itself.
fn task<'a>(config: &Config<'a>, args: Args<'a>, wishes: &Wishes) -> Task<'a> {
    let hold = Hold {
        tells_end: config.verbosity >= Level::Warning,
        tells_reaped: config.contract.holds != Holds::WhenAsked && config.verbosity >= Level::Info,
    };
    if wishes.holds || config.contract.holds == Holds::Always {
        return Task::Hold(hold);
    }
    match (args.command(), config.contract.holds, wishes.for_command) {
        (Some(command), ..) => Task::Supervise(command),
        // A command that was forgotten must not become a hold that does nothing for ever.
        (None, Holds::WithoutCommand, Some(name)) => Task::Complain(Event::NoCommandFor { name }),
        (None, Holds::WithoutCommand, None) => Task::Hold(hold),
        (None, Holds::WhenAsked | Holds::Always, _) => Task::Complain(Event::NoCommand),
    }
}

/// Reads options until there are no more, or one of them is a task by itself. Behind a mistake only those count that say
/// where the complaint is to go.
fn read<'a>(
    options: &mut Getopt<'a, '_>,
    personality: &Personality,
    config: &mut Config<'a>,
    wishes: &mut Wishes,
) {
    while !matches!(config.task, Task::Print(_)) {
        match (options.next(), &config.task) {
            (Found::Option(entry, value), Task::Undecided) => {
                apply(entry, value, personality, config, wishes)
            }
            (Found::Mistake(mistake), Task::Undecided) => config.task = Task::Complain(mistake),
            (Found::Option(entry, value), _) => match entry.option {
                OptionName::Message => config.message = Some(message_path(value)),
                OptionName::MessageFormat => {
                    config.message_format = Format::parse(value).unwrap_or(Format::Text)
                }
                _ => {}
            },
            // A second mistake may be the first again: a word that is no option stays where it is.
            (Found::End | Found::Mistake(_), _) => break,
        }
    }
}

/// Where the message goes.
fn message_path(value: &[u8]) -> &[u8] {
    if value.is_empty() { MESSAGE } else { value }
}

fn apply<'a>(
    entry: Entry,
    value: &'a [u8],
    personality: &Personality,
    config: &mut Config<'a>,
    wishes: &mut Wishes,
) {
    if is_for_command(entry.option) {
        wishes.for_command = wishes.for_command.or(Some(entry.name()));
    }
    if let Err(part) = carry_out(entry.option, value, personality, config, wishes) {
        let name = if part.is_empty() { value } else { part };
        config.task = Task::Complain(Event::Refused {
            letter: entry.letter().unwrap_or(0),
            option: entry.name(),
            name,
            accepted: entry.takes(),
        });
    }
}

/// Whether only a command can use the option.
const fn is_for_command(option: OptionName) -> bool {
    match option {
        OptionName::Delay
        | OptionName::Drain
        | OptionName::Group
        | OptionName::KillAfter
        | OptionName::Message
        | OptionName::MessageFormat
        | OptionName::Remap
        | OptionName::Rewrite
        | OptionName::SingleChild
        | OptionName::Stop
        | OptionName::StopOn
        | OptionName::Timeout
        | OptionName::To => true,
        OptionName::AdoptOrphans
        | OptionName::Help
        | OptionName::Hold
        | OptionName::Install
        | OptionName::License
        | OptionName::ParentDeath
        | OptionName::Quiet
        | OptionName::Unwanted
        | OptionName::Verbose
        | OptionName::Verbosity
        | OptionName::Verbosest
        | OptionName::Version
        | OptionName::WarnOfZombies => false,
    }
}

/// Does what an option asks for. An error is the part of `value` that the option does not take.
fn carry_out<'a>(
    option: OptionName,
    value: &'a [u8],
    personality: &Personality,
    config: &mut Config<'a>,
    wishes: &mut Wishes,
) -> Result<(), &'a [u8]> {
    match option {
        OptionName::AdoptOrphans => config.adopts_orphans = true,
        OptionName::Delay => config.delay = duration(value).ok_or(value)?,
        OptionName::Drain => config.drains = true,
        OptionName::Group => config.target = Target::Group,
        OptionName::Help => config.task = Task::Print(Printed::Help),
        OptionName::Hold => wishes.holds = true,
        OptionName::Install => config.task = Task::Install(value),
        OptionName::KillAfter => config.ladder.kill_after(duration(value).ok_or(value)?),
        OptionName::License => config.task = Task::Print(Printed::License),
        OptionName::Message => config.message = Some(message_path(value)),
        OptionName::MessageFormat => config.message_format = Format::parse(value).ok_or(value)?,
        OptionName::ParentDeath => config.parent_death = Some((personality.signal)(value).ok_or(value)?),
        OptionName::Quiet => config.verbosity = Level::Fatal,
        OptionName::Remap => {
            let (from, to) = (personality.remap)(value)?;
            config.remaps.set(from, to);
        }
        OptionName::Rewrite => {
            let (from, to) = (personality.rewrite)(value)?;
            config.rewrites.set(from, to);
        }
        OptionName::SingleChild => {
            config.place = Place::OurGroup;
            config.target = Target::Child;
        }
        OptionName::Stop => config.ladder.read(value).ok_or(value)?,
        OptionName::StopOn => {
            config.stop_on = SignalSet::EMPTY;
            for part in split(value, b',') {
                let is_possible = |signal: &Signal| !SignalSet::NO_REQUESTS.contains(*signal);
                let signal = Signal::parse(part).filter(is_possible).ok_or(part)?;
                config.stop_on = config.stop_on.union(SignalSet::only(signal));
            }
        }
        OptionName::Timeout => config.timeout = duration(value).ok_or(value)?,
        OptionName::To => {
            config.target = match word_index(b"child group all", b' ', value).ok_or(value)? {
                0 => Target::Child,
                1 => Target::Group,
                _ => Target::All,
            }
        }
        OptionName::Unwanted => config.task = Task::Complain(Event::Reserved),
        OptionName::Verbose => config.verbosity = config.verbosity.louder(),
        OptionName::Verbosity => {
            // What atoi(3) makes of it, taken for a number without sign, as tini does: -1 is more than all.
            let number = integer(value).map_or(0, |(number, _)| number) as u32;
            config.verbosity = Level::from_number(number.min(4) as u8);
        }
        OptionName::Verbosest => config.verbosity = Level::Debug,
        OptionName::Version => config.task = Task::Print(Printed::Version),
        OptionName::WarnOfZombies => config.warns_of_zombies = true,
    }
    Ok(())
}
