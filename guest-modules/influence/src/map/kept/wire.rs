//! Numbers, texts and lists one behind the other.
//!
//! **Invariant:** what a reader cannot read is nothing, whatever the bytes are; it takes no
//! more memory than they are long.

use super::super::id::Id;

/// Writes.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first.
    pub(super) fn number(&mut self, value: impl Into<u64>) {
        let mut rest = value.into();
        loop {
            let low = u8::try_from(rest & 0x7F).unwrap_or_default();
            rest >>= 7;
            if rest == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    pub(super) fn count(&mut self, value: usize) {
        self.number(u64::try_from(value).unwrap_or(u64::MAX));
    }

    pub(super) fn flag(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn id(&mut self, id: Id) {
        self.0.extend_from_slice(&id.bytes());
    }

    pub(super) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.count(items.len());
        for item in items {
            each(self, item);
        }
    }
}

/// Reads what a [`Writer`] wrote.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'k>(pub(super) &'k [u8]);

impl<'k> Reader<'k> {
    fn take(&mut self, bytes: usize) -> Option<&'k [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let [byte] = *self.take(1)? else { return None };
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// A line, a column or the like.
    pub(super) fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    pub(super) fn bytes(&mut self) -> Option<&'k [u8]> {
        let length = self.count()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Option<&'k str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn owned(&mut self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    pub(super) fn id(&mut self) -> Option<Id> {
        Some(Id::from_bytes(self.take(16)?.try_into().ok()?))
    }

    pub(super) fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.flag()? {
            true => read(self).map(Some),
            false => Some(None),
        }
    }

    pub(super) fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        // Nothing takes less than a byte.
        let mut items = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            items.push(each(self)?);
        }
        Some(items)
    }

    /// There is nothing more.
    pub(super) fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_cut_is_not() {
        let numbers = [0_u64, 127, 128, 300, u64::from(u32::MAX), (1 << 62) - 1];
        let mut writer = Writer::default();
        writer.list(numbers.iter(), |writer, number| writer.number(*number));
        writer.text("ä");
        writer.maybe(Some(Id::of(&["x"])), Writer::id);
        writer.maybe(None, Writer::id);
        let read = |bytes: &[u8]| {
            let mut reader = Reader(bytes);
            let numbers = reader.list(Reader::number)?;
            let text = reader.owned()?;
            let ids = (reader.maybe(Reader::id)?, reader.maybe(Reader::id)?);
            reader.is_done().then_some((numbers, text, ids))
        };
        let whole = writer.0;
        assert_eq!(read(&whole), Some((numbers.to_vec(), "ä".to_owned(), (Some(Id::of(&["x"])), None))));
        for cut in 0..whole.len() {
            assert_eq!(read(&whole[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_list_that_says_to_be_endless_is_nothing() {
        let mut endless = Writer::default();
        endless.number(1_u64 << 62);
        assert_eq!(Reader(&endless.0).list(Reader::number), None);
    }
}
