//! Names in the store: the key of a user, the field of a session, and its public handle. Hashes, never the ids.
//!
//! A dump of Redis signs nobody in: the session id is hashed (Rack CVE-2019-16782), and no secret is in a name, so that
//! a rotated secret moves no key.

use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::base64url;
use crate::claims::SessionId;

/// Length of the hash in keys and fields, in base64url characters (132 bits).
const NAME_LEN: usize = 22;
/// Length of a public handle in base64url characters (96 bits).
pub const HANDLE_LEN: usize = 16;
/// First letter of a field that holds a record.
pub const RECORD_FIELD: char = 's';
/// First letter of a field that holds application data.
pub const DATA_FIELD: char = 'd';
/// The field that holds the not-before time of the user.
pub const NOT_BEFORE_FIELD: &str = "e";

/// The key of a user's hash: prefix and a tag in braces, so that a cluster keeps one user in one slot.
#[must_use]
pub fn user_key(prefix: &str, user_id: &str) -> String {
    let mut key = String::from(prefix);
    key.push('{');
    key.push_str(text(&digest(b"twogate/user", user_id.as_bytes()), NAME_LEN).as_str());
    key.push('}');
    key
}

/// Field of a session's record, and the short check that the record carries of its id.
#[must_use]
pub fn session_field(id: SessionId<'_>) -> (String, [u8; 4]) {
    let digest = digest(b"twogate/session", id.expose());
    let text = text(&digest, NAME_LEN + 4);
    let mut field = String::from(RECORD_FIELD);
    field.push_str(text.get(..NAME_LEN).unwrap_or_default());
    let check = text.as_bytes().last_chunk::<4>().copied().unwrap_or_default();
    (field, check)
}

/// The public handle of a session, from its field: enough to point at it, useless to sign in or to read the store.
#[must_use]
pub fn handle(field: &str) -> String {
    text(&digest(b"twogate/handle", field.as_bytes()), HANDLE_LEN)
}

/// The field of the application data beside a record.
#[must_use]
pub fn data_field(field: &str) -> String {
    let mut name = String::from(DATA_FIELD);
    name.push_str(field.strip_prefix(RECORD_FIELD).unwrap_or(field));
    name
}

/// SHA-256 over a length-prefixed label and the value, so that no two uses collide.
fn digest(label: &[u8], value: &[u8]) -> [u8; 32] {
    let len = u8::try_from(label.len()).unwrap_or(u8::MAX);
    Sha256::new().chain_update([len]).chain_update(label).chain_update(value).finalize().into()
}

fn text(digest: &[u8; 32], len: usize) -> String {
    let mut encoded = [0u8; 43];
    let encoded = base64url::encode(digest, &mut encoded).and_then(|text| text.get(..len));
    encoded.and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::{data_field, handle, session_field, user_key};
    use crate::claims::SessionId;

    // S1, S3
    #[test]
    fn names_are_hashes_in_a_safe_alphabet() {
        let id = SessionId::parse(b"AAECAwQFBgcICQoLDA0ODw").unwrap();
        let (field, check) = session_field(id);
        assert_eq!(field.len(), 23);
        assert!(
            !field.contains("AAECAwQFBgcICQoLDA0ODw")
                && !field.contains(core::str::from_utf8(&check).unwrap())
        );
        assert_eq!(data_field(&field)[1..], field[1..]);
        assert_eq!(handle(&field).len(), 16);
        let key = user_key("tg:", "user_41f2c9a7");
        assert!(key.starts_with("tg:{") && key.ends_with('}') && key.len() == 27);
        assert_ne!(key, user_key("tg:", "user_41f2c9a8"));
    }
}
