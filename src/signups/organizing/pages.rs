//! The organizer at work: requests of all shifts in one place, and the roster on paper.
