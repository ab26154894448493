//! The Lua scripts of the store protocol. Only writes use them; each declares one key and takes the time as argument.

/// A script and the SHA-1 of its text, by which Redis knows it.
#[derive(Debug)]
pub struct Script {
    /// The Lua text.
    pub text: &'static str,
    /// SHA-1 of the text in hexadecimal.
    pub sha1: &'static str,
}

/// Creates a session, prunes dead ones and keeps the cap.
pub static CREATE: Script =
    Script { text: include_str!("lua/create.lua"), sha1: "d18e651c03d1ba98a79ad436985e89e23b295df9" };
/// Moves last-seen forward; never creates.
pub static TOUCH: Script =
    Script { text: include_str!("lua/touch.lua"), sha1: "b1c13d45f7e8243532e43c649db93a0b7b25a381" };
/// Ends every session but one.
pub static REVOKE_OTHERS: Script =
    Script { text: include_str!("lua/revoke_others.lua"), sha1: "f3c489f34d5bf855d6fe6436f86d22a0bbc59c27" };
/// Ends every session and raises not-before.
pub static REVOKE_ALL: Script =
    Script { text: include_str!("lua/revoke_all.lua"), sha1: "9c1dd3f4581d0122706bea1598fb9dd7f1126252" };

#[cfg(test)]
mod tests {
    use super::{CREATE, REVOKE_ALL, REVOKE_OTHERS, TOUCH};
    use sha1::{Digest, Sha1};

    // S4
    #[test]
    fn every_script_is_known_by_its_hash() {
        for script in [&CREATE, &TOUCH, &REVOKE_OTHERS, &REVOKE_ALL] {
            let hash = Sha1::digest(script.text);
            let hex: std::string::String = hash.iter().map(|byte| std::format!("{byte:02x}")).collect();
            assert_eq!(
                hex,
                script.sha1,
                "update the hash of the script that begins {:?}",
                &script.text[..40]
            );
        }
    }
}
