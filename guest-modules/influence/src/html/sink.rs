//! The receiver of what the parser finds.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{ExpandedName, LocalName, Namespace, QualName};

use super::arena::{Document, Element, NodeData, NodeId};
use super::{DEPTH_MAX, ELEMENTS_MAX, LOOKED_MAX};

/// Builds a [`Document`].
pub(super) struct Sink {
    document: RefCell<Document>,
    line: Cell<u32>,
    elements: Cell<usize>,
    /// Open elements that the parser has looked at.
    looked: Cell<u32>,
    /// Keeps what comments and doctypes say, too.
    complete: bool,
}

impl Default for Sink {
    fn default() -> Self {
        let document = RefCell::new(Document::new());
        Self { document, line: Cell::new(1), elements: Cell::new(0), looked: Cell::new(0), complete: false }
    }
}

impl Sink {
    /// One that keeps everything.
    #[cfg(test)]
    pub(super) fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// What is kept of a text that no rule asks about.
    fn kept(&self, text: impl FnOnce() -> String) -> String {
        if self.complete { text() } else { String::new() }
    }

    /// Nothing more is read.
    pub(super) fn is_full(&self) -> bool {
        self.elements.get() > ELEMENTS_MAX || self.is_tired()
    }

    /// The parser has looked at as many open elements as it may.
    fn is_tired(&self) -> bool {
        self.looked.get() >= LOOKED_MAX
    }

    /// Where a child of `parent` is hung: `parent` itself, or above it when that nests too deep.
    fn host(&self, parent: NodeId) -> NodeId {
        let mut document = self.document.borrow_mut();
        let mut host = parent;
        while let Some(node) = document.node(host).filter(|node| node.depth >= DEPTH_MAX) {
            let Some(above) = node.parent else { break };
            host = above;
        }
        document.flattened |= host != parent;
        host
    }
}

/// An element's name, kept apart from the arena because that may grow meanwhile.
#[derive(Debug)]
pub(super) struct Name(QualName);

impl html5ever::interface::ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }

    fn expanded(&self) -> ExpandedName<'_> {
        self.0.expanded()
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Document;
    type ElemName<'a> = Name;

    fn finish(self) -> Document {
        let (cut, tired) = (self.elements.get() > ELEMENTS_MAX, self.is_tired());
        let mut document = self.document.into_inner();
        (document.cut, document.tired) = (cut, tired);
        document.settle();
        document
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        NodeId::DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Name {
        self.looked.set(self.looked.get().saturating_add(1));
        let document = self.document.borrow();
        let name = document.element(*target).map(|element| element.name.clone());
        Name(name.unwrap_or_else(|| QualName::new(None, Namespace::default(), LocalName::default())))
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<html5ever::Attribute>,
        flags: ElementFlags,
    ) -> NodeId {
        self.elements.set(self.elements.get().saturating_add(1));
        let mut document = self.document.borrow_mut();
        let element = Element::new(name, attributes, flags.mathml_annotation_xml_integration_point);
        let id = document.add(NodeData::Element(Box::new(element)), self.line.get());
        if flags.template {
            let contents = document.add(NodeData::Fragment, 0);
            if let Some(element) = document.element_mut(id) {
                element.contents = Some(contents);
            }
        }
        id
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        let text = self.kept(|| text.into());
        self.document.borrow_mut().add(NodeData::Comment(text), self.line.get())
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.document.borrow_mut().add(NodeData::Instruction, self.line.get())
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        let host = self.host(*parent);
        let mut document = self.document.borrow_mut();
        match child {
            NodeOrText::AppendNode(child) => document.append(host, child),
            NodeOrText::AppendText(text) => document.append_text(host, &text, self.line.get()),
        }
    }

    fn append_based_on_parent_node(&self, element: &NodeId, before: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.document.borrow().node(*element).is_some_and(|node| node.parent.is_some());
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(before, child);
        }
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        let text = self.kept(|| match public.is_empty() && system.is_empty() {
            true => name.to_string(),
            false => format!("{name} \"{public}\" \"{system}\""),
        });
        let mut document = self.document.borrow_mut();
        let doctype = document.add(NodeData::Doctype(text), self.line.get());
        document.append(NodeId::DOCUMENT, doctype);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        let document = self.document.borrow();
        document.element(*target).and_then(|element| element.contents).unwrap_or(*target)
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.document.borrow_mut().quirks = mode;
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let mut document = self.document.borrow_mut();
        match child {
            NodeOrText::AppendNode(child) => document.insert_before(*sibling, child),
            NodeOrText::AppendText(text) => document.insert_text_before(*sibling, &text, self.line.get()),
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<html5ever::Attribute>) {
        let mut document = self.document.borrow_mut();
        let Some(element) = document.element_mut(*target) else { return };
        for attribute in attributes {
            if !element.attributes.iter().any(|known| known.name == attribute.name) {
                let value = attribute.value.into();
                element.attributes.push(super::Attribute { name: attribute.name, value });
            }
        }
        element.index();
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.document.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, parent: &NodeId) {
        let mut document = self.document.borrow_mut();
        while let Some(child) = document.node(*node).and_then(|node| node.first) {
            document.append(*parent, child);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, target: &NodeId) -> bool {
        let document = self.document.borrow();
        document.element(*target).is_some_and(|element| element.annotation_xml_integration_point)
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(u32::try_from(line).unwrap_or(u32::MAX));
    }

    fn allow_declarative_shadow_roots(&self, _: &NodeId) -> bool {
        false
    }
}
