//! Coordination on pages.
