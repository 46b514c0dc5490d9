//! What the phones of a run share: the server, those who act on it without a phone, the time, and what is written down of it all.

use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{BrokenMove, Extension, Profile};
use postrider_model::world::{Rival, World};
use tokio::time::Instant;

use super::chronicle::Chronicle;
use super::hash::Hash;
use super::names::Names;
use super::situations::Situations;
use super::tape::{Deed, Fault, Reply, ServerSpec, Tape};
use super::world::{Checked, MAILBOXES, in_words};
use crate::phone::{PASSWORD, USER};

/// When the world begins: 2026-11-27T00:00:00Z.
const BEGIN: i64 = 1_795_737_600;

/// The world's time.
#[derive(Clone, Copy)]
pub(super) struct Time(Instant);

impl Time {
    /// In seconds since 1970.
    pub(super) fn now(self) -> i64 {
        BEGIN + i64::try_from(self.0.elapsed().as_secs()).unwrap_or(0)
    }
}

/// What the phones share.
pub(super) struct Around {
    pub(super) server: ModelServer,
    pub(super) rival: Rival,
    pub(super) profile: Profile,
    pub(super) chronicle: Chronicle,
    pub(super) hash: Hash,
    pub(super) time: Time,
    pub(super) delimiter: char,
    pub(super) prefix: String,
    /// Whether the server says NO to what it has done.
    pub(super) denies: bool,
    /// Whether nobody interferes and nothing is refused.
    pub(super) quiet: bool,
}

impl Around {
    pub(super) fn new(tape: &Tape, traced: bool) -> Checked<Self> {
        let time = Time(Instant::now());
        let world = World::with_clock(move || time.now());
        let profile = profile(&tape.server);
        profile.layout.furnish(&world, USER, PASSWORD).map_err(in_words)?;
        let mut served = profile.clone();
        served.quirks.broken_move = tape.server.move_stops.then_some(BrokenMove::StopsAfter(1));
        let server = ModelServer::new(world.clone(), served);
        let delimiter = profile.layout.delimiter.map_or('/', char::from);
        let prefix = String::from_utf8_lossy(&profile.layout.prefix).into_owned();
        let rival = world.rival(USER);
        let names = Names::new(delimiter, &prefix);
        for name in &MAILBOXES[1..] {
            rival.create(names.raw_of(name), &[]).map_err(in_words)?;
        }
        world.with(|state| {
            state.take_effects();
            state.record_commands(traced);
        });
        for fault in &tape.faults {
            if let Fault::Answer { command, skip, reply } = fault {
                server.script().add(rule(command, *skip, reply));
            }
        }
        let others = |deed: &Deed| matches!(deed, Deed::Rival(_) | Deed::Second(_));
        let answers = |fault: &Fault| matches!(fault, Fault::Answer { .. });
        let denied = |fault: &Fault| matches!(fault, Fault::Answer { reply: Reply::Deny(_), .. });
        Ok(Self {
            server,
            rival,
            profile,
            chronicle: Chronicle::default(),
            hash: Hash::new(traced),
            time,
            delimiter,
            prefix,
            denies: tape.server.move_stops || tape.faults.iter().any(denied),
            quiet: !(tape.server.move_stops || tape.faults.iter().any(answers) || tape.workload.iter().any(others)),
        })
    }

    /// What kind of server it is.
    pub(super) fn met(&self, tape: &Tape, situations: &mut Situations) {
        let has = |extension| self.profile.has(extension);
        let bare = !has(Extension::Move) && !has(Extension::UidPlus);
        situations.met_if(bare, "a server with neither MOVE nor UIDPLUS");
        let forgets = !has(Extension::Condstore) && !has(Extension::Qresync);
        situations.met_if(forgets, "a server without mod-sequences");
        situations.met_if(has(Extension::Qresync), "a server with QRESYNC");
        situations.met_if(has(Extension::ObjectId), "a server that names mails");
        situations.met_if(tape.server.move_stops, "a MOVE that stops in the middle");
    }
}

/// The profile of a spec.
fn profile(spec: &ServerSpec) -> Profile {
    let mut profile = Profile::preset(&spec.preset).unwrap_or_else(Profile::bare);
    for name in &spec.with {
        if let Some(extension) = Extension::from_capability(name) {
            profile = profile.with(extension);
        }
    }
    for name in &spec.without {
        if let Some(extension) = Extension::from_capability(name) {
            profile = profile.without(extension);
        }
    }
    // The form of LIST that LIST-STATUS adds to is that of LIST-EXTENDED (RFC 5819).
    if profile.has(Extension::ListStatus) {
        profile = profile.with(Extension::ListExtended);
    }
    // QRESYNC builds on these (RFC 7162).
    if profile.has(Extension::Qresync) {
        profile = profile.with(Extension::Condstore).with(Extension::Enable);
    }
    profile
}

fn rule(command: &str, skip: u8, reply: &Reply) -> Rule {
    let act = match reply {
        Reply::Refuse(text) => Act::Refuse(text.clone()),
        Reply::Deny(text) => Act::Deny(text.clone()),
        Reply::Bye => Act::Bye("see you".to_owned()),
        Reply::ByeAfter => Act::ByeAfter("see you".to_owned()),
        Reply::Cut => Act::Cut,
        Reply::CutAfter => Act::CutAfter,
        Reply::Silence => Act::Silence,
    };
    Rule::once(command, act).after(usize::from(skip))
}
