//! What must hold: what became of each session as the promises say it, held against what the store says.

use std::collections::{BTreeMap, BTreeSet};

use twogate_core::session::config::AtLimit;
use twogate_core::session::names::{DATA_FIELD, NOT_BEFORE_FIELD, RECORD_FIELD, data_field};
use twogate_core::session::record::{Record, State};
use twogate_core::session::rotate::ROTATION_GRACE;

use crate::acts::{Act, Session, World};
use crate::server::Keyspace;

/// A promise that does not hold.
pub type Broken = &'static str;

/// What has become of the sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Past {
    lives: BTreeMap<Session, Life>,
    /// The latest time that a revocation of all was asked for, in milliseconds since 1970.
    not_before: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Life {
    /// The session of the sign-in that rotations replaced, one after the other.
    family: Session,
    /// When its user was last seen, in seconds since 1970.
    seen: u64,
    /// When it has to be over, in seconds since 1970.
    deadline: u64,
    /// Whether it was ended.
    over: bool,
}

/// A command on its way, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Errand {
    /// The ask it belongs to.
    pub act: Act,
    /// When that began, in milliseconds since 1970: the time of its host.
    pub now: u64,
    /// What goes to the store.
    pub args: Vec<String>,
    /// Whether it may write.
    pub write: bool,
}

/// Before and after a command, and which sessions the full check lets in.
pub struct Change<'a> {
    /// The command.
    pub errand: &'a Errand,
    /// The store before it.
    pub before: &'a Keyspace,
    /// The store after it.
    pub after: &'a Keyspace,
    /// The sessions that were alive before it, at the time of its host.
    pub were_alive: &'a BTreeSet<Session>,
    /// The sessions that are alive after it, at the same time.
    pub are_alive: &'a BTreeSet<Session>,
    /// The time of the store, in milliseconds since 1970.
    pub clock: u64,
}

type Fields = BTreeMap<String, String>;

impl Past {
    /// Takes note of a command that the store has executed.
    ///
    /// # Errors
    /// The promise that this change breaks.
    pub fn note(&self, world: &World, change: &Change<'_>) -> Result<Self, Broken> {
        let mut past = self.clone();
        let mut before = change.before.clone();
        before.expire(change.clock);
        let (old, new) = (before.fields(world.key()), change.after.fields(world.key()));
        for (session, life) in &self.lives {
            let field = world.field(*session);
            let was_forgotten = change.before.field(world.key(), field).is_some() && !old.contains_key(field);
            if was_forgotten && !life.over && change.clock / 1000 < life.deadline {
                return Err("a key expired before its session");
            }
        }
        if change.errand.write {
            past.note_write(world, change, (&old, &new))?;
        } else if old != new {
            return Err("a command that only reads has written");
        }
        for (session, life) in &mut past.lives {
            if old.contains_key(world.field(*session)) && !new.contains_key(world.field(*session)) {
                if !may_end(world, change, self, *session) {
                    return Err("a session is gone that nobody ended");
                }
                life.over = true;
            }
        }
        Ok(past)
    }

    fn note_write(
        &mut self,
        world: &World,
        change: &Change<'_>,
        (old, new): (&Fields, &Fields),
    ) -> Result<(), Broken> {
        let Errand { act, now, args, .. } = change.errand;
        let (is_there, was_there) = (
            |session: &Session| new.contains_key(world.field(*session)),
            |session: &Session| old.contains_key(world.field(*session)),
        );
        let seconds = now / 1000;
        match act {
            Act::Create(session, _) | Act::Rotate(_, session)
                if is_there(session) && !was_there(session) && !change.are_alive.contains(session) =>
            {
                return Err("a session is not active when it begins");
            }
            Act::Create(session, began) if is_there(session) => {
                let absolute_timeout = world.config().absolute_timeout();
                // Not-before is remembered for one absolute timeout; a login in flight for longer is not caught.
                let remembered = change.clock < self.not_before + absolute_timeout * 1000;
                if remembered && began.is_some_and(|began| began <= self.not_before) {
                    return Err("a login that began before the revocation of all came through");
                }
                let deadline = seconds + absolute_timeout;
                let life = Life { family: *session, seen: seconds, deadline, over: false };
                self.lives.entry(*session).or_insert(life);
            }
            Act::Rotate(session, successor) if is_there(successor) && !was_there(successor) => {
                let life = self.lives.get_mut(session).ok_or("a session was rotated that nobody created")?;
                if life.over {
                    return Err("a session that was ended was rotated");
                }
                let seen = life.seen.max(seconds);
                let new = Life { seen, ..life.clone() };
                life.deadline = life.deadline.min(seconds + ROTATION_GRACE);
                self.lives.insert(*successor, new);
            }
            Act::Touch(session) => {
                if let Some(life) = self.lives.get_mut(session)
                    && seconds < life.seen + world.config().idle_timeout()
                {
                    life.seen = life.seen.max(seconds);
                }
            }
            // One that is dead ends itself alone.
            Act::EndThis(session) if !change.were_alive.contains(session) => {
                self.end(|other, _| other == *session);
            }
            Act::EndThis(session) => self.end_family(*session),
            Act::EndByHandle(_, session) if was_there(session) => self.end_family(*session),
            Act::EndAll => {
                self.not_before = self.not_before.max(*now);
                self.end(|_, _| true);
                if new.keys().any(|field| field != NOT_BEFORE_FIELD) {
                    return Err("a revocation of all left something behind");
                }
            }
            _ => {}
        }
        fields_hold(world, act, args, (old, new))?;
        if let Act::Touch(asks) | Act::Write(asks, ..) | Act::Rotate(asks, _) = act
            && new.iter().any(|(field, text)| old.get(field) != Some(text))
            && !(change.were_alive.contains(asks) && in_use(world, change.before, *asks).is_some())
        {
            return Err("a session that is not alive, or was replaced, has written");
        }
        Ok(())
    }

    /// Judges what the store says now. `alive` are the sessions that the full check lets in.
    ///
    /// # Errors
    /// The promise that does not hold.
    pub fn judge(
        &self,
        world: &World,
        keyspace: &Keyspace,
        alive: &BTreeSet<Session>,
        clock: u64,
    ) -> Result<(), Broken> {
        let now = clock / 1000;
        let fields = keyspace.fields(world.key());
        for session in alive {
            let life = self.lives.get(session).ok_or("a session is active that nobody created")?;
            if life.over {
                return Err("a session that was ended is active again");
            }
            if now >= life.deadline {
                return Err("a session outlives its absolute timeout or its grace");
            }
            if now >= life.seen + world.config().idle_timeout() {
                return Err("a session outlives its idle timeout");
            }
        }
        let in_use = alive.iter().filter(|session| in_use(world, keyspace, **session).is_some());
        if in_use.count() > world.config().sessions_per_user as usize {
            return Err("more sessions are active than the limit allows");
        }
        for field in fields.keys() {
            if let Some(of) = field.strip_prefix(DATA_FIELD)
                && !fields.contains_key(&format!("{RECORD_FIELD}{of}"))
            {
                return Err("application data outlived their session");
            }
        }
        Ok(())
    }

    fn end_family(&mut self, session: Session) {
        let family = self.family(session);
        self.end(|_, life| Some(life.family) == family);
    }

    fn end(&mut self, which: impl Fn(Session, &Life) -> bool) {
        for (session, life) in &mut self.lives {
            life.over |= which(*session, life);
        }
    }

    fn family(&self, session: Session) -> Option<Session> {
        self.lives.get(&session).map(|life| life.family)
    }
}

/// Whether this command may end this session, which was there before it.
fn may_end(world: &World, change: &Change<'_>, past: &Past, session: Session) -> bool {
    let alive = change.were_alive;
    let is_kin = |other: &Session| past.family(*other) == past.family(session);
    match &change.errand.act {
        Act::EndThis(ended) => *ended == session || (is_kin(ended) && alive.contains(ended)),
        Act::EndByHandle(_, ended) => is_kin(ended),
        Act::EndAll => true,
        Act::EndOthers(asks) => {
            *asks != session && alive.contains(asks) && in_use(world, change.before, *asks).is_some()
        }
        // The dead are swept out.
        Act::Create(..) | Act::Rotate(..) if !alive.contains(&session) => true,
        // Of the living, the one that was used least recently goes where there is no room, and what it replaced.
        Act::Create(..) => {
            let in_use: Vec<(Session, u64)> = alive
                .iter()
                .filter_map(|other| Some((*other, in_use(world, change.before, *other)?.last_seen)))
                .collect();
            let goes = in_use.iter().find(|(other, _)| is_kin(other));
            goes.is_some_and(|(_, seen)| {
                let stays = |other: &Session| change.after.field(world.key(), world.field(*other)).is_some();
                world.config().at_limit == AtLimit::Evict
                    && in_use.len() >= world.config().sessions_per_user as usize
                    && in_use.iter().all(|(other, later)| !stays(other) || later >= seen)
            })
        }
        _ => false,
    }
}

/// The record of a session that no rotation has replaced.
fn in_use(world: &World, keyspace: &Keyspace, session: Session) -> Option<Record> {
    let text = keyspace.field(world.key(), world.field(session))?;
    Record::read(text).ok().filter(|record| record.state == State::Active)
}

/// What no command may do to the fields of a user.
fn fields_hold(
    world: &World,
    act: &Act,
    args: &[String],
    (old, new): (&Fields, &Fields),
) -> Result<(), Broken> {
    let record_made_by = |act: &Act| match act {
        Act::Create(session, _) | Act::Rotate(_, session) => Some(*session),
        _ => None,
    };
    let data_made_by = |act: &Act| match act {
        Act::Write(session, ..) | Act::Rotate(_, session) => Some(*session),
        _ => None,
    };
    for (field, text) in new {
        let before = old.get(field);
        if before == Some(text) {
            continue;
        }
        let makes = record_made_by(act).is_some_and(|session| world.field(session) == *field);
        if before.is_none() && field.starts_with(RECORD_FIELD) && !makes {
            return Err("a command made a session that was not there");
        }
        let may = if field == NOT_BEFORE_FIELD {
            // The same letter, and digits of the same number: the order of the texts is that of the times.
            *act == Act::EndAll && before.is_none_or(|before| before < text)
        } else if field.starts_with(DATA_FIELD) {
            let of = data_made_by(act);
            of.is_some_and(|session| data_field(world.field(session)) == *field)
                && match act {
                    // The version is the letter and seven digits. It goes up by one, so no write is lost to another.
                    Act::Write(_, _, version) => {
                        args.last() == Some(text)
                            && before.map_or(0, |before| number(&before[1..8])) == *version
                    }
                    _ => before.is_none(),
                }
        } else {
            before.is_none_or(|before| record_may_change(act, before, text))
        };
        if !may {
            return Err("a command changed a field in a way that is not for it");
        }
    }
    Ok(())
}

/// Whether a record may change like this: sign-in stays, last-seen moves forward, no life becomes longer.
fn record_may_change(act: &Act, before: &str, after: &str) -> bool {
    let (Ok(before), Ok(after)) = (Record::read(before), Record::read(after)) else { return false };
    let same_time = after.created == before.created && after.absolute_deadline == before.absolute_deadline;
    match act {
        Act::Touch(_) => {
            same_time
                && before.state == State::Active
                && after.state == before.state
                && after.last_seen > before.last_seen
        }
        Act::Rotate(..) => {
            before.state == State::Active
                && after.state == State::Rotated
                && after.created == before.created
                && after.absolute_deadline <= before.absolute_deadline
                && after.last_seen == before.last_seen
        }
        _ => false,
    }
}

fn number(digits: &str) -> u64 {
    u64::from_str_radix(digits, 36).expect("digits of base 36")
}
