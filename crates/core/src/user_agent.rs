//! The class of a user agent: family, operating system, mobile. Never the version, so that an update is no mismatch.
//!
//! A class detects that a cookie moved to another kind of browser; it does not authenticate (OWASP Session sheet).
//! The table is ours and small: a database of user agents would be stale before it shipped.

/// Bytes of a user agent that are looked at; the rest cannot change its class (ASVS 16.4.1).
pub const MAX_USER_AGENT_LEN: usize = 512;

/// Three characters: family, operating system, mobile (`M`) or desktop (`D`). A missing user agent is `000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserAgentClass([u8; 3]);

/// A letter and a mark that tells it, between bars; the first that matches wins, so browsers that imitate others come
/// before those. One string, because a table of pointers would weigh more than what it points at.
const FAMILIES: &[u8] = b"EEdg/|EEdgA/|EEdgiOS/|OOPR/|OOPT/|OOpera|NSamsungBrowser/|\
    FFirefox/|FFxiOS/|CChrome/|CCriOS/|SSafari/|SAppleWebKit/";
/// Likewise for operating systems.
const SYSTEMS: &[u8] = b"IiPhone|IiPad|IiPod|AAndroid|WWindows|MMacintosh|MMac OS X|CCrOS|LLinux|LX11";
/// Likewise for what calls itself mobile.
const MOBILE: &[u8] = b"MMobile|MiPhone|MiPod";

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
            b'E' => "Edge",
            b'O' => "Opera",
            b'N' => "Samsung Internet",
            b'F' => "Firefox",
            b'C' => "Chrome",
            b'S' => "Safari",
            _ => "Another client",
        }
    }

    /// The name of the operating system, for a list of devices.
    #[must_use]
    pub const fn system(&self) -> &'static str {
        match self.0[1] {
            b'I' => "iOS",
            b'A' => "Android",
            b'W' => "Windows",
            b'M' => "macOS",
            b'C' => "ChromeOS",
            b'L' => "Linux",
            _ => "an unknown system",
        }
    }

    /// Whether the browser calls itself mobile.
    #[must_use]
    pub const fn is_mobile(&self) -> bool {
        self.0[2] == b'M'
    }
}

#[inline(never)]
fn first_match(text: &[u8], table: &[u8]) -> Option<u8> {
    table.split(|byte| *byte == b'|').find_map(|row| {
        let (letter, mark) = row.split_first()?;
        let matches =
            (0..text.len()).any(|start| text.get(start..).is_some_and(|rest| rest.starts_with(mark)));
        matches.then_some(*letter)
    })
}

#[cfg(test)]
mod tests {
    use super::UserAgentClass;

    fn class(text: &str) -> std::string::String {
        UserAgentClass::of(text.as_bytes()).as_str().into()
    }

    // U1, U4
    #[test]
    fn a_class_is_family_system_and_mobile() {
        for (expected, text) in [
            (
                "CWD",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            ),
            (
                "CLD",
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
            ),
            (
                "CAM",
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            ),
            (
                "EWD",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            ),
            ("FMD", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0"),
            (
                "SIM",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
            ),
            (
                "SMD",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
            ),
            ("XXD", "curl/8.11.0"),
            ("000", ""),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    #[test]
    fn an_update_of_the_browser_stays_in_its_class() {
        let version =
            |n: u32| std::format!("Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0");
        assert_eq!(class(&version(120)), class(&version(145)));
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
