//! Records: what is read is written again to the same text, but for the spare bytes.

use twogate_core::Denied;
use twogate_core::session::record::{OFFSETS, RECORD_LEN, Record};

/// Read, write, read: equal. What is refused has a reason that fits.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Record::read(text) {
        Ok(record) => {
            let written = record.write();
            let spare = OFFSETS.into_iter().find(|(name, _, _)| *name == "spare");
            let (_, spare, _) = spare.expect("the layout has spare bytes");
            assert_eq!(written.len(), RECORD_LEN);
            assert_eq!(written.as_bytes().get(..spare), text.as_bytes().get(..spare));
            assert_eq!(Record::read(&written), Ok(record));
        }
        Err(Denied::UnsupportedRecord) => assert!(text.starts_with(|first| ('B'..='Z').contains(&first))),
        Err(reason) => assert_eq!(reason, Denied::CorruptRecord),
    }
}
