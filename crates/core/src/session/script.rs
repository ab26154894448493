//! The Lua scripts of the store protocol. Only writes use them; each declares one key and takes the time as argument.

/// A script and the SHA-1 of its text, by which Redis knows it.
#[derive(Debug)]
pub struct Script {
    /// The Lua text.
    pub text: &'static str,
    /// SHA-1 of the text in hexadecimal.
    pub sha1: &'static str,
}

/// A script: what all share, and its own part.
macro_rules! script {
    ($file:literal, $sha1:literal) => {
        Script { text: concat!(include_str!("lua/shared.lua"), include_str!($file)), sha1: $sha1 }
    };
}

/// Creates a session, prunes dead ones and keeps the cap.
pub static CREATE: Script = script!("lua/create.lua", "e27adeb38a38380559dca0fb238fe8a35fbf567a");
/// Moves last-seen forward; never creates.
pub static TOUCH: Script = script!("lua/touch.lua", "f1c7e6ef044d02dd7d8d74f855a1eaf29f23ae44");
/// Replaces a session by its successor, if its record is as it was judged.
pub static ROTATE: Script = script!("lua/rotate.lua", "b262abd9511ff0533d51852634ba36025751aa66");
/// Writes application data, if it is as it was read.
pub static WRITE_DATA: Script = script!("lua/write_data.lua", "e8f51564d050a60345b52ff882559c89676e4fff");
/// Ends one session and those it replaced or was replaced by.
pub static REVOKE_ONE: Script = script!("lua/revoke_one.lua", "8bbe774f866f57e217c2d1e234768e42e3eed3e5");
/// Ends every session but one.
pub static REVOKE_OTHERS: Script =
    script!("lua/revoke_others.lua", "406f2051c1590ae1c7024b870b50b803d7ac58a6");
/// Ends every session and raises not-before.
pub static REVOKE_ALL: Script = script!("lua/revoke_all.lua", "0378c990a282b53fa5232768dab951657289052c");

/// Every script.
pub static ALL: [&Script; 7] =
    [&CREATE, &TOUCH, &ROTATE, &WRITE_DATA, &REVOKE_ONE, &REVOKE_OTHERS, &REVOKE_ALL];

#[cfg(test)]
mod tests {
    use super::ALL;
    use sha1::{Digest, Sha1};

    // S4
    #[test]
    fn every_script_is_known_by_its_hash() {
        for (index, script) in ALL.into_iter().enumerate() {
            let hash = Sha1::digest(script.text);
            let hex: std::string::String = hash.iter().map(|byte| std::format!("{byte:02x}")).collect();
            assert_eq!(hex, script.sha1, "update the hash of script {index} of the list");
        }
    }
}
