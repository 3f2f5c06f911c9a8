//! Where the choices of a world come from: a seed, an odometer that counts through all of them, or a recorded life.
//!
//! They are drawn while the life runs, since what can be chosen depends on what has happened (TigerBeetle's
//! `exhaustigen.zig`, matklad's arbtest). Zero is always the simplest choice, and what comes after the end of a record is
//! zero: so a life shrinks by making its record shorter and its numbers smaller.

#[derive(Clone, Debug)]
enum Source {
    Seed(u64),
    /// Each choice and the highest that there is in its place.
    Odometer(Vec<(u32, u32)>),
    Record(Vec<u32>),
}

#[derive(Clone, Debug)]
pub struct Choices {
    source: Source,
    /// What was chosen in this life.
    pub made: Vec<u32>,
}

impl Choices {
    /// The simplest, always.
    pub const fn none() -> Self {
        Self::record(Vec::new())
    }

    pub const fn record(record: Vec<u32>) -> Self {
        Self { source: Source::Record(record), made: Vec::new() }
    }

    /// Any number is a good seed (splitmix64's finalizer).
    pub fn seed(seed: u64) -> Self {
        let mut choices = Self::none();
        choices.reseed(seed);
        choices
    }

    pub fn reseed(&mut self, seed: u64) {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.source = Source::Seed((z ^ (z >> 31)) | 1);
        self.made.clear();
    }

    pub const fn odometer() -> Self {
        Self { source: Source::Odometer(Vec::new()), made: Vec::new() }
    }

    /// On to the next combination; `false` after the last.
    pub fn advance(&mut self) -> bool {
        self.made.clear();
        let Source::Odometer(wheels) = &mut self.source else { return false };
        while let Some((value, highest)) = wheels.pop() {
            if value < highest {
                wheels.push((value + 1, highest));
                return true;
            }
        }
        false
    }

    /// One of `number`, the first of which is the simplest.
    pub fn pick(&mut self, number: u32) -> u32 {
        if number <= 1 {
            return 0;
        }
        let place = self.made.len();
        let value = match &mut self.source {
            // xorshift64*
            Source::Seed(state) => {
                *state ^= *state >> 12;
                *state ^= *state << 25;
                *state ^= *state >> 27;
                ((u64::from((state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32) * u64::from(number))
                    >> 32) as u32
            }
            Source::Odometer(wheels) => {
                if place == wheels.len() {
                    wheels.push((0, number - 1));
                }
                wheels[place].0
            }
            Source::Record(record) => record.get(place).copied().unwrap_or(0).min(number - 1),
        };
        self.made.push(value);
        value
    }

    /// Whether something happens that happens so often of 256 times; an odometer tries both.
    pub fn chance(&mut self, often: u32) -> bool {
        match self.source {
            Source::Seed(_) => {
                let happens = self.pick(256) >= 256 - often.min(256);
                if let Some(last) = self.made.last_mut() {
                    *last = u32::from(happens);
                }
                happens
            }
            _ => self.pick(2) == 1,
        }
    }
}

/// The shortest and smallest record that still `fails`, as far as a greedy search finds it.
pub fn shrink(mut record: Vec<u32>, fails: impl Fn(&[u32]) -> bool) -> Vec<u32> {
    let mut tries = 20_000;
    let mut fails = |record: &[u32]| {
        tries -= 1;
        tries > 0 && fails(record)
    };
    let mut shrinks = true;
    while shrinks {
        shrinks = false;
        let mut length = record.len();
        while length > 0 {
            for at in (0..=record.len().saturating_sub(length)).rev() {
                let mut shorter = record.clone();
                shorter.drain(at..at + length);
                if fails(&shorter) {
                    record = shorter;
                    shrinks = true;
                    break;
                }
            }
            length = if length > 8 { length / 2 } else { length - 1 };
            length = length.min(record.len());
        }
        for at in 0..record.len() {
            for smaller in [0, record[at] / 2, record[at].saturating_sub(1)] {
                let mut simpler = record.clone();
                simpler[at] = smaller;
                if smaller < record[at] && fails(&simpler) {
                    record = simpler;
                    shrinks = true;
                    break;
                }
            }
        }
    }
    record
}
