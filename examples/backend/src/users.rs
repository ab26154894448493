//! Users: the log-in check.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use scrypt::Params;
use subtle::ConstantTimeEq;

use crate::data::DB;

/// The cost that Node.js takes by default: 2^14, 8, 1.
const COST: (u8, u32, u32) = (14, 8, 1);
/// Hashed for a name that nobody has: it costs as much time as a wrong password.
const NOBODY: (&str, &str) = ("jWk4QgHGvpXcJVCGyyG1EA", "pajhwXzjeHVxIt-FkuQ81diSu92ZIPsEQXO9w51Brrw");

/// The id of the user with this name and password.
pub(crate) fn find(user_name: &str, password: &str) -> Option<&'static str> {
    let user = DB.users.iter().find(|user| user.user_name == user_name);
    let (salt, hash) = user.map_or(NOBODY, |user| (user.salt.as_str(), user.hash.as_str()));
    let is_right = matches(password, salt, hash).unwrap_or(false);
    user.filter(|_| is_right).map(|user| user.id.as_str())
}

fn matches(password: &str, salt: &str, hash: &str) -> Option<bool> {
    let (salt, expected) =
        (BASE64_URL_SAFE_NO_PAD.decode(salt).ok()?, BASE64_URL_SAFE_NO_PAD.decode(hash).ok()?);
    let mut actual = vec![0; expected.len()];
    let (log_n, r, p) = COST;
    scrypt::scrypt(password.as_bytes(), &salt, &Params::new(log_n, r, p).ok()?, &mut actual).ok()?;
    Some(actual.ct_eq(&expected).into())
}
