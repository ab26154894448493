//! The class of a user agent: family, operating system, mobile. Never the version, so that an update is no mismatch.
//!
//! A class **detects** that a cookie moved to another kind of browser; it does not authenticate. Whoever steals a cookie
//! can copy the `User-Agent` too (OWASP Session Management sheet): a match proves nothing, a mismatch is a reason to act.
//!
//! What moves a browser to another class, other than a thief, and is therefore a mismatch:
//! - "desktop site": on a phone, on an iPad (where it is the default), and on a foldable that starts as a tablet;
//! - a switch of the user agent by its user, a developer tool or an extension;
//! - a native app that signs in by one client and hands the cookie to a web view: it must set one user agent for both,
//!   or bind by `report`.
//!
//! What does not: an update, User-Agent reduction (Chrome 110), the web view of iOS and home-screen apps there, whose
//! engine and system are Safari's. Browsers that show their own name on some sites only (Vivaldi, Brave, DuckDuckGo)
//! count as what they imitate.
//!
//! The table is ours and small: a database of user agents would be stale before it shipped. A new row changes the class
//! of some browsers, so their sessions end with a mismatch once. `tests/vectors/user-agents.json` shows what it makes
//! of real user agents.

/// Bytes of a user agent that are looked at; the rest cannot change its class (ASVS 16.4.1).
pub const MAX_USER_AGENT_LEN: usize = 512;

/// Three characters: family, operating system, mobile (`M`) or desktop (`D`). A missing user agent is `000`.
///
/// Equality of two classes is a sign of the same browser, not a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserAgentClass([u8; 3]);

/// A letter and the mark that tells it: how a word begins, filled up with dots. Rows of one length, because a table of
/// pointers would weigh more than what it points at.
type Row = [u8; 9];

/// The first row that has its mark in the text wins, so what imitates others comes before those.
const FAMILIES: &[Row] = &[
    // Crawlers leave the address of their page; some libraries are called so.
    *b"Bhttp....",
    *b"BHeadless",
    *b"EEdg/....",
    *b"EEdgA/...",
    *b"EEdgiOS/.",
    *b"EEdge/...",
    *b"OOPR/....",
    *b"OOPT/....",
    *b"OOPX/....",
    *b"OOpera/..",
    *b"NSamsungB",
    *b"YYaBrowse",
    *b"UUCBrowse",
    *b"HHuaweiBr",
    *b"ASilk/...",
    // Android's web view, where no browser is made of it.
    *b"Vwv).....",
    *b"FFirefox/",
    *b"FFxiOS/..",
    *b"CChrome/.",
    *b"CCriOS/..",
    *b"SSafari/.",
    *b"SAppleWeb",
];

/// Likewise for operating systems.
const SYSTEMS: &[Row] = &[
    *b"WWindows.",
    *b"KKAIOS...",
    *b"TTizen...",
    *b"BWeb0S...",
    *b"PPlayStat",
    *b"NNintendo",
    *b"IiPhone..",
    *b"IiPad....",
    *b"HOpenHarm",
    *b"AAndroid.",
    *b"CCrOS....",
    *b"MMacintos",
    *b"LLinux...",
    *b"UX11.....",
];

/// Likewise for what calls itself mobile.
const MOBILE: &[Row] = &[*b"MMobi....", *b"MiPhone..", *b"MOpera Mi"];

/// What is neither, family or system.
const OTHER: u8 = b'X';

impl UserAgentClass {
    /// The class of requests without a user agent: a class of its own, not a wildcard.
    pub const MISSING: Self = Self(*b"000");

    /// The class of a `User-Agent` header; empty counts as missing.
    #[must_use]
    pub fn of(user_agent: &[u8]) -> Self {
        let text = user_agent.get(..MAX_USER_AGENT_LEN).unwrap_or(user_agent);
        if text.is_empty() {
            return Self::MISSING;
        }
        let family = first_match(text, FAMILIES).unwrap_or(OTHER);
        let system = first_match(text, SYSTEMS).unwrap_or(OTHER);
        Self([family, system, first_match(text, MOBILE).unwrap_or(b'D')])
    }

    /// Reads a class from its three characters.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let class: [u8; 3] = text.try_into().ok()?;
        class.iter().all(u8::is_ascii_alphanumeric).then_some(Self(class))
    }

    /// The three characters.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 3] {
        &self.0
    }

    /// The three characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The name of the browser, for a list of devices.
    #[must_use]
    pub const fn browser(&self) -> &'static str {
        match self.0[0] {
            b'A' => "Amazon Silk",
            b'B' => "An automated client",
            b'C' => "Chrome",
            b'E' => "Edge",
            b'F' => "Firefox",
            b'H' => "Huawei Browser",
            b'N' => "Samsung Internet",
            b'O' => "Opera",
            b'S' => "Safari",
            b'U' => "UC Browser",
            b'V' => "An app",
            b'Y' => "Yandex Browser",
            _ => "Another client",
        }
    }

    /// The name of the operating system, for a list of devices.
    #[must_use]
    pub const fn system(&self) -> &'static str {
        match self.0[1] {
            b'A' => "Android",
            b'B' => "webOS",
            b'C' => "ChromeOS",
            b'H' => "HarmonyOS",
            b'I' => "iOS",
            b'K' => "KaiOS",
            b'L' => "Linux",
            b'M' => "macOS",
            b'N' => "Nintendo",
            b'P' => "PlayStation",
            b'T' => "Tizen",
            b'U' => "Unix",
            b'W' => "Windows",
            _ => "an unknown system",
        }
    }

    /// Whether the browser calls itself mobile.
    #[must_use]
    pub const fn is_mobile(&self) -> bool {
        self.0[2] == b'M'
    }
}

/// The letter of the first row whose mark is in the text. One pass: a match leaves only the rows above it to look for.
/// As a person reads it.
#[cfg(feature = "serde")]
impl serde::Serialize for UserAgentClass {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut class = serializer.serialize_struct("UserAgentClass", 3)?;
        class.serialize_field("browser", self.browser())?;
        class.serialize_field("os", self.system())?;
        class.serialize_field("mobile", &self.is_mobile())?;
        class.end()
    }
}

#[inline(never)]
fn first_match(text: &[u8], table: &[Row]) -> Option<u8> {
    let (mut rows, mut found, mut in_word) = (table, None, false);
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let is_letter = byte.is_ascii_alphabetic();
        if is_letter
            && !in_word
            && let Some(index) = rows.iter().position(|[_, mark @ ..]| begins_with(rest, mark))
        {
            (rows, found) = (rows.get(..index)?, rows.get(index));
        }
        (rest, in_word) = (tail, is_letter);
    }
    found.map(|[letter, ..]| *letter)
}

fn begins_with(text: &[u8], mark: &[u8]) -> bool {
    mark.iter().enumerate().all(|(at, byte)| *byte == b'.' || text.get(at) == Some(byte))
}

#[cfg(test)]
mod tests {
    use super::UserAgentClass;

    fn class(text: &str) -> std::string::String {
        UserAgentClass::of(text.as_bytes()).as_str().into()
    }

    // U1, U4: tests/user_agents.rs has the real ones
    #[test]
    fn a_class_is_family_system_and_mobile() {
        for (expected, text) in [
            ("CWD", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36"),
            ("CAM", "Mozilla/5.0 (Linux; Android 10; K) Chrome/142.0.0.0 Mobile Safari/537.36"),
            (
                "SIM",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/26.0 Mobile/15E148 Safari/604.1",
            ),
            ("XXD", "curl/8.11.0"),
            ("000", ""),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mark_is_the_beginning_of_a_word_and_the_first_row_wins() {
        for (expected, text) in [
            // A row above wins, whatever the order in the text.
            ("EXD", "Edg/1 Chrome/1 Safari/1"),
            ("EXD", "Safari/1 Chrome/1 Edg/1"),
            ("EXD", "Chrome/1 Edg/1 Safari/1"),
            // The beginning of a word, also behind a digit or a bracket, and nothing inside of one.
            ("CXD", "(Chrome/1)"),
            ("CXD", "1Chrome/1"),
            ("XXD", "aChrome/1"),
            ("XXD", "chrome/1"),
            // The whole of it.
            ("XXD", "Chrome"),
            ("XXD", "Chrom"),
            ("CXD", "Chrome/"),
            ("XWM", "Windows Mobi"),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    // U4
    #[test]
    fn nothing_behind_the_first_512_bytes_counts_not_the_rest_of_a_mark_either() {
        let behind = |bytes: usize| std::format!("{}Chrome/1", " ".repeat(bytes));
        assert_eq!(class(&behind(505)), "CXD");
        assert_eq!(class(&behind(506)), "XXD");
    }

    #[test]
    fn a_class_survives_its_text_form() {
        let class = UserAgentClass::of(
            b"Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
        );
        assert_eq!(UserAgentClass::parse(class.as_bytes()), Some(class));
        assert_eq!((class.browser(), class.system(), class.is_mobile()), ("Chrome", "ChromeOS", false));
        for bad in ["", "CW", "CWDD", "C\"D", "C D"] {
            assert_eq!(UserAgentClass::parse(bad.as_bytes()), None);
        }
    }
}
