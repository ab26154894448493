//! What hosts ask of a store, as the operations of core; and what hosts do, ask after ask.

use core::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use twogate_core::claims::{Claims, SessionId, UserId};
use twogate_core::keys::KeyRing;
use twogate_core::session::check::{Check, Checked};
use twogate_core::session::create::{Create, Created, SignIn};
use twogate_core::session::data::{ReadData, Write, WriteData};
use twogate_core::session::list::List;
use twogate_core::session::names::{handle, session_field, user_key};
use twogate_core::session::revoke::{RevokeAll, RevokeOne, RevokeOthers};
use twogate_core::session::rotate::{Privileges, Rotate};
use twogate_core::session::touch::Touch;
use twogate_core::session::{Answer, Operation, Reply, SessionConfig, SessionRules, Step};
use twogate_core::token::Freshness;

/// The user of the model. Another user is another key, which no command of this one names.
pub const USER: &str = "user_41f2c9a7";
/// A session by its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session(pub u8);

/// The browser that the story is about.
pub const LAPTOP: Session = Session(0);
/// The user's other browser.
pub const PHONE: Session = Session(1);

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            LAPTOP => f.write_str("laptop"),
            PHONE => f.write_str("phone"),
            Self(number) => write!(f, "#{number}"),
        }
    }
}

/// One ask: an operation, or reading the clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// The user opens the login page: the authentication begins now.
    BeginSignIn(Session),
    /// The authentication has held; it began at this time in milliseconds, or the host does not say when.
    Create(Session, Option<u64>),
    /// The full check.
    Check(Session),
    /// The touch that a check said is due.
    Touch(Session),
    /// The session ends itself.
    EndThis(Session),
    /// The first ends the second by its handle.
    EndByHandle(Session, Session),
    /// The session ends all others.
    EndOthers(Session),
    /// Every session ends.
    EndAll,
    /// The session lists the devices.
    List(Session),
    /// The first is replaced by the second: its privileges rise.
    Rotate(Session, Session),
    /// The application data of the session are read.
    Read(Session),
    /// They are written, if they are still of this version. The second session says whose hand it is.
    Write(Session, Session, u64),
}

impl Act {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BeginSignIn(_) => "begin sign-in",
            Self::Create(..) => "create",
            Self::Check(_) => "check",
            Self::Touch(_) => "touch",
            Self::EndThis(_) => "end this",
            Self::EndByHandle(..) => "end by handle",
            Self::EndOthers(_) => "end others",
            Self::EndAll => "end all",
            Self::List(_) => "list",
            Self::Rotate(..) => "rotate",
            Self::Read(_) => "read",
            Self::Write(..) => "write",
        }
    }
}

/// What an operation came to, as far as hosts act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The check let it in.
    Active {
        /// Whether it said that a touch is due.
        touch_due: bool,
    },
    /// The data are of this version.
    Version(u64),
    /// Done as asked.
    Done,
    /// Refused for good.
    Refused,
    /// The store could not say.
    Unavailable,
}

/// What a host does, one ask after the other. Each host that signs in makes a session of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Routine {
    /// A request of the laptop: check, and touch where it is due.
    Visit,
    /// The laptop signs out.
    SignOut,
    /// The phone ends the laptop's session in its list of devices.
    EndByHandle,
    /// The laptop ends all others.
    EndOthers,
    /// The phone ends all others.
    EndOthersFromPhone,
    /// The user's password was changed.
    EndAll,
    /// A login whose beginning the host tells.
    SignIn,
    /// A login whose beginning the host does not tell.
    SignInUntold,
    /// The laptop signs in anew: its session ends, then one begins.
    SignInAgain,
    /// The laptop shows the devices.
    List,
    /// The privileges of the laptop's session rise.
    Rotate,
    /// They rise, and the laptop signs out under its new id.
    RotateAndSignOut,
    /// The laptop reads application data and writes them back changed.
    Edit,
}

impl Routine {
    /// Every routine.
    pub const ALL: [Self; 13] = [
        Self::Visit,
        Self::SignOut,
        Self::EndByHandle,
        Self::EndOthers,
        Self::EndOthersFromPhone,
        Self::EndAll,
        Self::SignIn,
        Self::SignInUntold,
        Self::SignInAgain,
        Self::List,
        Self::Rotate,
        Self::RotateAndSignOut,
        Self::Edit,
    ];

    /// The first ask of a host whose new session would be `own`.
    #[must_use]
    pub const fn first(self, own: Session) -> Act {
        match self {
            Self::Visit => Act::Check(LAPTOP),
            Self::SignOut | Self::SignInAgain => Act::EndThis(LAPTOP),
            Self::EndByHandle => Act::EndByHandle(PHONE, LAPTOP),
            Self::EndOthers => Act::EndOthers(LAPTOP),
            Self::EndOthersFromPhone => Act::EndOthers(PHONE),
            Self::EndAll => Act::EndAll,
            Self::SignIn => Act::BeginSignIn(own),
            Self::SignInUntold => Act::Create(own, None),
            Self::List => Act::List(LAPTOP),
            Self::Rotate | Self::RotateAndSignOut => Act::Rotate(LAPTOP, own),
            Self::Edit => Act::Read(LAPTOP),
        }
    }

    /// The next ask, if there is one.
    #[must_use]
    pub const fn next(self, own: Session, last: &Act, outcome: Outcome) -> Option<Act> {
        match (self, last, outcome) {
            (Self::Visit, Act::Check(session), Outcome::Active { touch_due: true }) => {
                Some(Act::Touch(*session))
            }
            (Self::SignInAgain, Act::EndThis(_), Outcome::Done) => Some(Act::Create(own, None)),
            (Self::RotateAndSignOut, Act::Rotate(_, new), Outcome::Done) => Some(Act::EndThis(*new)),
            (Self::Edit, Act::Read(session), Outcome::Version(version)) => {
                Some(Act::Write(*session, own, version))
            }
            _ => None,
        }
    }
}

/// The rules of one application.
pub struct World {
    rules: SessionRules,
    ids: Vec<String>,
    fields: Vec<String>,
    key: String,
}

impl World {
    /// The world under a configuration, with this many sessions that there can be.
    ///
    /// # Panics
    /// Where the configuration is out of range.
    #[must_use]
    pub fn new(config: SessionConfig, sessions: u8) -> Self {
        let ring = KeyRing::from_secrets("Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ", "").expect("a key");
        let key = user_key(&config.key_prefix, USER);
        let rules = SessionRules::new(config, ring).expect("a sound configuration");
        let ids: Vec<String> =
            (0..sessions).map(|number| BASE64_URL_SAFE_NO_PAD.encode(random(Session(number)))).collect();
        let field = |id: &String| session_field(SessionId::parse(id.as_bytes()).expect("an id")).0;
        Self { fields: ids.iter().map(field).collect(), rules, ids, key }
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &SessionConfig {
        self.rules.config()
    }

    /// The user's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// All sessions there can be.
    pub fn sessions(&self) -> impl Iterator<Item = Session> {
        (0..).map(Session).take(self.ids.len())
    }

    /// The field of a session.
    #[must_use]
    pub fn field(&self, session: Session) -> &str {
        &self.fields[usize::from(session.0)]
    }

    /// Makes the operation at `now` (milliseconds), gives it the replies so far, and says what it wants next.
    ///
    /// # Panics
    /// Where the act is none that asks the store.
    #[must_use]
    pub fn step(&self, act: &Act, now: u64, replies: &[Reply]) -> Step<Outcome> {
        let facts = self.rules.facts("", None, None, now);
        let claims = |session: Session| self.claims(session);
        match act {
            Act::BeginSignIn(_) => unreachable!("reading the clock asks no store"),
            Act::Create(session, began) => {
                let sign_in = SignIn { user_id: USER, scope: None, authenticated_at: *began, auth_level: 0 };
                let create = Create::new(&self.rules, &sign_in, &facts, random(*session)).expect("claims");
                replay(create, replies, |created| match created {
                    Created::Session { .. } => Outcome::Done,
                    Created::RevokedMeanwhile | Created::LimitReached | Created::AddressUnknown => {
                        Outcome::Refused
                    }
                    Created::Unavailable(_) => Outcome::Unavailable,
                })
            }
            Act::Check(session) => {
                let check = Check::new(&self.rules, (Freshness::Fresh, claims(*session)), facts);
                replay(check, replies, |checked| match checked {
                    Checked::Active(active) => {
                        assert_eq!(active.session.handle, handle(self.field(*session)), "its own session");
                        Outcome::Active { touch_due: active.alive.touch_due }
                    }
                    Checked::Denied(_) => Outcome::Refused,
                    Checked::Unavailable(_) => Outcome::Unavailable,
                })
            }
            Act::Touch(session) => {
                replay(Touch::new(&self.rules, &claims(*session), &facts), replies, |touched| match touched {
                    Ok(true) => Outcome::Done,
                    Ok(false) => Outcome::Refused,
                    Err(_) => Outcome::Unavailable,
                })
            }
            Act::EndThis(session) => {
                replay(RevokeOne::current(&self.rules, &claims(*session), &facts), replies, answer)
            }
            Act::EndByHandle(session, other) => {
                let wanted = handle(self.field(*other));
                replay(RevokeOne::by_handle(&self.rules, &claims(*session), &wanted, &facts), replies, answer)
            }
            Act::EndOthers(session) => {
                replay(RevokeOthers::new(&self.rules, &claims(*session), &facts), replies, answer)
            }
            Act::EndAll => replay(RevokeAll::new(&self.rules, USER, now), replies, answer),
            Act::List(session) => replay(List::new(&self.rules, &claims(*session), &facts), replies, answer),
            Act::Rotate(session, new) => {
                let (privileges, random) = (Privileges::default(), random(*new));
                let rotate = Rotate::new(&self.rules, &claims(*session), &privileges, facts, random);
                replay(rotate.expect("privileges"), replies, answer)
            }
            Act::Read(session) => {
                let read = ReadData::new(&self.rules, (Freshness::Fresh, claims(*session)), facts);
                replay(read, replies, |data| match data {
                    Answer::Done(data) => Outcome::Version(data.version),
                    other => answer(other),
                })
            }
            Act::Write(session, hand, version) => {
                let text = format!("written by {}", hand.0);
                let write = WriteData::new(&self.rules, &claims(*session), &facts, &text, *version);
                replay(write.expect("a short text"), replies, |written| match written {
                    Answer::Done(Write::Conflict(_)) => Outcome::Refused,
                    other => answer(other),
                })
            }
        }
    }

    /// The claims of a session, as its token would carry them.
    fn claims(&self, session: Session) -> Claims<'_> {
        Claims {
            session_id: SessionId::parse(self.ids[usize::from(session.0)].as_bytes()).expect("an id"),
            user_id: UserId::parse(USER.as_bytes()).expect("a user id"),
            scope: None,
            user_agent: None,
            issued_at: 0,
            expires_at: 0,
        }
    }
}

/// The random bytes of a session's id.
const fn random(session: Session) -> [u8; 16] {
    [session.0 + 1; 16]
}

fn answer<T>(answer: Answer<T>) -> Outcome {
    match answer {
        Answer::Done(_) => Outcome::Done,
        Answer::Denied(_) => Outcome::Refused,
        Answer::Unavailable(_) => Outcome::Unavailable,
    }
}

/// An operation is what it was made from and the replies it was given: so far nothing else.
fn replay<O: Operation>(
    mut operation: O,
    replies: &[Reply],
    outcome: impl FnOnce(O::Answer) -> Outcome,
) -> Step<Outcome> {
    let mut step = operation.start();
    for reply in replies {
        step = operation.resume(reply.clone());
    }
    match step {
        Step::Send(command) => Step::Send(command),
        Step::Done(answer) => Step::Done(outcome(answer)),
    }
}
