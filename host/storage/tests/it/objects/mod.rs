//! Both places keep the same rules, and each has some of its own.

mod bucket;
mod directory;
mod garage;
mod lifecycle;
mod rules;
mod servers;
