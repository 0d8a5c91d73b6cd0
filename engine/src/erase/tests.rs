//! Is everything of a record gone, and nothing else?
