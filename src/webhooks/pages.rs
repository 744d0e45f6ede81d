//! Webhooks as a page of the console.
