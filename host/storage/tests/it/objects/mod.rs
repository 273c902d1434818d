//! Both places keep the same rules, and each has some of its own.

mod bucket;
mod directory;
mod lifecycle;
mod rules;
