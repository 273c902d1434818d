//! What decides between two declarations.

/// Everything that does, the most important first. A greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Weight {
    band: Band,
    layer: i64,
    specificity: u32,
    /// Fewer steps to the scope's root are better.
    proximity: i64,
    order: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Band {
    Normal,
    Inline,
    Important,
    ImportantInline,
}

/// Rules outside of a scope are as far away as can be.
const UNSCOPED: i64 = i64::MIN;

impl Weight {
    /// Of a rule's declaration. Layers count from 0 in the order in which they were first
    /// named; none is outside of layers.
    pub(crate) fn of_rule(
        important: bool,
        layer: Option<u32>,
        specificity: u32,
        proximity: Option<u32>,
        order: u64,
    ) -> Self {
        let layer = layer.map_or(i64::MAX, i64::from);
        Self {
            band: if important { Band::Important } else { Band::Normal },
            // Importance turns the order of the layers around.
            layer: if important { -layer } else { layer },
            specificity,
            proximity: proximity.map_or(UNSCOPED, |steps| -i64::from(steps)),
            order,
        }
    }

    /// Of a declaration in a `style` attribute.
    pub(crate) fn inline(important: bool, order: u64) -> Self {
        let band = if important { Band::ImportantInline } else { Band::Inline };
        Self { band, layer: 0, specificity: 0, proximity: UNSCOPED, order }
    }

    /// In one word, why the other one lost.
    pub(crate) fn why(&self, loser: &Self) -> &'static str {
        match () {
            () if self.is_important() != loser.is_important() => "importance",
            () if self.band != loser.band => "inline",
            () if self.layer != loser.layer => "layer",
            () if self.specificity != loser.specificity => "specificity",
            () if self.proximity != loser.proximity => "scope_proximity",
            () => "order",
        }
    }

    const fn is_important(&self) -> bool {
        matches!(self.band, Band::Important | Band::ImportantInline)
    }
}
