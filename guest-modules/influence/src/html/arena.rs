//! The tree.

use html5ever::interface::QuirksMode;
use html5ever::{LocalName, Namespace, QualName};

/// A node's place in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

impl NodeId {
    /// The document itself.
    pub(crate) const DOCUMENT: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        crate::at(self.0)
    }
}

/// A node and its neighbours.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<NodeId>,
    pub(crate) previous: Option<NodeId>,
    pub(crate) next: Option<NodeId>,
    pub(crate) first: Option<NodeId>,
    pub(crate) last: Option<NodeId>,
    /// One-based; 0 for what the parser adds by itself.
    pub(crate) line: u32,
    /// Nodes around it.
    pub(crate) depth: u32,
    pub(crate) data: NodeData,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum NodeData {
    Document,
    /// The contents of a template: no part of the document.
    Fragment,
    /// What it says is kept on demand.
    #[cfg_attr(not(test), expect(dead_code, reason = "no rule asks for it"))]
    Doctype(String),
    Text(String),
    /// What it says is kept on demand.
    #[cfg_attr(not(test), expect(dead_code, reason = "no rule asks for it"))]
    Comment(String),
    Instruction,
    Element(Box<Element>),
}

/// An element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: QualName,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) id: Option<LocalName>,
    pub(crate) classes: Vec<LocalName>,
    /// The contents of a `template`.
    pub(crate) contents: Option<NodeId>,
    pub(crate) annotation_xml_integration_point: bool,
}

/// An attribute, with its name as the parser adjusted it.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: QualName,
    pub(crate) value: String,
}

impl Element {
    pub(crate) fn new(name: QualName, attributes: Vec<html5ever::Attribute>, integration: bool) -> Self {
        let attributes: Vec<Attribute> = attributes
            .into_iter()
            .map(|attribute| Attribute { name: attribute.name, value: attribute.value.into() })
            .collect();
        let mut element = Self {
            name,
            attributes,
            id: None,
            classes: Vec::new(),
            contents: None,
            annotation_xml_integration_point: integration,
        };
        element.index();
        element
    }

    /// Takes id and classes out of the attributes.
    pub(crate) fn index(&mut self) {
        self.id = self.attribute("id").filter(|id| !id.is_empty()).map(LocalName::from);
        let classes = self.attribute("class").unwrap_or_default();
        let mut seen: Vec<LocalName> = Vec::new();
        for class in classes.split_ascii_whitespace().map(LocalName::from) {
            if !seen.contains(&class) {
                seen.push(class);
            }
        }
        self.classes = seen;
    }

    /// The value of an attribute without namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|attribute| attribute.name.ns.is_empty() && &*attribute.name.local == name);
        found.map(|attribute| attribute.value.as_str())
    }

    /// The name without its namespace.
    pub(crate) fn tag(&self) -> &LocalName {
        &self.name.local
    }

    pub(crate) fn is_html(&self) -> bool {
        self.name.ns == html5ever::ns!(html)
    }

    pub(crate) fn namespace(&self) -> &Namespace {
        &self.name.ns
    }
}

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) nodes: Vec<Node>,
    pub(crate) quirks: QuirksMode,
    /// Elements that stand in the document, in its order.
    pub(crate) elements: Vec<NodeId>,
    /// Not everything was read: there are too many elements.
    pub(crate) cut: bool,
    /// Not everything was read: reading it took too long.
    pub(crate) tired: bool,
    /// Elements were hung higher than they nest.
    pub(crate) flattened: bool,
}

impl Document {
    pub(crate) fn new() -> Self {
        let mut document = Self {
            nodes: Vec::new(),
            quirks: QuirksMode::NoQuirks,
            elements: Vec::new(),
            cut: false,
            tired: false,
            flattened: false,
        };
        document.add(NodeData::Document, 0);
        document
    }

    pub(crate) fn add(&mut self, data: NodeData, line: u32) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let (parent, previous, next, first, last) = (None, None, None, None, None);
        self.nodes.push(Node { parent, previous, next, first, last, line, depth: 0, data });
        id
    }

    /// A node of this document.
    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id.index())
    }

    /// The element at `id`; none for another kind of node.
    pub(crate) fn element(&self, id: NodeId) -> Option<&Element> {
        match self.node(id).map(|node| &node.data) {
            Some(NodeData::Element(element)) => Some(element),
            _ => None,
        }
    }

    pub(crate) fn element_mut(&mut self, id: NodeId) -> Option<&mut Element> {
        match self.node_mut(id).map(|node| &mut node.data) {
            Some(NodeData::Element(element)) => Some(element),
            _ => None,
        }
    }

    /// Children in order.
    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.node(id).and_then(|node| node.first);
        std::iter::successors(first, |id| self.node(*id).and_then(|node| node.next))
    }

    /// The text of an element's own text nodes.
    pub(crate) fn text(&self, id: NodeId) -> String {
        let mut text = String::new();
        for child in self.children(id) {
            if let Some(NodeData::Text(part)) = self.node(child).map(|node| &node.data) {
                text.push_str(part);
            }
        }
        text
    }

    /// The element around an element.
    pub(crate) fn parent_element(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.node(id)?.parent?;
        self.element(parent).map(|_| parent)
    }

    /// Every node below `top`, in document order, without recursion.
    pub(crate) fn descendants(&self, top: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut next = self.node(top).and_then(|node| node.first);
        std::iter::from_fn(move || {
            let current = next?;
            next = self.after(current, top);
            Some(current)
        })
    }

    fn after(&self, current: NodeId, top: NodeId) -> Option<NodeId> {
        let node = self.node(current)?;
        if node.first.is_some() {
            return node.first;
        }
        let mut at = current;
        loop {
            let node = self.node(at)?;
            if node.next.is_some() {
                return node.next;
            }
            at = node.parent.filter(|parent| *parent != top)?;
        }
    }

    /// Lists the elements, once the tree is complete.
    pub(crate) fn settle(&mut self) {
        let elements: Vec<NodeId> =
            self.descendants(NodeId::DOCUMENT).filter(|id| self.element(*id).is_some()).collect();
        self.elements = elements;
    }
}

/// Changing the tree.
impl Document {
    pub(crate) fn detach(&mut self, id: NodeId) {
        let Some(node) = self.node_mut(id) else { return };
        let (parent, previous, next) = (node.parent.take(), node.previous.take(), node.next.take());
        match previous.and_then(|previous| self.node_mut(previous)) {
            Some(previous) => previous.next = next,
            None => {
                if let Some(parent) = parent.and_then(|parent| self.node_mut(parent)) {
                    parent.first = next;
                }
            }
        }
        match next.and_then(|next| self.node_mut(next)) {
            Some(next) => next.previous = previous,
            None => {
                if let Some(parent) = parent.and_then(|parent| self.node_mut(parent)) {
                    parent.last = previous;
                }
            }
        }
    }

    pub(crate) fn append(&mut self, parent: NodeId, child: NodeId) {
        self.detach(child);
        let Some(node) = self.node_mut(parent) else { return };
        let (last, depth) = (node.last.replace(child), node.depth);
        if node.first.is_none() {
            node.first = Some(child);
        }
        if let Some(last) = last.and_then(|last| self.node_mut(last)) {
            last.next = Some(child);
        }
        if let Some(node) = self.node_mut(child) {
            (node.parent, node.previous, node.depth) = (Some(parent), last, depth.saturating_add(1));
        }
    }

    pub(crate) fn insert_before(&mut self, sibling: NodeId, child: NodeId) {
        self.detach(child);
        let Some(node) = self.node_mut(sibling) else { return };
        let (parent, previous, depth) = (node.parent, node.previous.replace(child), node.depth);
        match previous.and_then(|previous| self.node_mut(previous)) {
            Some(previous) => previous.next = Some(child),
            None => {
                if let Some(parent) = parent.and_then(|parent| self.node_mut(parent)) {
                    parent.first = Some(child);
                }
            }
        }
        if let Some(node) = self.node_mut(child) {
            (node.parent, node.previous, node.next, node.depth) = (parent, previous, Some(sibling), depth);
        }
    }

    /// Text goes into the text node before it where there is one.
    pub(crate) fn append_text(&mut self, parent: NodeId, text: &str, line: u32) {
        let last = self.node(parent).and_then(|node| node.last);
        if let Some(NodeData::Text(before)) =
            last.and_then(|last| self.node_mut(last)).map(|node| &mut node.data)
        {
            before.push_str(text);
            return;
        }
        let node = self.add(NodeData::Text(text.to_owned()), line);
        self.append(parent, node);
    }

    pub(crate) fn insert_text_before(&mut self, sibling: NodeId, text: &str, line: u32) {
        let previous = self.node(sibling).and_then(|node| node.previous);
        if let Some(NodeData::Text(before)) =
            previous.and_then(|previous| self.node_mut(previous)).map(|node| &mut node.data)
        {
            before.push_str(text);
            return;
        }
        let node = self.add(NodeData::Text(text.to_owned()), line);
        self.insert_before(sibling, node);
    }
}
