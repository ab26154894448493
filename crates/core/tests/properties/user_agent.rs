//! The class of a user agent: three characters for any bytes, and nothing behind the first 512 of them counts.

use proptest::prelude::*;
use twogate_core::user_agent::{MAX_USER_AGENT_LEN, UserAgentClass};

use crate::cases::config;

const WORDS: [&str; 16] = [
    "Mozilla/5.0 ",
    "(Windows NT 10.0; ",
    "(iPhone; ",
    "Android 10; K; wv) ",
    "X11; Linux",
    "Chrome/142.0 ",
    "Mobile ",
    "Safari/537.36",
    " Edg/1",
    "OPR/",
    "Headless",
    "+https://",
    "Opera Mini",
    "Firefo",
    "\0",
    "\r\n",
];

/// Bytes, words of real user agents in any order, and both in turn.
fn user_agent() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(&WORDS[..]).prop_map(|word| word.as_bytes().to_vec());
    let bytes = proptest::collection::vec(any::<u8>(), 0..40);
    proptest::collection::vec(prop_oneof![word, bytes], 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(config())]

    // U4
    #[test]
    fn any_bytes_have_a_class_that_survives_its_text_form(text in user_agent()) {
        let class = UserAgentClass::of(&text);
        prop_assert_eq!(UserAgentClass::parse(class.as_str().as_bytes()), Some(class));
        prop_assert_eq!(class == UserAgentClass::MISSING, text.is_empty());
        prop_assert!(!class.browser().is_empty() && !class.system().is_empty());
    }

    // U4
    #[test]
    fn only_the_first_512_bytes_count(text in user_agent(), tail in user_agent()) {
        let mut padded = text;
        padded.resize(MAX_USER_AGENT_LEN, b' ');
        let longer = [&padded[..], &tail].concat();
        prop_assert_eq!(UserAgentClass::of(&longer), UserAgentClass::of(&padded));
    }
}
