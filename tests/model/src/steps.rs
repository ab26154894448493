//! One step after the other: what three hosts, a clock and faults of the way can do next, and what that leads to.

use core::hash::Hash;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap as HashMap;
use twogate_core::session::memory::MemoryStore;
use twogate_core::session::{Reply, SessionConfig, Step};

use crate::acts::{Act, LAPTOP, Outcome, PHONE, Routine, Session, World};
use crate::clock::{CLOCK, now};
use crate::server::{Fault, Keyspace, Server};
use crate::table::Table;
use crate::truth::{Broken, Change, Errand, Past};

/// How many sessions there can be: two from the start, and one for each of three hosts.
const SESSIONS: u8 = 5;

/// What can go wrong between a host and the store, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mishaps {
    /// A host gives up waiting. The command is executed later, or never.
    pub lost_replies: u8,
    /// The store forgets its scripts.
    pub lost_scripts: u8,
}

/// One step of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// A host reads its clock and sends the first command of its next ask.
    Ask(u8),
    /// The store executes a host's command, and the host has the reply.
    Execute(u8),
    /// A host gives up waiting.
    GiveUp(u8),
    /// The store executes a command that nobody waits for any more.
    ExecuteLate,
    /// Time passes.
    Clock(u8),
    /// The store forgets its scripts, and executes a host's command. To forget earlier makes no difference to anybody.
    ExecuteForgotten(u8),
}

/// Everything that the future depends on; what is large is in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    store: u32,
    past: u32,
    hosts: [u32; 3],
    /// The command that nobody waits for any more: in the table of errands.
    late: Option<u32>,
    pub(crate) clock: u8,
    mishaps: Mishaps,
}

/// The store, twice: Redis with its scripts, and the memory store of the product.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stores {
    redis: Keyspace,
    memory: MemoryStore,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Host {
    routine: Routine,
    own: Session,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// About to ask.
    Before(Act),
    /// Waiting for the reply to a command.
    Waiting { act: Act, now: u64, replies: Vec<Reply>, errand: u32 },
    /// Nothing left to do.
    Done,
}

/// The store and the past after a command, and its reply, by number.
type Noted = Result<(u32, u32, u32), Broken>;

/// The world under one configuration. What is learnt about one set of routines is known for the next.
pub(crate) struct Steps {
    world: World,
    server: Server,
    /// Whether the memory store has to agree: not with a server that has faults.
    compare: bool,
    stores: Table<Stores>,
    pasts: Table<Past>,
    hosts: Table<Host>,
    errands: Table<Errand>,
    replies: Table<Reply>,
    /// A command in a store at a time: the store after it, and the reply.
    executed: HashMap<(u32, u32, u8), (u32, u32)>,
    /// The same after a past: the store, the past and the reply.
    noted: HashMap<(u32, u32, u32, u8), Noted>,
    /// A host that asks at a time: the host that waits.
    asked: HashMap<(u32, u8), u32>,
    /// A host with a reply: what becomes of it.
    resumed: HashMap<(u32, u32), u32>,
    /// A store after a past, at a time.
    judged: HashMap<(u32, u32, u8), Result<(), Broken>>,
    alive: HashMap<(u32, u64), BTreeSet<Session>>,
    /// What was seen on the way, so that a test can tell that the exploration came by.
    pub(crate) seen: BTreeSet<(&'static str, Outcome)>,
}

impl Steps {
    /// The world under this configuration, with these mistakes in the scripts.
    pub(crate) fn new(config: SessionConfig, faults: &[Fault]) -> Self {
        Self {
            world: World::new(config, SESSIONS),
            server: Server::new(faults),
            compare: faults.is_empty(),
            stores: Table::new(),
            pasts: Table::new(),
            hosts: Table::new(),
            errands: Table::new(),
            replies: Table::new(),
            executed: HashMap::default(),
            noted: HashMap::default(),
            asked: HashMap::default(),
            resumed: HashMap::default(),
            judged: HashMap::default(),
            alive: HashMap::default(),
            seen: BTreeSet::new(),
        }
    }

    /// Two sessions, and three hosts about to begin.
    pub(crate) fn begin(&mut self, routines: [Routine; 3], mishaps: Mishaps) -> State {
        let empty = Stores { redis: Keyspace::new(), memory: MemoryStore::new() };
        let mut state = State {
            store: self.stores.number(empty),
            past: self.pasts.number(Past::default()),
            hosts: [0; 3],
            late: None,
            clock: 0,
            mishaps,
        };
        for session in [LAPTOP, PHONE] {
            let host = Host { routine: Routine::SignInUntold, own: session, place: Place::Done };
            let act = Routine::SignInUntold.first(session);
            state.hosts[0] = self.hosts.number(Host { place: Place::Before(act), ..host });
            for step in [Move::Ask(0), Move::Execute(0)] {
                state = self.apply(&state, step).expect("a first session");
            }
        }
        let mut own = PHONE;
        state.hosts = routines.map(|routine| {
            own = Session(own.0 + 1);
            self.hosts.number(Host { routine, own, place: Place::Before(routine.first(own)) })
        });
        state
    }

    /// Everything that can happen next.
    pub(crate) fn moves(&self, state: &State, both_sides: bool) -> Vec<Move> {
        let mut moves = Vec::with_capacity(12);
        for (index, host) in (0u8..).zip(state.hosts) {
            match &self.hosts[host].place {
                Place::Before(_) => moves.push(Move::Ask(index)),
                Place::Waiting { errand, .. } => {
                    moves.push(Move::Execute(index));
                    if state.mishaps.lost_scripts > 0 && self.errands[*errand].args[0] == "EVALSHA" {
                        moves.push(Move::ExecuteForgotten(index));
                    }
                    if state.mishaps.lost_replies > 0 && state.late.is_none() {
                        moves.push(Move::GiveUp(index));
                    }
                }
                Place::Done => {}
            }
        }
        if state.late.is_some() {
            moves.push(Move::ExecuteLate);
        }
        let later = CLOCK[usize::from(state.clock)].next.iter().copied();
        let later = later.filter(|next| both_sides || CLOCK[usize::from(*next)].kept);
        moves.extend(later.map(Move::Clock));
        moves
    }

    /// Where a step leads.
    pub(crate) fn apply(&mut self, state: &State, step: Move) -> Result<State, Broken> {
        let mut next = *state;
        match step {
            Move::Ask(index) => {
                let host = &mut next.hosts[usize::from(index)];
                *host = self.ask(*host, state.clock);
            }
            Move::Execute(index) => {
                let host = &mut next.hosts[usize::from(index)];
                let Place::Waiting { errand, .. } = self.hosts[*host].place else {
                    unreachable!("only who waits has a command under way")
                };
                let reply = self.execute(&mut next.store, &mut next.past, errand, state.clock)?;
                *host = self.resume(*host, reply);
            }
            Move::GiveUp(index) => {
                next.mishaps.lost_replies -= 1;
                let host = &mut next.hosts[usize::from(index)];
                let Place::Waiting { errand, .. } = self.hosts[*host].place else {
                    unreachable!("only who waits can give up")
                };
                // A read that nobody waits for changes nothing.
                next.late = self.errands[errand].write.then_some(errand);
                let silence = self.replies.number(Reply::Error("TIMEOUT".into()));
                *host = self.resume(*host, silence);
            }
            Move::ExecuteLate => {
                let errand = next.late.take().expect("a late command");
                self.execute(&mut next.store, &mut next.past, errand, state.clock)?;
            }
            Move::Clock(clock) => next.clock = clock,
            Move::ExecuteForgotten(index) => {
                next.mishaps.lost_scripts -= 1;
                let mut stores = self.stores[state.store].clone();
                stores.redis.forget_scripts();
                next.store = self.stores.number(stores);
                return self.apply(&next, Move::Execute(index));
            }
        }
        Ok(next)
    }

    /// A host reads its clock and asks.
    fn ask(&mut self, host: u32, clock: u8) -> u32 {
        if let Some(known) = self.asked.get(&(host, clock)) {
            return *known;
        }
        let Host { routine, own, place } = self.hosts[host].clone();
        let Place::Before(act) = place else { unreachable!("only who is about to ask asks") };
        let place = match act {
            Act::BeginSignIn(session) => Place::Before(Act::Create(session, Some(now(clock)))),
            act => self.wait(routine, own, act, now(clock), Vec::new()),
        };
        let next = self.hosts.number(Host { routine, own, place });
        self.asked.insert((host, clock), next);
        next
    }

    /// A host is given a reply.
    fn resume(&mut self, host: u32, reply: u32) -> u32 {
        if let Some(known) = self.resumed.get(&(host, reply)) {
            return *known;
        }
        let Host { routine, own, place } = self.hosts[host].clone();
        let Place::Waiting { act, now, mut replies, .. } = place else {
            unreachable!("only who waits gets a reply")
        };
        replies.push(self.replies[reply].clone());
        let place = self.wait(routine, own, act, now, replies);
        let next = self.hosts.number(Host { routine, own, place });
        self.resumed.insert((host, reply), next);
        next
    }

    /// Where a host stands that has these replies.
    fn wait(&mut self, routine: Routine, own: Session, act: Act, now: u64, replies: Vec<Reply>) -> Place {
        match self.world.step(&act, now, &replies) {
            Step::Send(command) => {
                let errand = Errand { act: act.clone(), now, args: command.args, write: command.write };
                let errand = self.errands.number(errand);
                Place::Waiting { act, now, replies, errand }
            }
            Step::Done(outcome) => {
                self.seen.insert((act.name(), outcome));
                let next = routine.next(own, &act, outcome);
                next.map_or(Place::Done, Place::Before)
            }
        }
    }

    /// Has the store execute a command, and takes note of it.
    fn execute(&mut self, store: &mut u32, past: &mut u32, errand: u32, clock: u8) -> Result<u32, Broken> {
        let key = (*store, *past, errand, clock);
        let result = match self.noted.get(&key) {
            Some(result) => *result,
            None => {
                let result = self.execute_and_note(key);
                self.noted.insert(key, result);
                result
            }
        };
        let (after, noted, reply) = result?;
        (*store, *past) = (after, noted);
        Ok(reply)
    }

    fn execute_and_note(&mut self, (before, past, errand, clock): (u32, u32, u32, u8)) -> Noted {
        let key = (before, errand, clock);
        let (after, reply) = match self.executed.get(&key) {
            Some(result) => *result,
            None => {
                let result = self.execute_anew(before, errand, now(clock))?;
                self.executed.insert(key, result);
                result
            }
        };
        // A store that has forgotten the script has done nothing.
        if matches!(self.replies[reply], Reply::Error(_)) {
            return Ok((after, past, reply));
        }
        Ok((after, self.note(past, errand, before, after, now(clock))?, reply))
    }

    fn execute_anew(&mut self, store: u32, errand: u32, clock: u64) -> Result<(u32, u32), Broken> {
        let Errand { args, .. } = &self.errands[errand];
        let mut stores = self.stores[store].clone();
        let reply = self.server.execute(&mut stores.redis, args, clock);
        let forgotten = matches!(&reply, Reply::Error(text) if text.starts_with("NOSCRIPT"));
        if forgotten {
            self.seen.insert(("script", Outcome::Unavailable));
        } else if self.compare {
            let key = self.world.key();
            let all = ["HGETALL".to_string(), key.to_string()];
            if stores.memory.execute(args, clock) != reply
                || stores.memory.execute(&all, clock)
                    != self.server.execute(&mut stores.redis.clone(), &all, clock)
            {
                return Err("the memory store and the scripts disagree");
            }
        }
        Ok((self.stores.number(stores), self.replies.number(reply)))
    }

    fn note(&mut self, past: u32, errand: u32, before: u32, after: u32, clock: u64) -> Result<u32, Broken> {
        let host_now = self.errands[errand].now;
        let (were_alive, are_alive) = (self.alive(before, host_now), self.alive(after, host_now));
        let change = Change {
            errand: &self.errands[errand],
            before: &self.stores[before].redis,
            after: &self.stores[after].redis,
            were_alive: &were_alive,
            are_alive: &are_alive,
            clock,
        };
        let past = self.pasts[past].note(&self.world, &change)?;
        Ok(self.pasts.number(past))
    }

    /// Whether every promise holds in this state.
    pub(crate) fn judge(&mut self, state: &State) -> Result<(), Broken> {
        let key = (state.store, state.past, state.clock);
        if let Some(result) = self.judged.get(&key) {
            return *result;
        }
        let clock = now(state.clock);
        let alive = self.alive(state.store, clock);
        let keyspace = &self.stores[state.store].redis;
        let result = self.pasts[state.past].judge(&self.world, keyspace, &alive, clock);
        self.judged.insert(key, result);
        result
    }

    /// The sessions that the full check lets in.
    pub(crate) fn alive_in(&mut self, state: &State) -> BTreeSet<Session> {
        self.alive(state.store, now(state.clock))
    }

    fn alive(&mut self, store: u32, clock: u64) -> BTreeSet<Session> {
        if let Some(alive) = self.alive.get(&(store, clock)) {
            return alive.clone();
        }
        let keyspace = &self.stores[store].redis;
        let is_alive = |session: &Session| {
            let act = Act::Check(*session);
            let Step::Send(command) = self.world.step(&act, clock, &[]) else { unreachable!("a check asks") };
            let reply = self.server.execute(&mut keyspace.clone(), &command.args, clock);
            matches!(self.world.step(&act, clock, &[reply]), Step::Done(Outcome::Active { .. }))
        };
        let alive: BTreeSet<Session> = self.world.sessions().filter(is_alive).collect();
        self.alive.insert((store, clock), alive.clone());
        alive
    }

    /// What a step is, in words.
    pub(crate) fn describe(&self, state: &State, step: Move) -> String {
        let host = |index: u8| &self.hosts[state.hosts[usize::from(index)]];
        let name = |index: u8| char::from(b'A' + index);
        match step {
            Move::Ask(index) => {
                let Place::Before(act) = &host(index).place else { unreachable!("who asks is about to ask") };
                format!("{} begins {act:?}", name(index))
            }
            Move::Execute(index) | Move::GiveUp(index) => {
                let Place::Waiting { errand, ref act, .. } = host(index).place else {
                    unreachable!("who waits has a command under way")
                };
                let command = &self.errands[errand].args[0];
                if step == Move::Execute(index) {
                    format!("the store executes {command} of {}'s {act:?}", name(index))
                } else {
                    format!("{} gives up waiting for {command} of {act:?}", name(index))
                }
            }
            Move::ExecuteLate => {
                let late = state.late.map(|errand| &self.errands[errand].act);
                format!("the store executes {late:?}, for which nobody waits any more")
            }
            Move::Clock(clock) => format!("the clock moves to {} s", CLOCK[usize::from(clock)].second),
            Move::ExecuteForgotten(index) => {
                format!("the store forgets its scripts; then {}", self.describe(state, Move::Execute(index)))
            }
        }
    }
}
