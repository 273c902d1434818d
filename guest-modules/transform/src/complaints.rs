//! What passes say instead of returning it.

use std::cell::RefCell;
use std::rc::Rc;

use swc_core::common::errors::{DiagnosticBuilder, Emitter};
use swc_core::common::{BytePos, Span};

/// A message and where it belongs, if that is known.
type Complaint = (String, Option<BytePos>);

/// Keeps what is said; every clone keeps it in the same place.
#[derive(Clone, Default)]
pub(crate) struct Complaints {
    list: Rc<RefCell<Vec<Complaint>>>,
}

impl Complaints {
    /// What was said until now.
    pub(crate) fn take(&self) -> Vec<Complaint> {
        self.list.take()
    }
}

impl Emitter for Complaints {
    fn emit(&mut self, complaint: &mut DiagnosticBuilder<'_>) {
        let at = complaint.span.primary_span().map(|span: Span| span.lo);
        self.list.borrow_mut().push((complaint.message(), at));
    }
}
