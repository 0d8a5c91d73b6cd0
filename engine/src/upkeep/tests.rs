//! Is what was trimmed gone, and said to be?
