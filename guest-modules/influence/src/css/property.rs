//! The names of longhands and custom properties, as numbers.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

/// A longhand or a custom property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Property(u32);

impl Property {
    /// Of a declaration that is not finished yet.
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(crate) fn index(self) -> usize {
        crate::at(self.0)
    }
}

/// Every property that was met, in the order in which it was met.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    names: Vec<String>,
    by_name: HashMap<String, Property, BuildHasherDefault<FxHasher>>,
}

impl Properties {
    /// The number of a name, a new one where it has none.
    pub(crate) fn intern(&mut self, name: &str) -> Property {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let property = Property(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), property);
        property
    }

    /// The place of each when their names are in order.
    pub(crate) fn ranks(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_unstable_by_key(|at| self.names.get(*at));
        let mut ranks = vec![0; order.len()];
        for (at, rank) in order.into_iter().zip(0..) {
            if let Some(place) = ranks.get_mut(at) {
                *place = rank;
            }
        }
        ranks
    }

    /// The number of a name that was met.
    pub(crate) fn find(&self, name: &str) -> Option<Property> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn name(&self, property: Property) -> &str {
        self.names.get(property.index()).map_or("", String::as_str)
    }
}
