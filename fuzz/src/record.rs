//! Records: what is read is written again to the same text.

use twogate_core::Denied;
use twogate_core::session::record::Record;

/// Read, write, read: equal. What is refused has a reason that fits.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Record::read(text) {
        Ok(record) => {
            let written = record.write();
            assert_eq!(written, text);
            assert_eq!(Record::read(&written), Ok(record));
        }
        Err(Denied::UnsupportedRecord) => assert!(text.starts_with(|first| ('B'..='Z').contains(&first))),
        Err(reason) => assert_eq!(reason, Denied::CorruptRecord),
    }
}
