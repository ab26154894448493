//! `Cookie` headers, several lines separated by line feeds: the one value of our name, or a denial.

use twogate_core::Denied;
use twogate_core::cookie::{CookieSpec, Transport};

const NAME: &[u8] = b"__Host-session";

/// As a naive scan finds it; a part of the header; and unmoved by cookies of other names.
pub fn check(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let find = |lines: &[&[u8]]| CookieSpec::DEFAULT.find(lines.iter().copied()).map(<[u8]>::to_vec);
    let found = CookieSpec::DEFAULT.find(lines.iter().copied());

    let pairs = || lines.iter().flat_map(|line| line.split(|byte| *byte == b';'));
    let ours: Vec<&[u8]> = pairs().filter_map(value_of_ours).collect();
    let expected = match ours[..] {
        [] => Err(Denied::NoCookie),
        [value] => Ok(value),
        _ => Err(Denied::DuplicateCookie),
    };
    assert_eq!(found, expected);

    let with = |pair: &[u8]| {
        let other = [&lines[..], &[pair]].concat();
        assert_eq!(find(&[&[pair][..], &lines[..]].concat()), find(&other), "the order of lines");
        find(&other)
    };
    for foreign in
        [&b"a=1"[..], b"session=x", b"__host-session=x", b"x=, __Host-session=y", b"=__Host-session"]
    {
        assert_eq!(with(foreign), find(&lines), "{}", foreign.escape_ascii());
    }
    let twice = with(b"__Host-session=x");
    match found {
        Err(Denied::NoCookie) => assert_eq!(twice, Ok(b"x".to_vec())),
        _ => assert_eq!(twice, Err(Denied::DuplicateCookie)),
    }

    if let Ok(value) = found {
        let inside = |line: &&&[u8]| {
            let (line, value) = (line.as_ptr_range(), value.as_ptr_range());
            line.start <= value.start && value.end <= line.end
        };
        assert!(lines.iter().any(|line| inside(&line)), "the value is a part of the header");
        assert_eq!(find(&[&[NAME, b"=", value].concat()]), Ok(value.to_vec()), "and found again alone");
    }
    // No fall-back between the two names (C5).
    let plain = CookieSpec::new(b"session", Transport::InsecureHttp).map(|spec| spec.find([data]));
    let named = data.windows(b"insecure-http-session".len()).any(|at| at == b"insecure-http-session");
    assert!(named || plain == Some(Err(Denied::NoCookie)));
}

/// The value of a pair, where its name is ours to the byte. Only spaces may stand before it (RFC 6265bis 4.2.1).
fn value_of_ours(pair: &[u8]) -> Option<&[u8]> {
    let spaces = pair.iter().take_while(|byte| **byte == b' ').count();
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    (pair.get(spaces..equals) == Some(NAME)).then(|| &pair[equals + 1..])
}
