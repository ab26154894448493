//! Users: the log-in check.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use scrypt::Params;
use subtle::ConstantTimeEq;

use crate::data::DB;

/// The cost that Node.js takes by default: 2^14, 8, 1.
const COST: (u8, u32, u32) = (14, 8, 1);

/// The id of the user with this name and password.
pub(crate) fn find(user_name: &str, password: &str) -> Option<&'static str> {
    let user = DB.users.iter().find(|user| user.user_name == user_name);
    let salt = user.and_then(|user| decoded(&user.salt)).unwrap_or_else(|| vec![0; 16]);
    let expected = user.and_then(|user| decoded(&user.hash)).unwrap_or_else(|| vec![0; 32]);
    // Also for a name that nobody has: it costs as much time as a wrong password.
    let is_right = hash(password, &salt, expected.len())?.ct_eq(&expected);
    user.filter(|_| is_right.into()).map(|user| user.id.as_str())
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

fn hash(password: &str, salt: &[u8], len: usize) -> Option<Vec<u8>> {
    let (log_n, r, p) = COST;
    let mut hash = vec![0; len];
    scrypt::scrypt(password.as_bytes(), salt, &Params::new(log_n, r, p).ok()?, &mut hash).ok()?;
    Some(hash)
}
