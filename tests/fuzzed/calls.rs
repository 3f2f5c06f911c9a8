//! How we are called: any arguments and any environment become a `Config`, and always the same.

use pausa::args::{Args, Env, Spare};
use pausa::cli::config::{Config, Task};
use pausa::cli::parse::parse;
use pausa::cli::personality::Personality;
use pausa::message::catalog::Printed;
use pausa::message::event::Event;
use pausa::message::fill::Speaker;
use pausa::message::line::Line;
use pausa::model::process::Pid;
use pausa::model::signal::{Signal, SignalSet};
use pausa::model::status::ExitStatus;
use pausa::policy::reason::Reason;
use std::ffi::{CStr, CString, c_char};
use std::ptr;

/// The variable that is taken out of the environment.
const OURS: &[u8] = b"PAUSA_OPTIONS=";

struct Call {
    arguments: Vec<CString>,
    variables: Vec<CString>,
}

impl Call {
    /// Strings with a NUL between two of them; one that begins with a byte 1 is a variable.
    fn new(name: &CStr, data: &[u8]) -> Self {
        let (mut arguments, mut variables) = (vec![name.to_owned()], Vec::new());
        for word in data.split(|&byte| byte == 0) {
            match word {
                [1, variable @ ..] => variables.push(CString::new(variable).expect("no NUL in it")),
                _ => arguments.push(CString::new(word).expect("no NUL in it")),
            }
        }
        Self { arguments, variables }
    }

    /// Parses, and hands over what comes of it and what is left of the environment.
    fn parsed<T>(&self, look: impl FnOnce(&Config<'_>, &[*const c_char]) -> T) -> T {
        let (mut arguments, mut variables) = (pointers(&self.arguments), pointers(&self.variables));
        let spare = Spare::default();
        // SAFETY: C strings that `self` keeps, then null.
        let (args, mut env) = unsafe { (Args::new(&mut arguments), Env::new(&mut variables, &spare)) };
        let config = parse(args, &mut env);
        look(&config, &array(env.as_ptr()))
    }
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// What execve(2) would read, without the null pointer at its end.
fn array(mut at: *const *const c_char) -> Vec<*const c_char> {
    let mut pointers = Vec::new();
    loop {
        // SAFETY: an array that a null pointer ends, as `Args` and `Env` promise; we have not passed that.
        let pointer = unsafe { *at };
        if pointer.is_null() {
            return pointers;
        }
        pointers.push(pointer);
        at = at.wrapping_add(1);
    }
}

/// All of a `Config` but what never changes.
fn wishes(config: &Config<'_>) -> String {
    format!(
        "{:?}",
        (
            (config.task, config.name, config.verbosity, config.place, config.target, config.adopts_orphans),
            (config.is_verbose_by_variable, config.is_single_child_by_variable, config.warns_of_zombies),
            (
                config.drains,
                config.parent_death,
                (config.delay, config.timeout),
                config.message,
                config.message_format
            ),
            (config.stop_on, config.ladder, &config.rewrites, &config.remaps),
            (config.mistaken_in, config.may_be_message_path),
        )
    )
}

/// Whether `part` is made of elements of `whole`, in their order.
fn is_part(part: &[*const c_char], whole: &[CString]) -> bool {
    let mut rest = whole.iter().map(|string| string.as_ptr());
    part.iter().all(|&pointer| rest.any(|known| known == pointer))
}

pub fn call(name: &CStr, data: &[u8]) {
    let call = Call::new(name, data);
    let first = call.parsed(|config, left| {
        look(&call, config);
        assert!(is_part(left, &call.variables), "the environment keeps its order");
        let gone = call.variables.iter().filter(|variable| !left.contains(&variable.as_ptr()));
        assert!(gone.into_iter().all(|variable| variable.as_bytes().starts_with(OURS)), "no other is taken");
        wishes(config)
    });
    assert_eq!(call.parsed(|config, _| wishes(config)), first, "the same call, the same wish");

    // Whatever stands behind it.
    let help = match name.to_bytes() {
        b"pause" => return,
        b"tini" | b"catatonit" => c"-h",
        _ => c"--help",
    };
    let mut call = Call { variables: Vec::new(), ..call };
    call.arguments.insert(1, help.to_owned());
    call.parsed(|config, _| assert!(matches!(config.task, Task::Print(Printed::Help)), "{:?}", config.task));
}

/// What holds for every call.
fn look(call: &Call, config: &Config<'_>) {
    assert_ne!(config.message, Some(&b""[..]), "a message has a place");
    match &config.task {
        Task::Undecided => panic!("there is always something to do"),
        Task::Hold(_) => {}
        // Not by a variable.
        Task::Install(path) => assert!(
            call.arguments.iter().any(|word| word.as_bytes().ends_with(path)),
            "the path is one that was written"
        ),
        Task::Supervise(command) => {
            let run = array(command.as_ptr());
            assert!(is_part(&run, &call.arguments[1..]), "the command is what the options leave");
            assert_eq!(run.first(), Some(&command.name.as_ptr()));
        }
        Task::Print(printed) => {
            let text = filled(config, |speaker, line| {
                Event::NoCommand.fill(config.catalog.printed(printed.topic()), speaker, line);
            });
            assert!(text.ends_with(b"\n") && text.len() > 1, "{}", text.escape_ascii());
        }
        Task::Complain(event) => complain(call, config, event),
    }
}

fn filled(config: &Config<'_>, fill: impl FnOnce(Speaker<'_>, &mut Line<'_>)) -> Vec<u8> {
    let mut room = Line::ROOM;
    let mut line = Line::new(&mut room);
    fill(Speaker { name: config.name, pid: Pid::INIT }, &mut line);
    line.as_bytes().to_vec()
}

/// It says something, and what it names is what the caller has written.
fn complain(call: &Call, config: &Config<'_>, event: &Event<'_>) {
    let catalog = if event.is_ours_alone() { &Personality::ours().catalog } else { config.catalog };
    let mut said = filled(config, |speaker, line| {
        if let Some((_, text)) = catalog.find(event.topic()) {
            event.fill(text, speaker, line);
        }
    });
    said.extend(filled(config, |speaker, line| {
        Event::NoCommand.fill(catalog.printed(catalog.on_mistake.topic()), speaker, line);
    }));
    assert!(said.len() > 1, "{event:?} says nothing");

    let name: &[u8] = match event {
        Event::UnknownShort { letter } | Event::ShortNeedsValue { letter } => &[*letter],
        Event::UnknownLong { name }
        | Event::LongNeedsValue { name }
        | Event::LongTakesNoValue { name }
        | Event::Ambiguous { name }
        | Event::Misspelt { name, .. }
        | Event::Operand { name }
        | Event::Refused { name, .. } => name,
        _ => return,
    };
    let has = |word: &CString| word.as_bytes().windows(name.len().max(1)).any(|part| part == name);
    let is_empty_value = name.is_empty() && matches!(event, Event::Refused { .. } | Event::Operand { .. });
    let words = || call.arguments.iter().chain(&call.variables);
    // A long option may be cut short, and is then named in full.
    let is_known = |word: &CString| has(word) || word.as_bytes().starts_with(b"--");
    assert!(is_empty_value || words().any(is_known), "{event:?} is about nothing that was written");
}

/// A value for an option that replaces a signal or a status: nothing but what it names is replaced.
pub fn replacement(data: &[u8]) {
    let Some((&choice, value)) = data.split_first() else { return };
    let Ok(value) = CString::new(value) else { return };
    let (name, option) = [(c"pausa", c"-r"), (c"pausa", c"-e"), (c"dumb-init", c"-r"), (c"tini", c"-e")]
        [usize::from(choice & 3)];
    let words = |option: &[&CStr]| {
        let words = [&[name][..], option, &[c"true"]].concat();
        Call { arguments: words.into_iter().map(CStr::to_owned).collect(), variables: Vec::new() }
    };
    let tables = |call: &Call| {
        call.parsed(|config, _| {
            let signals: Vec<Option<Signal>> =
                SignalSet::ALL.into_iter().map(|signal| config.rewrites.apply(signal)).collect();
            let codes: Vec<u8> = [Reason::Itself, Reason::OutOfMemory]
                .into_iter()
                .flat_map(|reason| (0..=255).map(move |code| config.remaps.apply(ExitStatus(code), reason).0))
                .collect();
            (matches!(config.task, Task::Supervise(_)), signals, codes)
        })
    };
    let (_, signals, codes) = tables(&words(&[]));
    let once = tables(&words(&[option, &value]));
    assert_eq!(once, tables(&words(&[option, &value, option, &value])), "twice is as good as once");
    let changes = signals.iter().zip(&once.1).filter(|(one, other)| one != other).count()
        + codes.iter().zip(&once.2).filter(|(one, other)| one != other).count();
    // A status is looked up for two reasons; a rule for one of them is for every status.
    let is_for_reason = name == c"pausa" && value.to_bytes().first().is_some_and(u8::is_ascii_lowercase);
    let most = if is_for_reason { 256 } else { 2 };
    assert!(changes <= most * usize::from(once.0), "{changes} changes");
    if name == c"pausa" {
        for signal in [Signal::KILL, Signal::STOP, Signal::CHLD] {
            assert_eq!(once.1[usize::from(signal.number()) - 1], Some(signal), "the kernel's, or ours");
        }
    }
}
