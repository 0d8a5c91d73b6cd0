//! Is everybody told what he should be, once, and nobody else?
