//! The product on the host, over the real migrations, at any time a test likes.
